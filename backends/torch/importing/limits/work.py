"""How much work a program is, step by step: from the facts of its operators.

The units are those of `operators`.
"""

from __future__ import annotations

from collections.abc import Mapping

from netlang.analysis.cost import Costs, Totals, at_sizes
from netlang.analysis.flow import PlacedNode
from netlang.backends.torch.importing.limits.operators import NUMBER, narrowness
from netlang.ir.dims import evaluate
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.ir.types import Types
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose

__all__ = ["program_work"]


def program_work(program: Program, sizes: Mapping[str, int]) -> int:
    """The units of computing a program once. Every symbol has its size, and the batch `N`."""
    costs = Costs(at_sizes(sizes), sizes=sizes)
    return _function_work(program.net, costs, {})


def _function_work(function: Function, costs: Costs, known: dict[Function, int]) -> int:
    if function not in known:
        flow = costs.flow(function)
        known[function] = sum(
            step.times * _step_work(step, flow.reads[step.place], costs.of_step(flow, step))
            if isinstance(step.node.callee, Op)
            else step.times * _function_work(step.node.callee, costs, known)
            for step in flow.steps.values()
        )
    return known[function]


def _step_work(step: PlacedNode, read: Types, figures: Totals) -> int:
    """The units of an operator: all numbers that it gives are written, besides."""
    macs, other, memory = (
        evaluate(each, {}) for each in (figures.macs, figures.other, figures.memory)
    )
    size = step.node.types[0].dtype.size
    return macs * _narrowness(step.node.callee, read) + NUMBER * (other + memory // size)


def _narrowness(op: Op | Function, read: Types) -> int:
    if not isinstance(op, Conv | ConvTranspose):
        return 1
    channels = evaluate(read[0].channels, {})
    return narrowness(min(channels, op.out) // op.groups)
