"""What an operator's output reads, given what its inputs read and the operator's rule.

Every rule of `netlang.ir.reach` is handled here; an unknown one is an error, never a default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netlang.analysis.fields.along import by_places
from netlang.analysis.fields.joined import told_apart
from netlang.analysis.fields.merge import merged
from netlang.analysis.fields.parts.covering import pruned, without_covered
from netlang.analysis.fields.parts.joining import alike, permuted
from netlang.analysis.fields.parts.splitting import rearranged
from netlang.analysis.fields.reads import TooLong
from netlang.analysis.fields.rules.content import Contents, together, without_whole
from netlang.analysis.fields.rules.places import aligned, along
from netlang.analysis.fields.state import (
    NOTHING,
    Context,
    Field,
    ReadState,
    States,
    numbered,
    unfollowed_field,
)
from netlang.diagnostics.errors import InternalError
from netlang.ir.reach import (
    Aligned,
    Along,
    AtMost,
    AxisRule,
    Cut,
    Each,
    Everywhere,
    FromPool,
    InTurn,
    Joined,
    MappedAxes,
    NothingRead,
    Numbered,
    Pointwise,
    Reach,
    Rearranged,
    Same,
)
from netlang.ir.types import TensorType, Types
from netlang.records import replace

__all__ = ["applied", "hull_of"]


def applied(
    reach: Reach, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    """What an element of `output` reads; None if nothing of the net's inputs."""
    rule = _RULES.get(type(reach))
    if rule is None:
        raise InternalError(f"no receptive field for the rule {type(reach).__name__}")
    return rule(reach, states, inputs, output, context)


