"""What texts that ask for too much cost: ``python -m benchmarks.bombs``.

For each bomb of `tests/robustness` the CPU time of `netlang check` as a process, as a multiple of
that of `netlang check resnet50`, which runs before and after it, and its peak memory. The tests
count steps instead, which are the same on every machine; what C does inside a step shows only here.

Bytecode is cached, as in any installation, even where PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.timing import used
from tests.robustness import bombs, more_bombs

__all__ = ["answer", "main"]

TIMES, MEGABYTES = 4, 150


def answer(spec: str, folder: Path) -> tuple[float, float]:
    """Seconds of the processor and peak megabytes of `netlang check` of a file or a bundled net."""
    return used("-m", "netlang", "check", spec, folder=folder, statuses=(0, 1))


def _texts() -> Iterator[tuple[str, Mapping[str, bytes]]]:
    for name, make in {**bombs.BOMBS, **more_bombs.MORE_BOMBS}.items():
        yield name, {"main.net": make().encode()}
    for name, several in {**bombs.FILES, **more_bombs.MORE_FILES}.items():
        yield name, several()


def _measured(files: Mapping[str, bytes], rounds: int) -> tuple[float, float]:
    """How many times as long as resnet50, by pairs, and the peak memory."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        ratios, memory = [], []
        for _ in range(rounds):
            before, _ = answer("resnet50", folder)
            seconds, megabytes = answer("main.net", folder)
            after, _ = answer("resnet50", folder)
            ratios.append(2 * seconds / (before + after))
            memory.append(megabytes)
    return median(ratios), max(memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="times that each is run")
    parser.add_argument("--only", default="", help="a pattern that the names have to match")
    arguments = parser.parse_args()
    over = 0
    for name, files in _texts():
        if re.search(arguments.only, name):
            times, megabytes = _measured(files, arguments.rounds)
            much = times > TIMES or megabytes > MEGABYTES
            over += much
            print(f"{times:6.2f}x {megabytes:5.0f} MB  {name}{'  (over)' * much}", flush=True)
    print(f"{over} over {TIMES}x or {MEGABYTES} MB")
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
