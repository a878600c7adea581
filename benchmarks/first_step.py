"""How long `netlang train` takes on digits from PyTorch's import to the end of its first step.

A process of its own imports PyTorch, looks at the clock and runs the command as a user would; it
ends after the optimizer's first step. So the library's own imports count whole.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.timing import environment

__all__ = ["measured"]

_DIGITS = Path(__file__).resolve().parent.parent / "examples" / "digits.net"
_RUN = f"""
import sys, time, torch
start = [time.perf_counter(), time.process_time()]

def ended(*_):
    print("took", time.perf_counter() - start[0], time.process_time() - start[1])
    sys.exit()

from torch.optim.optimizer import register_optimizer_step_post_hook
register_optimizer_step_post_hook(ended)
from netlang.cli import main
main(["train", {str(_DIGITS)!r}])
"""


def measured(rounds: int) -> dict[str, float]:
    """Median seconds by the wall and of the processor, after one round that isn't counted."""
    taken = list(_rounds(rounds + 1))[1:]
    by_wall, by_processor = (median(column) for column in zip(*taken, strict=True))
    return {"wall": by_wall, "cpu": by_processor}


def _rounds(count: int) -> Iterator[tuple[float, float]]:
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", _RUN],
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                check=True,
            )
        (said,) = (line for line in done.stdout.splitlines() if line.startswith("took "))
        _, wall, processor = said.split()
        yield float(wall), float(processor)
