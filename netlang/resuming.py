"""How to resume a run: the command or call that began it, with `resume`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from netlang.processes import count_of_processes, count_on_this_host
from netlang.targets.options import RunOptions

__all__ = ["call_to_resume", "command_to_resume"]


def command_to_resume(spec: str | Path, changes: Sequence[str], options: RunOptions) -> str:
    """The command line for a shell."""
    words = [*_start(), "train", str(spec), *changes, "--resume", "--out", str(options.folder)]
    for name, path in options.places.given.items():
        words += ["--data", f"{name}={path}"]
    if options.device is not None:
        words += ["--device", options.device]
    if options.workers is not None:
        words += ["--workers", str(options.workers)]
    flags = {"--shard": options.shard, "--tensorboard": options.tensorboard}
    return shlex.join([*words, *(flag for flag, given in flags.items() if given)])


def _start() -> Sequence[str]:
    """How the command was started, as far as its processes can tell."""
    count, here = count_of_processes(), count_on_this_host()
    if count == 1:
        return ("netlang",)
    hosts = () if count == here else ("--nnodes", str(-(-count // here)))
    return ("torchrun", *hosts, "--nproc-per-node", str(here), "-m", "netlang")


def call_to_resume(spec: str | Path, changes: Sequence[str], options: RunOptions) -> str:
    """The same in Python."""
    given = [repr(str(spec)), *map(repr, changes), f"out={str(options.folder)!r}"]
    if options.places.given:
        paths = {name: str(path) for name, path in options.places.given.items()}
        given.append(f"data={paths!r}")
    values = {"device": options.device, "workers": options.workers}
    given += [f"{name}={value!r}" for name, value in values.items() if value is not None]
    flags = {"shard": options.shard, "tensorboard": options.tensorboard}
    given += [f"{name}=True" for name, wanted in flags.items() if wanted]
    return f"netlang.train({', '.join(given)}, resume=True)"
