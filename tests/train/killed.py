"""Runs that are killed and resumed: ``python -m tests.train.killed DIR STRIDE``.

A run can only be seen from outside through its files, so the moments that matter are those right
before and right after each change of a file; every STRIDE-th of them is tried. One warm process
forks a child for each, which kills itself there with SIGKILL; a second child resumes and finishes.
Prints JSON: the moments that were tried, and those after which a file differed from that of a run
that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import torch

from netlang.backends.torch.train import train
from netlang.recipes import load_recipe
from tests.train.support import parts_of

CHANGES = ("steps=36", "checkpoint_every=12", "evaluate_every=9", "batch=50", "schedule=cosine",
           "validation=0.2")  # fmt: skip
COMPARED = ("last.safetensors", "best.safetensors", "metrics.jsonl")


class _Killer:
    """Counts the changes of files and kills the process at one of them; -1 never."""

    def __init__(self, moment: int) -> None:
        self.moment = moment
        self.passed = 0

    def watch(self, change: Callable[..., object]) -> Callable[..., object]:
        def watched(*arguments: object) -> object:
            self._pass()
            result = change(*arguments)
            self._pass()
            return result

        return watched

    def _pass(self) -> None:
        if self.passed == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1


def _run(out: Path, moment: int) -> int:
    """One run, which goes on with what is in the folder; the number of moments that it passed."""
    killer = _Killer(moment)
    os.replace = killer.watch(os.replace)  # type: ignore[assignment]  # only for this process
    os.fsync = killer.watch(os.fsync)  # type: ignore[assignment]
    recipe, program = load_recipe("mnist1d", CHANGES)
    train(recipe, program, out=out, resume=True, device="cpu")
    return killer.passed


def _forked(out: Path, moment: int) -> bool:
    """Run in a child; whether it lived to the end."""
    child = os.fork()
    if child == 0:
        try:
            _run(out, moment)
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return True
    assert os.WIFSIGNALED(status), status
    assert os.WTERMSIG(status) == signal.SIGKILL
    return False


def _contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in COMPARED}


def main(folder: Path, stride: int) -> None:
    torch.set_num_threads(1)
    # What each child would load or compute again.
    torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    parts_of(load_recipe("mnist1d", CHANGES)[0])
    whole = folder / "whole"
    assert _forked(whole, -1)
    expected = _contents(whole)
    tried: list[int] = []
    different: list[int] = []
    for moment in count(0, stride):
        out = folder / "killed"
        shutil.rmtree(out, ignore_errors=True)
        if _forked(out, moment):
            break
        assert _forked(out, -1)
        if _contents(out) != expected:
            different.append(moment)
        tried.append(moment)
    print(json.dumps({"tried": tried, "different": different}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
