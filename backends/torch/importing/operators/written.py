"""Writing into a part of a value: afterwards the value is its other parts and what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.backends.torch.importing.call import Call
from netlang.backends.torch.importing.operators.shapes import axis_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, Maker, Value

if TYPE_CHECKING:
    from torch.fx import Node

__all__ = ["with_part"]


def with_part(call: Call, whole: Value, shown: Node, part: Value) -> Value:
    """A value whose part, which the node `shown` has cut out, is another one now."""
    names = ("dim", "start", "end", "step")
    given = dict(zip(names, shown.args[1:], strict=False))
    dim, stride = given.get("dim", 0), given.get("step", 1)
    if str(shown.target) != "aten.slice.Tensor" or stride != 1:
        raise NotSayable("it writes into a part of a value", "make a new value of it")
    if part.batch != whole.batch or part.fold != whole.fold:
        raise NotSayable("values whose batch axes are different ones", "keep the batch in front")
    assert isinstance(dim, int)
    first, last, _ = slice(given.get("start"), given.get("end")).indices(whole.shape[dim])
    axis = axis_of(whole, dim, "a part")
    if _is_there(whole, axis, first, part):
        return whole
    pieces = [_cut(call, whole, axis, 0, first), part, _cut(call, whole, axis, last, None)]
    values = [each for each in pieces if each.sizes[axis]]
    step = call.step("concat", values, {"axis": axis})
    return Value(Maker(step), whole.shape, whole.sizes, whole.batch, whole.fold, whole.free)


def _is_there(whole: Value, axis: int, first: int, part: Value) -> bool:
    """Whether a value has been joined from this part at this place: `x[1:] += 1` writes twice."""
    step, at = whole.step, 0
    if step is None or step.op != "concat" or step.arguments.get("axis") != axis:
        return False
    for each in step.inputs:
        if at == first and each.source == part.source:
            return True
        at += each.sizes[axis]
    return False


def _cut(call: Call, whole: Value, axis: int, first: int, last: int | None) -> Value:
    size = len(range(*slice(first, last).indices(whole.sizes[axis])))
    sizes = (*whole.sizes[:axis], size, *whole.sizes[axis + 1 :])
    made = Value(whole.source, sizes, sizes, whole.batch, whole.fold, whole.free)
    if size:
        stop: dict[str, Argument] = {} if last is None else {"stop": last}
        step = call.step("slice", [whole], {"start": first, **stop, "axis": axis})
        made.source = Maker(step)
    return made
