"""How long until a model is there: ``netlang.load(name).torch()`` beside torchvision's constructor.

Ours reads the spec, elaborates it, writes its source, compiles that, executes it and constructs the
module. Both sides draw every initial weight. Three tables:

- again: both in this process, in pairs, as a program does that loads the same net once more. A net
  whose files are unchanged is kept with its class: they are read and compared, and the module
  constructed.
- cold: both in this process, in pairs, with nothing kept: all is done anew, parsing included.
- first: the first model of a process, PyTorch being imported and nothing else: the imports of
  netlang on our side, that of torchvision's models on theirs.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from statistics import median

import torch

import netlang
from benchmarks.ten import CLOCKS, arguments, report, show, write
from benchmarks.timing import Pairs, pairs
from netlang.loading import forget_loaded
from netlang.modules.files import forget_parsed
from tests.analysis.oracles import torchvision_models

__all__ = ["again", "first", "main"]

MEDIAN, EACH = 0.7, 1.1
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
            forget_loaded()
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
    """Print all tables; 1 if `again` misses its bounds."""
    parser = arguments(__doc__, rounds=15)
    parser.add_argument("--cold", type=int, default=5, help="pairs of runs with nothing kept")
    parser.add_argument("--first", type=int, default=3, help="processes of each side and model")
    told = parser.parse_args()
    warnings.simplefilter("ignore")
    clock = CLOCKS[told.clock]
    print(f"{torch.get_num_threads()} threads; {told.clock} time; ours / torchvision's, quartiles")
    ways: dict[str, tuple[int, Callable[[str], Pairs]]] = {
        "again": (told.rounds, lambda net: again(net, told.rounds, clock)),
        "cold": (told.cold, lambda net: again(net, told.cold, clock, cold=True)),
        "first": (told.first, lambda net: first(net, told.first, clock.__name__)),
    }
    tables: dict[str, dict[str, Pairs]] = {}
    holds = True
    for what, (rounds, measure) in ways.items():
        if not rounds:
            continue
        found = tables[what] = {}
        for net in told.nets:
            found[net] = measure(net)
            show(net, found[net])
        if what == "again":
            holds = report(what, found, MEDIAN, EACH)
        else:
            print(f"{what}: {median(pair.times for pair in found.values()):.3f} times\n")
    write(told.json, tables)
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
