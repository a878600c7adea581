"""Operators that go axis by axis: each axis of the output is read from one of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.analysis.fields.layout import flattened
from netlang.analysis.fields.reads import Reads, Taps, TooLong
from netlang.analysis.fields.state import (
    Context,
    Field,
    Layout,
    State,
    Strand,
    ended,
    lost,
    merged,
    parts_of,
    remapped,
)
from netlang.analysis.fields.taps import leaves_out, taps_of
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.ir.reach import AxisRule, Everywhere, OwnAndAll, Same, ToOneSide
from netlang.ir.types import TensorType
from netlang.records import replace

__all__ = ["by_places"]

# Rules that leave an element at its own place.
_STAYING = (Same, OwnAndAll, ToOneSide)


def by_places(
    state: State | None,
    sources: Sequence[int | None],
    rules: Sequence[AxisRule],
    output: TensorType,
    context: Context,
) -> State | None:
    """What an element of `output` reads whose axis i reads axis `sources[i]` by `rules[i]`."""
    if state is None:
        return None
    places = zip(sources, rules, range(output.rank), strict=True)
    rule_of = {axis: (rule, place) for axis, rule, place in places if axis is not None}
    if not set(rule_of) <= set(range(len(state.layout))):
        raise InternalError(f"rules for axes {sorted(rule_of)} of {len(state.layout)}")
    moving = [
        axis for axis, (rule, _) in rule_of.items() if not isinstance(rule, (*_STAYING, Everywhere))
    ]
    return _Step(flattened(state, moving, context), rule_of, output, context).state()


class _Step:
    """One operator: the rule of each part of its input, and the part that it becomes."""

    def __init__(
        self,
        state: State,
        rule_of: Mapping[int, tuple[AxisRule, int]],
        output: TensorType,
        context: Context,
    ) -> None:
        self._state, self._context = state, context
        self._rules: dict[int, AxisRule] = {}
        self._taps: dict[int, Taps] = {}
        old = parts_of(state.layout)
        kept = {a: (r, to) for a, (r, to) in rule_of.items() if not isinstance(r, Everywhere)}
        self._gone = {part for axis, parts in enumerate(old) if axis not in kept for part in parts}
        layout: list[tuple[Dim, ...]] = [(size,) for size in output.shape]
        for axis, (rule, to) in kept.items():
            if len(old[axis]) > 1:
                layout[to] = state.layout[axis]
            self._rules.update(dict.fromkeys(old[axis], rule))
        self._layout: Layout = tuple(layout)
        new = parts_of(self._layout)
        self._sizes = [size for parts in self._layout for size in parts]
        self._places = {
            part: number
            for axis, (_, to) in kept.items()
            for part, number in zip(old[axis], new[to], strict=True)
        }
        self._moves = any(part != number for part, number in self._places.items())
        rules = self._rules.items()
        self._staying = {part for part, rule in rules if isinstance(rule, _STAYING)}
        self._whole = [part for part, rule in rules if isinstance(rule, (OwnAndAll, ToOneSide))]
        self._earlier = frozenset(part for part, rule in rules if isinstance(rule, ToOneSide))

    def state(self) -> State:
        fields = enumerate(self._state.fields)
        return State(
            self._layout, tuple([field and self._safely(field, source) for source, field in fields])
        )

    def _safely(self, field: Field, source: int) -> Field:
        try:
            return self._field(field, source)
        except TooLong:
            return lost(field, source, self._context)

    def _field(self, field: Field, source: int) -> Field:
        found = ended(field, self._gone, self._state.layout, source, self._context)
        found = self._flagged(self._slid(self._with_statistics(found, source)))
        return remapped(found, self._places) if self._moves else found

    def _with_statistics(self, field: Field, source: int) -> Field:
        """Each element reads all along some axes besides; its own way goes on."""
        if not self._whole:
            return field
        everything = ended(field, self._whole, self._state.layout, source, self._context)
        everything = replace(everything, uneven=field.uneven, loose=field.loose)
        if self._earlier:
            everything = replace(everything, every=field.every)
        return merged((field, everything))

    def _slid(self, field: Field) -> Field:
        if all(part in self._staying for strand in field.strands for part, _ in strand.terms):
            return field
        strands = (
            Strand(tuple([(part, self._through(part, reads)) for part, reads in strand.terms]))
            for strand in field.strands
        )
        cut = any(
            leaves_out(self._rules[part]) for strand in field.strands for part, _ in strand.terms
        )
        return replace(field, strands=tuple(dict.fromkeys(strands)), cut=field.cut or cut)

    def _through(self, part: int, reads: Reads) -> Reads:
        if part in self._staying:
            return reads
        if part not in self._taps:
            self._taps[part] = taps_of(self._rules[part], self._context.number)
        size = self._sizes[self._places[part]]
        return reads.through(self._taps[part], self._context.number(size))

    def _flagged(self, field: Field) -> Field:
        """What is uneven may be the part that is left out, and then less is read than told."""
        earlier = self._earlier
        left_out = any(leaves_out(self._rules[p]) for p in field.uneven if p in self._rules)
        if left_out:
            field = replace(field, bound=True, some=field.every)
        return replace(field, uneven=field.uneven | earlier) if earlier else field
