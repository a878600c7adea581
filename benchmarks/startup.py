"""How long until a user knows what a network costs: ``python -m benchmarks.startup``.

Whole process: `netlang summary resnet152` against printing torchinfo's summary of torchvision's
resnet152. In process, imports excluded: loading the spec of resnet152 and computing every fact,
against fvcore's count on a model that is built already. And `netlang check resnet50` as a process
beside one that only imports Lark, the smallest thing that a parser in Python may cost, and
`netlang --help` beside one that only imports click.

Bytecode is cached, as in any installation, even where PYTHONDONTWRITEBYTECODE is set. On a machine
that others use, `--clock cpu` counts the time of the processor instead of that of the wall.
"""

from __future__ import annotations

import argparse
import logging
import resource
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import TypeAlias

from benchmarks.timing import Comparison, compare, environment

__all__ = ["counting", "main", "start_up", "whole_process"]

Clock: TypeAlias = Callable[[], float]
NET = "resnet152"
TORCHINFO = f"""
from tests.analysis.oracles import torchvision_models
import torchinfo
print(torchinfo.summary(torchvision_models().{NET}(), (1, 3, 224, 224), verbose=0))
"""


def _process(*arguments: str) -> Callable[[], object]:
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, check=True, capture_output=True, env=environment())


def _of_children() -> float:
    """Seconds that the processes started so far have kept the processor busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def whole_process(rounds: int, clock: Clock = perf_counter) -> Comparison:
    """Both as processes of their own, output and imports included."""
    ours = _process("-m", "netlang", "summary", NET)
    return compare(ours, _process("-c", TORCHINFO), rounds, clock)


def start_up(words: str, module: str, rounds: int, clock: Clock = perf_counter) -> Comparison:
    """A command as a process, and importing a module as one."""
    ours = _process("-m", "netlang", *words.split())
    return compare(ours, _process("-c", f"import {module}"), rounds, clock)


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


def counting(ours: Callable[[], object], rounds: int, clock: Clock = perf_counter) -> Comparison:
    """Both in this process; the first round, not counted, does the imports."""
    import torch
    from fvcore.nn import FlopCountAnalysis

    from tests.analysis.oracles import torchvision_models

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    model = getattr(torchvision_models(), NET)().eval()
    image = torch.zeros(1, 3, 224, 224)
    return compare(ours, lambda: FlopCountAnalysis(model, image).total(), rounds, clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="times that each side is run")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    arguments = parser.parse_args()
    rounds, cpu = arguments.rounds, arguments.clock == "cpu"
    started, here = (_of_children, process_time) if cpu else (perf_counter, perf_counter)
    print(f"summary as a process, against torchinfo: {whole_process(rounds, started)}")
    for words, module in (("check resnet50", "lark"), ("--help", "click")):
        both = start_up(words, module, rounds, started)
        print(f"{words} takes {both.ours / both.peer:.2f} times `import {module}`: {both}")
    print(f"facts in process, against fvcore's count: {counting(_every_fact, rounds, here)}")
    print(f"and those of every layer, as JSON: {counting(_every_layer, rounds, here)}")


if __name__ == "__main__":
    main()
