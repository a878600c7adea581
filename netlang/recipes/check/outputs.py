"""What is known of an output that a loss reads: the step that makes it, and whether it decides."""

from __future__ import annotations

from netlang.ir.dims import Dim
from netlang.ir.program import INPUT, Function, Node, Output, Program, Ref
from netlang.ir.types import TensorType
from netlang.ops.idle import IDLE
from netlang.ops.layout import Flatten, Reshape
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
    """The step that makes an output of the net which a loss reads, or what it hands on.

    A dropout hands on its values, and so does a step that leaves out or adds axes of size 1.
    """
    if not isinstance(operand, NamedValue):
        return None
    for output in program.net.outputs:
        if output.name == operand.name:
            return _node(program.net, output.ref)
    return None


def _node(function: Function, ref: Ref) -> Node | None:
    """The operator that makes a value, looking through blocks and steps that hand it on."""
    calls: list[tuple[Function, Node]] = []
    while ref.producer != INPUT or calls:
        if ref.producer == INPUT:
            function, call = calls.pop()
            ref = call.inputs[ref.output]
            continue
        node = function.node(ref.producer)
        if isinstance(node.callee, Function):
            calls.append((function, node))
            function, ref = node.callee, node.callee.outputs[ref.output].ref
        elif _hands_on(node, function):
            ref = node.inputs[0]
        else:
            return node
    return None


def _hands_on(node: Node, function: Function) -> bool:
    if isinstance(node.callee, IDLE):
        return True
    if not isinstance(node.callee, (Flatten, Reshape)):
        return False
    return _longer(function.input_types(node)[0]) == _longer(node.types[0])


def _longer(type_: TensorType) -> list[Dim]:
    """The sizes of the axes that aren't of size 1."""
    return [size for size in type_.shape if size != 1]
