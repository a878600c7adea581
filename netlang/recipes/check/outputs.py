"""What is known of an output that a loss reads: the step that makes it, and whether it decides."""

from __future__ import annotations

from netlang.ir.program import INPUT, Function, Node, Output, Program, Ref
from netlang.ir.types import TensorType
from netlang.ops.identity import Identity
from netlang.recipes.words.losses import DECISIONS
from netlang.recipes.words.operands import NamedValue, Operand
from netlang.recipes.words.terms import Term

__all__ = ["decides", "deployed_outputs", "maker"]


def deployed_outputs(program: Program) -> tuple[Output, ...]:
    """The outputs that also exist outside training."""
    return tuple(output for output in program.net.outputs if not output.auxiliary)


def decides(term: Term, output: TensorType) -> bool:
    """Whether a term takes one number for the second of two classes."""
    return isinstance(term.function, DECISIONS) and output.shape in ((), (1,))


def maker(operand: Operand, program: Program) -> Node | None:
    """The step that makes an output of the net which a loss reads unchanged."""
    if not isinstance(operand, NamedValue):
        return None
    for output in program.net.outputs:
        if output.name == operand.name:
            return _node(program.net, output.ref)
    return None


def _node(function: Function, ref: Ref) -> Node | None:
    """The operator that makes a value, looking through blocks and `identity`."""
    while ref.producer != INPUT:
        node = function.node(ref.producer)
        if isinstance(node.callee, Function):
            function, ref = node.callee, node.callee.outputs[ref.output].ref
        elif isinstance(node.callee, Identity):
            ref = node.inputs[0]
        else:
            return node
    return None