def _no_input(
    reach: NothingRead, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    return None


def _pointwise(
    reach: Pointwise, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    return states[0]


def _along(
    reach: Along, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    return _places(along(reach.rules, output.rank), states, inputs, output, context)


def _places(
    reach: MappedAxes, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    return by_places(states[0], reach.sources, reach.rules, output, context)


def _each(
    reach: Each, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    pairs = zip(reach.inputs, states, inputs, strict=True)
    found = [applied(each, (state,), (type_,), output, context) for each, state, type_ in pairs]
    return hull_of(found, context)


def _in_turn(
    reach: InTurn, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    (state,), (type_,) = states, inputs
    for each, made in reach.steps:
        state, type_ = applied(each, (state,), (type_,), made, context), made
    return state


def _at_most(
    reach: AtMost, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    state = applied(reach.reach, states, inputs, output, context)
    if state is None:
        return None
    fields = tuple(
        field and replace(field, bound=True, some=NOTHING, every=NOTHING) for field in state.fields
    )
    return replace(state, fields=fields)


def _numbered(
    reach: Numbered, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    state = _along(Along(reach.rules), states, inputs, output, context)
    return state and replace(state, pool=reach.pool)


def _from_pool(
    reach: FromPool, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    places = states[1]
    if places is not None and places.pool == reach.pool:
        along = Along(reach.rules)
        return _each(Each((along, along)), states, inputs, output, context)
    everything = Along((Same(), *(Everywhere(),) * (output.rank - 1)))
    return _at_most(AtMost(Each((everything, everything))), states, inputs, output, context)


def _rearranged(
    reach: Rearranged, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    state = states[0]
    if state is None:
        return None
    if reach.split == inputs[0].shape and len(reach.order) == output.rank:
        if reach.order == tuple(range(output.rank)):
            return state
        return permuted(state, reach.order)
    return rearranged(state, reach.split, reach.order, output.shape, context)


def _aligned(
    reach: Aligned, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    found = []
    for state, x in zip(states, inputs, strict=True):
        if state is None or x.shape == output.shape:
            found.append(state)
            continue
        places = aligned(x.shape, output.shape)
        found.append(by_places(state, places.sources, places.rules, output, context))
    return hull_of(found, context)


def _joined(
    reach: Joined, states: States, inputs: Types, output: TensorType, context: Context
) -> ReadState | None:
    axis, start = reach.axis, 0
    found: list[ReadState | None] = []
    starts = []
    for state, x in zip(states, inputs, strict=True):
        found.append(_from_place(state, axis, start, output, context))
        starts.append(start)
        start += context.number(x.shape[axis])
    if not any(found):
        return None
    starts.append(start)
    if all(state and not any(f and f.content for f in state.fields) for state in found):
        whole = hull_of(found, context)
        return whole and told_apart(whole, found, axis, starts, context)
    return _with_empty_places(tuple(found), axis, starts, context)


def _from_place(
    state: ReadState | None, axis: int, start: int, output: TensorType, context: Context
) -> ReadState | None:
    """What the elements from a place of the joined axis on read."""
    if state is not None and _is_aside(state, axis):
        return ReadState(tuple((size,) for size in output.shape), state.fields)
    rules: list[AxisRule] = [Same()] * output.rank
    rules[axis] = Cut(-start, every=True)
    made = by_places(state, range(output.rank), rules, output, context)
    # Nothing beyond the value is read: the other places are those of other values.
    return made and state and replace(made, fields=tuple(map(_as_known, made.fields, state.fields)))


def _as_known(made: Field | None, before: Field | None) -> Field | None:
    """The field with what is known of it wherever its elements stand."""
    if made is None or before is None or (made.lost, made.most) == (before.lost, before.most):
        return made
    return replace(made, lost=before.lost, most=before.most)


def _is_aside(state: ReadState, axis: int) -> bool:
    """Whether nothing is known along an axis."""
    if any(len(parts) > 1 for parts in state.layout):
        return False
    fields = [field for field in state.fields if field is not None]
    return not any(
        field.content or any(axis in strand.parts for strand in field.strands) for field in fields
    )


def _with_empty_places(
    states: States, axis: int, starts: Sequence[int], context: Context
) -> ReadState:
    """Joined values, some of which have places that read nothing or aren't made from the input."""
    known = iter(alike([state for state in states if state], context))
    states = tuple([state and next(known) for state in states])
    filled = [state and _with_contents(state, ((),) * len(state.fields)) for state in states]
    whole = hull_of(filled, context)
    assert whole is not None
    told = told_apart(whole, filled, axis, starts, context)
    sizes = numbered(told.layout, context.number)
    contents = [
        without_whole(together([field.content for field in fields if field]), sizes)
        for fields in zip(*(state.fields for state in states if state), strict=True)
    ]
    return _with_contents(told, contents)


def _with_contents(state: ReadState, contents: Sequence[Contents]) -> ReadState:
    fields = zip(state.fields, contents, strict=True)
    return replace(
        state, fields=tuple([field and replace(field, content=own) for field, own in fields])
    )


def hull_of(states: Sequence[ReadState | None], context: Context) -> ReadState | None:
    """What an element reads that is made of one element of each value at the same place."""
    found = [state for state in states if state is not None]
    if not found:
        return None
    first = found[0]
    if found.count(first) == len(found):
        return first
    found = alike(found, context)
    sizes = numbered(found[0].layout, context.number)
    by_source = enumerate(zip(*[state.fields for state in found], strict=True))
    fields = tuple(
        [_merged(source, [*filter(None, own)], sizes, context) for source, own in by_source]
    )
    return ReadState(found[0].layout, fields)


def _merged(
    source: int, fields: Sequence[Field], sizes: Sequence[int], context: Context
) -> Field | None:
    if not fields:
        return None
    try:
        return pruned(merged(without_covered(fields, sizes)), sizes)
    except TooLong:
        ways = tuple(strand for field in fields for strand in field.strands)
        others = merged([replace(field, strands=()) for field in fields])
        whole = unfollowed_field(replace(others, strands=ways), sizes, sizes.index(max(sizes)))
        return replace(whole, most=None)


# Each rule takes the class under which it is registered.
_RULES: dict[type[Reach], Callable[[Any, States, Types, TensorType, Context], ReadState | None]] = {
    NothingRead: _no_input,
    Pointwise: _pointwise,
    Along: _along,
    MappedAxes: _places,
    Each: _each,
    InTurn: _in_turn,
    AtMost: _at_most,
    Numbered: _numbered,
    FromPool: _from_pool,
    Rearranged: _rearranged,
    Aligned: _aligned,
    Joined: _joined,
}
