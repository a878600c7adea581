"""How checking grows with the net: distinct layers, and one block repeated.

Prints, for `netlang check` as a whole process, seconds of CPU and peak memory; for distinct layers
also the time of each, which stays the same where growth is linear.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["check", "main"]

_DISTINCT = (1_000, 10_000, 100_000)
_REPEATED = (1_000, 1_000_000)
_HEAD = "net a {\n    input image: [8, 32, 32]\n"


def distinct(layers: int) -> str:
    """A net whose layers are each written out, no two neighbours alike."""
    lines = [f"    conv({8 + index % 7}, 1x1)\n" for index in range(layers)]
    return _HEAD + "".join(lines) + "}\n"


def repeated(times: int) -> str:
    """A net that repeats one block."""
    block = "block unit { add { conv(8, 3x3, pad=1) -> bn -> relu; identity } }\n\n"
    return f"{block}{_HEAD}    repeat {times} {{ unit }}\n}}\n"


def check(text: str) -> tuple[float, float]:
    """Seconds of CPU and peak megabytes of checking `text`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.net"
        path.write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "netlang", "check", str(path)], stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("the check failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    for layers in _DISTINCT:
        seconds, megabytes = check(distinct(layers))
        each = seconds / layers * 1e6
        print(f"{layers:>9,} layers    {seconds:6.2f} s {megabytes:6.0f} MB {each:6.0f} us a layer")
    for times in _REPEATED:
        seconds, megabytes = check(repeated(times))
        print(f"{times:>9,} repeats   {seconds:6.2f} s {megabytes:6.0f} MB")


if __name__ == "__main__":
    main()
