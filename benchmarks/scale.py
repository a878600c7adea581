"""How checking grows with the net: distinct layers, and one block repeated.

Prints, for `netlang check` as a whole process, seconds of CPU and peak memory; for distinct layers
also the time of each, which stays the same where growth is linear. Then the same for layers with a
label each, beside a process that builds them with PyTorch on the meta device and prints torchinfo's
summary of them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.timing import used

__all__ = ["check", "main"]

_DISTINCT = (1_000, 10_000, 100_000)
_REPEATED = (1_000, 1_000_000)
_LABELLED = 20_000
_PEER = f"""
from collections import OrderedDict
import torch, torchinfo
sizes = [8, *(8 + index % 7 for index in range({_LABELLED}))]
with torch.device("meta"):
    layers = [torch.nn.Conv2d(*pair, 1) for pair in zip(sizes, sizes[1:])]
net = torch.nn.Sequential(OrderedDict((f"l{{index}}", each) for index, each in enumerate(layers)))
print(torchinfo.summary(net, (1, 8, 32, 32), device="meta", verbose=0))
"""
_HEAD = "net a {\n    input image: [8, 32, 32]\n"


def distinct(layers: int) -> str:
    """A net whose layers are each written out, no two neighbours alike."""
    lines = [f"    conv({8 + index % 7}, 1x1)\n" for index in range(layers)]
    return _HEAD + "".join(lines) + "}\n"


def labelled(layers: int) -> str:
    """The same with a label for each layer."""
    lines = [f"    l{index}: conv({8 + index % 7}, 1x1)\n" for index in range(layers)]
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
        return used("-m", "netlang", "check", str(path))


def main() -> None:
    for layers in _DISTINCT:
        seconds, megabytes = check(distinct(layers))
        each = seconds / layers * 1e6
        print(f"{layers:>9,} layers    {seconds:6.2f} s {megabytes:6.0f} MB {each:6.0f} us a layer")
    for times in _REPEATED:
        seconds, megabytes = check(repeated(times))
        print(f"{times:>9,} repeats   {seconds:6.2f} s {megabytes:6.0f} MB")
    seconds, megabytes = check(labelled(_LABELLED))
    print(f"{_LABELLED:>9,} labels    {seconds:6.2f} s {megabytes:6.0f} MB")
    theirs, megabytes = used("-c", _PEER)
    print(f"  torch and torchinfo {theirs:6.2f} s {megabytes:6.0f} MB: {theirs / seconds:.1f}x")


if __name__ == "__main__":
    main()
