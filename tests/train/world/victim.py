"""The command line in a process to which something happens: ``victim WHAT FOLDER COMMAND...``.

In process 1, after some steps: `killed` by the system; `refused` what it wants to do. In all of
them: `cramped`, files have headers of few bytes, and no step may be made.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from unittest.mock import patch

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train.files import encoding, room
from netlang.backends.torch.train.steps.step import Stepper
from netlang.cli import main
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import RunUnwritable
from netlang.recipes.words.timing import Pace

__all__: list[str] = []

_STEPS = 25
_FEW_BYTES = 4000


def _happens(what: str) -> None:
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    raise NetlangError(RunUnwritable(span=None, path="/nowhere", reason="a test refuses it"))


def _prepare(what: str) -> None:
    original, done = Stepper.__call__, 0
    if what == "cramped":
        for module in (encoding, room):
            patch.object(module, "LONGEST_HEADER", _FEW_BYTES).start()

    def watched(self: Stepper, batch: Batch, whole: int, pace: Pace) -> None:
        nonlocal done
        assert what != "cramped", "a step was made"
        original(self, batch, whole, pace)
        done += 1
        if done == _STEPS and os.environ["RANK"] == "1":
            _happens(what)

    Stepper.__call__ = watched  # type: ignore[method-assign]  # patched


def _threads() -> list[str]:
    """The names of this process's threads, where the system tells them."""
    return [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]


if __name__ == "__main__":
    what, folder, *arguments = sys.argv[1:]
    Path(folder, f"{os.environ['RANK']}.pid").write_text(str(os.getpid()))
    if what != "nothing":
        _prepare(what)
    try:
        main(arguments)
    finally:
        Path(folder, f"{os.environ['RANK']}.threads").write_text(" ".join(_threads()))
