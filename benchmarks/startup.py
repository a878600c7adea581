"""How long until a user knows what a network costs: ``python -m benchmarks.startup``.

Whole process: `netlang summary resnet152` against printing torchinfo's summary of torchvision's
resnet152. In process, imports excluded: loading the spec of resnet152 and computing every fact,
against fvcore's count on a model that is built already. And `netlang check resnet50` as a process
beside one that only imports Lark, the smallest thing that a parser in Python may cost.

Bytecode is cached, as in any installation, even where PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks.timing import Comparison, compare

__all__ = ["counting", "main", "start_up", "whole_process"]

NET = "resnet152"
TORCHINFO = f"""
from tests.analysis.oracles import torchvision_models
import torchinfo
print(torchinfo.summary(torchvision_models().{NET}(), (1, 3, 224, 224), verbose=0))
"""


def _process(*arguments: str) -> Callable[[], object]:
    command = [sys.executable, *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(command, check=True, capture_output=True, env=environment)


def whole_process(rounds: int) -> Comparison:
    """Both as processes of their own, output and imports included."""
    return compare(_process("-m", "netlang", "summary", NET), _process("-c", TORCHINFO), rounds)


def start_up(rounds: int) -> Comparison:
    """Checking a net as a process, and importing Lark as one."""
    return compare(
        _process("-m", "netlang", "check", "resnet50"), _process("-c", "import lark"), rounds
    )


def _every_fact() -> object:
    """Parameters, MACs, FLOPs, other operations, memory, receptive field, shapes, conditions."""
    from netlang.analysis.constraints import solve
    from netlang.analysis.facts import FACTS, Facts
    from netlang.elaborate import load_program

    program = load_program(NET)
    facts = Facts(program)
    return [*map(facts.value, FACTS), facts.output_shapes, solve(program).texts]


def _every_layer() -> object:
    """The same, and the figures of every layer."""
    from netlang.analysis.summary import summarize
    from netlang.elaborate import load_program

    return summarize(load_program(NET)).to_json()


def counting(ours: Callable[[], object], rounds: int) -> Comparison:
    """Both in this process; the first round, not counted, does the imports."""
    import torch
    from fvcore.nn import FlopCountAnalysis

    from tests.analysis.oracles import torchvision_models

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    model = getattr(torchvision_models(), NET)().eval()
    image = torch.zeros(1, 3, 224, 224)
    return compare(ours, lambda: FlopCountAnalysis(model, image).total(), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times that each side is run")
    rounds = parser.parse_args().rounds
    print(f"summary as a process, against torchinfo: {whole_process(rounds)}")
    both = start_up(4 * rounds)
    print(f"check resnet50 takes {both.ours / both.peer:.1f} times `import lark`: {both}")
    print(f"facts in process, against fvcore's count: {counting(_every_fact, rounds)}")
    print(f"and those of every layer, as JSON: {counting(_every_layer, rounds)}")


if __name__ == "__main__":
    main()
