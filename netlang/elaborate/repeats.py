"""`repeat n { ... }`: once a time keeps the shape unchanged, the remaining ones are folded."""

from __future__ import annotations

from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import BuilderMark, CurrentValue
from netlang.ir.numbers.provenance import CallOrigin, Origin, Traced, origin_of, parts_of
from netlang.ir.types import TensorType
from netlang.syntax import ast

__all__ = ["repeat"]


def repeat(body: Body, statement: ast.Repeat, count: int) -> CurrentValue:
    """`count` times the statements of the body, starting from the current value.

    A time whose output has the type of its input, that makes no label or tap and reads nothing of
    an earlier time but the current value, is the same every time. It becomes one `Repeat`.
    """
    flow = body.flow
    remaining = count
    while remaining:
        mark = body.builder.mark(body.scope)
        had_body = body.block.applied
        with body.builder.reads_apart():
            with body.session.loop(1 if remaining == count else remaining, statement.count.span):
                after = body.inner(flow=flow).run(statement.body)
            if after is None or flow is None:
                return None
            # Steps of a given body are written elsewhere, and a second use is refused.
            alike = had_body == body.block.applied
            foldable = alike and _foldable(body, mark, flow, after)
        if foldable and remaining > 1:
            _pin_growing(body, body.builder.type_of(flow[0]), body.builder.type_of(after[0]))
            return (body.builder.fold(mark, remaining, (flow[0], after[0]), body.scope),)
        if foldable or (alike and len(body.builder.items) == mark.items):
            return after
        flow = after
        remaining -= 1
    return flow


def _foldable(body: Body, mark: BuilderMark, before: CurrentValue, after: CurrentValue) -> bool:
    builder = body.builder
    if not before or not after or len(before) != 1 or len(after) != 1 or before == after:
        return False
    if builder.labelled > mark.labels or len(builder.outputs) > mark.outputs:
        return False
    if before[0] in builder.label_reads or after[0].producer < mark.size:
        return False
    return builder.type_of(before[0]) == builder.type_of(after[0])


def _pin_growing(body: Body, before: TensorType, after: TensorType) -> None:
    """Pin sizes that stay the same for these numbers alone, since each time makes them of before's.

    ``in.width + 2 * pad - 2`` is ``in.width`` where `pad` is 1.
    """
    for one, other in zip(before.shape, after.shape, strict=True):
        if isinstance(one, int) and isinstance(other, Traced) and origin_of(one) != other.origin:
            old = origin_of(one) or int(one)
            if _is_part(old, other.origin):
                body.evaluator.pins.met(CallOrigin("==", (old, other.origin)))


def _is_part(part: Origin | int, whole: Origin | int | float) -> bool:
    """Whether a number was made of another one."""
    return any(each == part or _is_part(part, each) for each in parts_of(whole))
