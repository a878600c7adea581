"""`repeat n { ... }`: once a time keeps the shape unchanged, the remaining ones are folded.

One time then stands for all of them, also for where its sizes come from. Those of the first time
may equal the later ones by chance, as the channels of the input the width of a convolution. Then
the second time decides whether it has other numbers than the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import BuilderMark, CurrentValue, FunctionBuilder
from netlang.ir.dims import Expr
from netlang.ir.numbers.provenance import CallOrigin, Origin, origin_of, parts_of, traced_in
from netlang.ir.op import Op
from netlang.ir.program import Item, Node, Ref
from netlang.records import Record, values_of
from netlang.syntax import ast

__all__ = ["repeat"]


class _Time(Record):
    """One time that can be folded: where it starts and ends, its items, and what it carries."""

    marks: tuple[BuilderMark, BuilderMark]
    items: tuple[Item, ...]
    carried: tuple[Ref, Ref]

    def folded(self, body: Body, count: int) -> CurrentValue:
        """The value of the last of `count` times, of which this is the first."""
        return (body.builder.fold(self.marks, count, self.carried, body.scope),)


def repeat(body: Body, statement: ast.Repeat, count: int) -> CurrentValue:
    """`count` times the statements of the body, starting from the current value.

    A time whose output has the type of its input, that makes no label or tap and reads nothing of
    an earlier time but the current value, is the same every time. It becomes one `Repeat`.
    """
    flow = body.flow
    remaining = count
    previous: _Time | None = None
    while remaining:
        start = body.builder.mark(body.scope)
        had_body = body.block.applied
        few = previous is not None or remaining == count
        with body.builder.reads_apart():
            with body.session.loop(1 if few else remaining, statement.count.span):
                after = body.inner(flow=flow).run(statement.body)
            if after is None or flow is None:
                return None
            # Steps of a given body are written elsewhere, and a second use is refused.
            alike = had_body == body.block.applied
            time = _foldable(body, start, flow, after) if alike else None
        if alike and len(body.builder.items) == start.items:
            return after
        if time is not None and previous is not None and _same(previous.items, time.items):
            return previous.folded(body, remaining + 1)
        if time is not None and remaining > 1 and _pinned(body, time, previous is not None):
            return time.folded(body, remaining)
        previous, flow = time, after
        remaining -= 1
    return flow


def _foldable(
    body: Body, start: BuilderMark, before: CurrentValue, after: CurrentValue
) -> _Time | None:
    """The time since `start`; None if it keeps no shape, or is seen from elsewhere."""
    builder = body.builder
    if not before or not after or len(before) != 1 or len(after) != 1 or before == after:
        return None
    if builder.labelled > start.labels or len(builder.outputs) > start.outputs:
        return None
    if before[0] in builder.label_reads or after[0].producer < start.size:
        return None
    if builder.type_of(before[0]) != builder.type_of(after[0]):
        return None
    marks = start, builder.mark(body.scope)
    return _Time(marks, tuple(builder.items[start.items :]), (before[0], after[0]))


def _pinned(body: Body, time: _Time, again: bool) -> bool:
    """Whether the sizes that a time keeps come from the same, or are pinned to be equal.

    ``in.width + 2 * pad - 2`` is ``in.width`` where `pad` is 1: each time makes such a size of the
    one before, so that a second time wouldn't help. Others are pinned if they differ `again`.
    """
    others = list(_others(body.builder, *time.carried))
    if not again and not all(_is_part(one, other) for one, other in others):
        return False
    for sides in others:
        body.evaluator.pins.met(CallOrigin("==", sides))
    return True


def _others(
    builder: FunctionBuilder, before: Ref, after: Ref
) -> Iterator[tuple[Origin | int, Origin | int]]:
    """The equal sizes of two values that come from elsewhere in the second."""
    for pair in zip(builder.type_of(before).shape, builder.type_of(after).shape, strict=True):
        one, other = (origin_of(size) or size for size in pair)
        if one != other and not isinstance(one, Expr) and not isinstance(other, Expr):
            yield one, other


def _same(some: Sequence[Item], others: Sequence[Item]) -> bool:
    """Whether the items of two times have the same numbers from the same places."""
    return len(some) == len(others) and all(map(_alike, some, others))


def _alike(one: Item, other: Item) -> bool:
    if isinstance(one, Node) and isinstance(other, Node):
        return one.callee == other.callee and _origins(one) == _origins(other)
    if isinstance(one, Node) or isinstance(other, Node):
        return False
    return one.count == other.count and _same(one.items, other.items)


def _origins(node: Node) -> list[Origin | None]:
    """Where the sizes that a node makes, and the numbers that it is given, come from."""
    callee = node.callee
    given = values_of(callee) if isinstance(callee, Op) else tuple(node.arguments.values())
    sizes = [origin_of(size) for type_ in node.types for size in type_.shape]
    return [*sizes, *(number.origin for number in traced_in(given))]


def _is_part(part: Origin | int, whole: Origin | int | float) -> bool:
    """Whether a number was made of another one."""
    return any(each == part or _is_part(part, each) for each in parts_of(whole))
