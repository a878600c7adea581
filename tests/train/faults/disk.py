"""The system calls that change files, each a moment when something can go wrong.

`Disk` stands between a run and the system. It numbers the calls of each kind, lets a `Fault` see
them, and keeps a model of what is durable: what a machine that loses its power at this moment
would still have. POSIX promises a file's content after its fsync, and a name, new, moved or gone,
after an fsync of its folder; nothing else.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["KINDS", "Call", "Disk", "Fault", "Fine"]

KINDS = ("mkdir", "open", "write", "fsync", "rename", "rotate", "unlink", "rmdir")


@dataclass(frozen=True)
class Call:
    """The `number`-th call of its kind; `rotate` removes a checkpoint, `unlink` any other file."""

    kind: str
    number: int
    path: Path
    size: int = 0


class Fault(Protocol):
    """What goes wrong; it may raise, or end the process."""

    def before(self, call: Call) -> None:
        """Before the system sees the call."""

    def length(self, call: Call) -> int:
        """How many bytes of a write the system takes."""

    def after(self, call: Call) -> None:
        """When the system has done it."""


class Fine:
    """Nothing goes wrong."""

    def before(self, call: Call) -> None:
        """Nothing."""

    def length(self, call: Call) -> int:
        return call.size

    def after(self, call: Call) -> None:
        """Nothing."""


@dataclass(eq=False)
class _File:
    """A file whatever its name; `content` is what is durable of it."""

    content: bytes | None = None
    synced: bool = False


@dataclass
class Disk:
    """The files under `root`, as this process changes them."""

    root: Path
    fault: Fault = field(default_factory=Fine)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        kept = (path for path in self.root.rglob("*") if path.is_file())
        self._names = {str(path): _File(path.read_bytes(), synced=True) for path in kept}
        self._durable = dict(self._names)
        # Folders that a power cut would take away with all that is in them.
        self._fresh: set[str] = set()
        self._open: dict[int, tuple[str, _File]] = {}
        self._system = {name: getattr(os, name) for name in _PATCHED}

    def install(self) -> None:
        """Stand in the way of this process, until it ends."""
        for name in _PATCHED:
            setattr(os, name, getattr(self, f"_{name}" if name != "open" else "_open_file"))

    def remove(self) -> None:
        """Stand aside."""
        for name, call in self._system.items():
            setattr(os, name, call)

    def standing(self) -> dict[str, tuple[bytes | None, bool]]:
        """By name: what it surely holds after a power cut, if anything, and whether that is all.

        Names under the root, relative to it.
        """
        found = {}
        for name in self._names.keys() | self._durable.keys():
            durable, visible = self._durable.get(name), self._names.get(name)
            if os.path.dirname(name) in self._fresh:
                durable = None
            settled = durable is not None and durable is visible and durable.synced
            content = None if durable is None else durable.content
            found[os.path.relpath(name, self.root)] = (content, settled)
        return found

    def synced(self) -> set[str]:
        """Names of files whose whole content is durable, whatever becomes of the name."""
        return {os.path.relpath(n, self.root) for n, file in self._names.items() if file.synced}

    # --- the calls --------------------------------------------------------------------------

    def _inside(self, path: object) -> bool:
        return str(path).startswith(f"{self.root}{os.sep}")

    def _call(self, kind: str, path: object, size: int = 0) -> Call:
        call = Call(kind, self.counts[kind], Path(str(path)), size)
        self.counts[kind] += 1
        self.fault.before(call)
        return call

    def _open_file(self, path: object, flags: int, *rest: object, **named: object) -> int:
        name, new = str(path), bool(flags & os.O_CREAT)
        call = self._call("open", path) if new and self._inside(path) else None
        descriptor: int = self._system["open"](path, flags, *rest, **named)
        if self._inside(path) or name == str(self.root):
            if new and name not in self._names:
                self._names[name] = _File()
            file = self._names.get(name, _File())
            if flags & os.O_TRUNC:
                file.synced = False
            self._open[descriptor] = (name, file)
        if call is not None:
            self.fault.after(call)
        return descriptor

    def _close(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)
        self._system["close"](descriptor)

    def _write(self, descriptor: int, content: bytes | memoryview) -> int:
        if descriptor not in self._open:
            return int(self._system["write"](descriptor, content))
        name, file = self._open[descriptor]
        call = self._call("write", name, len(content))
        length = self.fault.length(call)
        file.synced = False
        written = 0
        while written < length:
            written += int(self._system["write"](descriptor, content[written:length]))
        self.fault.after(call)
        return written

    def _fsync(self, descriptor: int) -> None:
        if descriptor not in self._open:
            self._system["fsync"](descriptor)
            return
        name, file = self._open[descriptor]
        call = self._call("fsync", name)
        self._system["fsync"](descriptor)
        if os.path.isdir(name):
            self._settle_names(name)
        else:
            file.content, file.synced = Path(name).read_bytes(), True
        self.fault.after(call)

    def _settle_names(self, folder: str) -> None:
        self._fresh = {each for each in self._fresh if os.path.dirname(each) != folder}
        for name in self._names.keys() | self._durable.keys():
            if os.path.dirname(name) == folder:
                if name in self._names:
                    self._durable[name] = self._names[name]
                else:
                    self._durable.pop(name, None)

    def _replace(self, source: object, target: object) -> None:
        if not self._inside(target):
            self._system["replace"](source, target)
            return
        call = self._call("rename", target)
        self._system["replace"](source, target)
        # A folder moves with all that is in it.
        for name in [n for n in self._names if f"{n}{os.sep}".startswith(f"{source}{os.sep}")]:
            self._names[f"{target}{name.removeprefix(str(source))}"] = self._names.pop(name)
        self.fault.after(call)

    def _unlink(self, path: object) -> None:
        if not self._inside(path):
            self._system["unlink"](path)
            return
        rotated = Path(str(path)).parent.name == "checkpoints" and not str(path).endswith(".tmp")
        call = self._call("rotate" if rotated else "unlink", path)
        self._system["unlink"](path)
        self._names.pop(str(path), None)
        self.fault.after(call)

    def _mkdir(self, path: object, *rest: object) -> None:
        call = self._call("mkdir", path) if self._inside(path) else None
        self._system["mkdir"](path, *rest)
        if call is not None:
            self._fresh.add(str(path))
            self.fault.after(call)

    def _rmdir(self, path: object) -> None:
        call = self._call("rmdir", path) if self._inside(path) else None
        self._system["rmdir"](path)
        if call is not None:
            self.fault.after(call)


_PATCHED = ("open", "close", "write", "fsync", "replace", "unlink", "mkdir", "rmdir")
