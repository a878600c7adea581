"""One attempt at a run, in a process of its own, with a fault; and what it told before it ended."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Protocol, TypeAlias

from torch import distributed

from netlang.backends.torch.train.files.checkpoints import Checkpoints
from netlang.diagnostics.errors import NetlangError
from tests.train.faults.disk import Call, Disk, Fault, Fine
from tests.train.faults.subject import Listener, run
from tests.train.pictures import without_pictures

__all__ = ["QUIET", "AtCall", "AtEvent", "Report", "Run", "apart", "attempt", "collected", "live"]


class Stoppable(Protocol):
    """How something ended: by which signal, if by any."""

    @property
    def signal(self) -> int | None: ...


Run: TypeAlias = Callable[[Path, Listener], Stoppable]
_CODED, _BROKEN = 3, 4
QUIET = "quiet"
"""In place of a code: another process has said why all of them end."""


@dataclass
class Report:
    """What a process told of itself.

    `begun` is the step that it went on from, `committed` the last one whose checkpoint it was told
    to be written; `alone` counts the events until it has joined others, `events` all of them.
    `standing` is `Disk.standing`, contents in hexadecimal digits.
    """

    begun: int = -1
    committed: int = -1
    said: list[str] = field(default_factory=list)
    code: str = ""
    message: str = ""
    signal: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    alone: int = 0
    events: int = 0
    standing: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    synced: list[str] = field(default_factory=list)
    killed: bool = False

    @property
    def ended(self) -> bool:
        """Whether the run came to its end."""
        return not self.killed and not self.code and self.signal is None


class AtCall(Fine):
    """Something happens at the `number`-th call of a kind: before it, after it or within it.

    Within a write, `share` of its bytes get through.
    """

    def __init__(self, kind: str, number: int, when: str, share: float = 0.5) -> None:
        self._kind, self._number, self._when, self._share = kind, number, when, share
        self.then: Callable[[], object] = lambda: None

    def _is(self, call: Call) -> bool:
        return (call.kind, call.number) == (self._kind, self._number)

    def before(self, call: Call) -> None:
        if self._when == "before" and self._is(call):
            self.then()

    def length(self, call: Call) -> int:
        within = self._when == "within" and self._is(call)
        return int(call.size * self._share) if within else call.size

    def after(self, call: Call) -> None:
        if self._when != "before" and self._is(call):
            self.then()


class AtEvent(Fine):
    """Something happens at the `number`-th call of any Python or C function, or return from it."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.passed = 0
        self.then: Callable[[], object] = lambda: None

    def watch(self) -> None:
        """Begin to count."""

        def event(frame: FrameType, kind: str, argument: object) -> None:
            self.passed += 1
            if self.passed == self._number:
                self.then()

        sys.setprofile(event)


def attempt(
    out: Path,
    fault: Fault | None = None,
    prepare: Callable[[], None] | None = None,
    then: Callable[[], object] | None = None,
) -> Report:
    """Begin or go on with the run in `out`; at the fault the process is killed, or does `then`.

    `prepare` changes that process alone. Raises `RuntimeError` where it ended in another way.
    """
    told = out.with_name(f"{out.name}.report")
    told.unlink(missing_ok=True)
    return collected(apart(lambda: live(out, told, fault, prepare, then)), told)


def apart(life: Callable[[], NoReturn]) -> int:
    """The number of a copy of this process that lives so, and never comes back from it."""
    child = os.fork()
    if child == 0:
        try:
            life()
        finally:
            # Where even telling failed, as on a full disk, a trial mustn't be gone on with twice.
            os._exit(_BROKEN)
    return child


def collected(child: int, told: Path) -> Report:
    """What a child told, when it has ended; raises `RuntimeError` where it failed."""
    _, status = os.waitpid(child, 0)
    report = Report(**json.loads(told.read_text())) if told.exists() else Report()
    if os.WIFSIGNALED(status):
        report.killed = True
    elif os.WEXITSTATUS(status) not in (0, _CODED):
        raise RuntimeError(f"status {status}: {report.message}")
    return report


def live(
    out: Path,
    told: Path,
    fault: Fault | None,
    prepare: Callable[[], None] | None,
    then: Callable[[], object] | None,
    carry_out: Run = run,
) -> NoReturn:
    """All that the child does."""
    status = _BROKEN
    report = Report()
    # A run notes the git revision of where it is, which may change between two trials.
    os.chdir(out.parent)
    if prepare is not None:
        prepare()
    disk = Disk(out)
    disk.install()

    def die() -> None:
        sys.setprofile(None)
        report.killed = True
        _tell(report, disk, told)
        os.kill(os.getpid(), signal.SIGKILL)

    act = then or die
    _arm(fault, disk, act)
    _count_commits(report)
    try:
        listener = Listener()
        listener.said = report.said
        listener.begin = lambda done, total, batch: setattr(report, "begun", done)  # type: ignore[method-assign]  # patched
        if isinstance(fault, AtEvent):
            _count_alone(fault, report)
            fault.watch()
        with without_pictures():
            result = carry_out(out, listener)
        sys.setprofile(None)
        if isinstance(fault, AtEvent):
            report.events = fault.passed
        report.signal = result.signal
        status = 0
    except NetlangError as error:
        report.code, report.message = error.diagnostics[0].code, error.diagnostics[0].message
        status = _CODED
    except SystemExit as ended:
        if ended.code == 1:
            report.code, status = QUIET, _CODED
        else:
            report.message = f"ended with exit code {ended.code!r}"
    except BaseException:
        report.message = traceback.format_exc()
    sys.setprofile(None)
    _tell(report, disk, told)
    os._exit(status)


def _arm(fault: Fault | None, disk: Disk, act: Callable[[], object]) -> None:
    if fault is not None:
        disk.fault = fault
    if isinstance(fault, AtCall | AtEvent):
        fault.then = act


def _count_alone(fault: AtEvent, report: Report) -> None:
    """Note how many events there were until a process had joined the others, by all its groups."""
    for name in ("init_process_group", "new_group"):
        join = getattr(distributed, name)

        def joined(*args: Any, _join: Callable[..., Any] = join, **kwargs: Any) -> Any:
            group = _join(*args, **kwargs)
            report.alone = fault.passed
            return group

        setattr(distributed, name, joined)


def _count_commits(report: Report) -> None:
    """Note each checkpoint that a run was told to be written."""
    added = Checkpoints._added

    def noted(self: Checkpoints, step: int, path: Path) -> Path:
        report.committed = step
        return added(self, step, path)

    Checkpoints._added = noted  # type: ignore[method-assign]  # patched


def _tell(report: Report, disk: Disk, told: Path) -> None:
    report.counts = dict(disk.counts)
    report.standing = {
        name: (None if content is None else content.hex(), settled)
        for name, (content, settled) in disk.standing().items()
    }
    report.synced = sorted(disk.synced())
    disk.remove()
    told.write_text(json.dumps(asdict(report)))
