"""How long until a model is there: ``netlang.load(name).torch()`` beside torchvision's constructor.

Ours reads the spec, elaborates it, writes its source, compiles that, executes it and constructs the
module. Both sides draw every initial weight. Two tables:

- again: both in this process, in pairs. Syntax trees of files whose text is unchanged are kept, all
  else is done anew each time; ``--cold`` drops the trees, too.
- first: the first model of a process, PyTorch being imported and nothing else: the imports of
  netlang on our side, that of torchvision's models on theirs.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable

import torch

import netlang
from benchmarks.ten import CLOCKS, arguments, report, show, write
from benchmarks.timing import Pairs, pairs
from netlang.modules.files import forget_parsed
from tests.analysis.oracles import torchvision_models

__all__ = ["again", "first", "main"]

AT_MOST = 1.1
_TIMED = """
import time, warnings
import torch
warnings.simplefilter("ignore")
torch.nn.Linear(1, 1)
start = time.{clock}()
{action}
print(time.{clock}() - start)
"""
_OURS = "import netlang; netlang.load({net!r}).torch()"
_PEER = """
from tests.analysis.oracles import torchvision_models
getattr(torchvision_models(), {net!r})()
"""


def again(net: str, rounds: int, clock: Callable[[], float], *, cold: bool = False) -> Pairs:
    """Both in this process."""
    constructor = getattr(torchvision_models(), net)

    def ours() -> torch.nn.Module:
        if cold:
            forget_parsed()
        return netlang.load(net).torch()

    return pairs(ours, constructor, rounds, clock)


def first(net: str, rounds: int, clock: str) -> Pairs:
    """Each in processes of its own."""

    def seconds(action: str) -> float:
        code = _TIMED.format(clock=clock, action=action.format(net=net))
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        return float(done.stdout)

    taken = [(seconds(_OURS), seconds(_PEER)) for _ in range(rounds)]
    ours, peer = zip(*taken, strict=True)
    return Pairs(ours, peer)


def main() -> int:
    """Print both tables; 1 if the median of the first misses its bound."""
    parser = arguments(__doc__, rounds=15)
    parser.add_argument("--first", type=int, default=3, help="processes of each side and model")
    parser.add_argument("--cold", action="store_true", help="keep no syntax trees either")
    told = parser.parse_args()
    warnings.simplefilter("ignore")
    clock = CLOCKS[told.clock]
    print(f"{torch.get_num_threads()} threads; {told.clock} time; ours / torchvision's, quartiles")
    repeated, fresh = {}, {}
    for net in told.nets:
        repeated[net] = again(net, told.rounds, clock, cold=told.cold)
        show(net, repeated[net])
    holds = report("again", repeated, AT_MOST)
    for net in told.nets if told.first else ():
        fresh[net] = first(net, told.first, clock.__name__)
        show(net, fresh[net])
    if fresh:
        report("first", fresh, AT_MOST)
    write(told.json, {"again": repeated, "first": fresh})
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
