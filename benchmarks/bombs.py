"""What texts that ask for too much cost: ``python -m benchmarks.bombs``.

For each bomb of `tests/robustness` the CPU time of `netlang check` as a process, as a multiple of
that of `netlang check resnet50`, which runs before and after it, and its peak memory. The tests
count steps instead, which are the same on every machine; what C does inside a step shows only here.

Bytecode is cached, as in any installation, even where PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import final

from tests.robustness import bombs, more_bombs

__all__ = ["Answer", "answer", "main"]

TIMES, MEGABYTES = 4, 150

# The peak memory of a process begins at that of the one that started it: a small one in between.
LAUNCH = """
import os, subprocess, sys
process = subprocess.Popen(
    [sys.executable, "-m", "netlang", "check", sys.argv[1]],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
_, status, used = os.wait4(process.pid, 0)
if os.waitstatus_to_exitcode(status) not in (0, 1):
    raise SystemExit(f"netlang check ends with {status}")
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


@final
@dataclass(frozen=True)
class Answer:
    """What one answer takes: seconds of the processor, and megabytes at its peak."""

    seconds: float
    megabytes: float


def answer(spec: str, folder: Path) -> Answer:
    """`netlang check` of a file, or of a bundled net, in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", LAUNCH, spec]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    return Answer(seconds, megabytes)


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
            before = answer("resnet50", folder)
            found = answer("main.net", folder)
            after = answer("resnet50", folder)
            ratios.append(2 * found.seconds / (before.seconds + after.seconds))
            memory.append(found.megabytes)
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
