"""Operators that act axis by axis: each output axis is read from one input axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property

from netlang.analysis.fields.merge import ended, merged
from netlang.analysis.fields.parts.covering import without_covered
from netlang.analysis.fields.parts.joining import flattened
from netlang.analysis.fields.reads import Reads, Taps, TooLong
from netlang.analysis.fields.rules.borders import (
    ends_of,
    is_seamless,
    leaves_out,
    reads_beyond,
)  # fmt: skip
from netlang.analysis.fields.rules.content import EMPTYING, Content, Contents, slid
from netlang.analysis.fields.rules.places import STATISTICS, STAYING, UNORDERED, reads_own_place
from netlang.analysis.fields.rules.taps import taps_of
from netlang.analysis.fields.state import (
    AT_END,
    NOWHERE,
    SOMEWHERE,
    Context,
    Ended,
    Field,
    Layout,
    ReadState,
    Strand,
    has_joined,
    numbered,
    parts_of,
    remapped,
    unfollowed_field,
    unknown_field,
)
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.ir.reach import AxisRule, Cut, Everywhere, ToOneSide
from netlang.ir.types import TensorType
from netlang.records import replace

__all__ = ["by_places"]


def _still(end: int, at_end: bool, all_read: bool) -> int:
    """Where an end is surely read, given that the values that slid over it were."""
    if end == AT_END and at_end:
        return AT_END
    return SOMEWHERE if end and all_read else NOWHERE


def _moving(field: Field) -> set[int]:
    """The parts along with which the places that are read move."""
    return {part for strand in field.strands for part, reads in strand.terms if reads.advance}


def _joins_beyond(field: Field, slid: tuple[Taps, int, int]) -> bool:
    """Whether places beyond the existing ones matter, where parts of axes end."""
    several = any(len(taps) > 1 for taps in slid[0].taps)
    return several and (min(field.ends) < AT_END or reads_beyond(*slid))


def by_places(
    state: ReadState | None,
    sources: Sequence[int | None],
    rules: Sequence[AxisRule],
    output: TensorType,
    context: Context,
) -> ReadState | None:
    """What an element of `output` reads when axis i reads axis `sources[i]` by `rules[i]`."""
    if state is None:
        return None
    places = zip(sources, rules, range(output.rank), strict=True)
    rule_of = {axis: (rule, place) for axis, rule, place in places if axis is not None}
    if not rule_of.keys() <= set(range(len(state.layout))):
        raise InternalError(f"rules for axes {sorted(rule_of)} of {len(state.layout)}")
    if _keeps_all(state, rule_of, output):
        return ReadState(tuple([(size,) for size in output.shape]), state.fields)
    moving = [axis for axis, (rule, _) in rule_of.items() if type(rule) not in UNORDERED]
    return _Step(flattened(state, moving, context), rule_of, output, context).state()


def _keeps_all(
    state: ReadState, rule_of: Mapping[int, tuple[AxisRule, int]], output: TensorType
) -> bool:
    """Whether elements read exactly what the input's elements at the same places read."""
    layout = state.layout
    if has_joined(layout):
        return False
    kept = set[int]()
    for axis, (rule, to) in rule_of.items():
        if type(rule) is Everywhere:
            continue
        if axis != to or not reads_own_place(rule) or layout[axis][0] != output.shape[to]:
            return False
        kept.add(axis)
    return all(field is None or _is_along(field, kept) for field in state.fields)


def _is_along(field: Field, parts: Set[int]) -> bool:
    """Whether everything that is known of a field is known along some parts."""
    told = not (field.content or field.unfollowed) and field.uneven | field.loose <= parts
    return told and field.parts <= parts


def _picks(rule: AxisRule) -> bool:
    """Whether a place reads a single one of those before."""
    return reads_own_place(rule) or isinstance(rule, Cut)


class _Step:
    """One operator: the rule for each part of its input, and the part that it becomes."""

    def __init__(
        self,
        state: ReadState,
        rule_of: Mapping[int, tuple[AxisRule, int]],
        output: TensorType,
        context: Context,
    ) -> None:
        self._state, self._context = state, context
        self._rules: dict[int, AxisRule] = {}
        self._taps: dict[int, Taps] = {}
        old = parts_of(state.layout)
        kept = {a: (r, to) for a, (r, to) in rule_of.items() if type(r) is not Everywhere}
        self._gone = {part for axis, parts in enumerate(old) if axis not in kept for part in parts}
        layout: list[tuple[Dim, ...]] = [(size,) for size in output.shape]
        for axis, (rule, to) in kept.items():
            if len(old[axis]) > 1:
                layout[to] = state.layout[axis]
            self._rules.update(dict.fromkeys(old[axis], rule))
        self._layout: Layout = tuple(layout)
        self._numbers_before = numbered(state.layout, context.number)
        new = parts_of(self._layout)
        self._numbers_after = numbered(self._layout, context.number)
        self._places = {
            part: number
            for axis, (_, to) in kept.items()
            for part, number in zip(old[axis], new[to], strict=True)
        }
        self._contents: dict[Contents, Contents] = {}
        self._moves = [*self._places] != [*self._places.values()]
        rules = self._rules.items()
        self._staying = {part for part, rule in rules if type(rule) in STAYING}
        self._whole = [part for part, rule in rules if type(rule) in STATISTICS]
        self._earlier = frozenset([part for part, rule in rules if type(rule) is ToOneSide])

    def state(self) -> ReadState:
        fields = enumerate(self._state.fields)
        return ReadState(
            self._layout, tuple([field and self._safely(field, source) for source, field in fields])
        )

    def _safely(self, field: Field, source: int) -> Field:
        try:
            return self._beyond(self._field(field, source), field)
        except TooLong:
            pass
        try:
            sizes = self._numbers_before
            vague = unfollowed_field(field, sizes, sizes.index(max(sizes)))
            return self._beyond(self._field(vague, source), vague)
        except TooLong:
            return unknown_field(field, source, self._context)

    def _beyond(self, made: Field, before: Field) -> Field:
        """Windows beyond the borders may read more than all elements that exist do."""
        if not before.unfollowed or before.lost or not self._reads_beyond:
            return made
        return replace(made, lost=True)

    @cached_property
    def _reads_beyond(self) -> bool:
        """Whether any place reads one before the first or after the last. Raises `TooLong`."""
        return any(
            reads_beyond(self._taps_of(part), self._before(part), self._after(part))
            for part in self._rules
            if part not in self._staying
        )

    def _field(self, field: Field, source: int) -> Field:
        if field.most is not None and self._mixes(field):
            field = replace(field, most=None)
        found = ended(field, self._gone, self._state.layout, source, self._context)
        found = self._flagged(self._slid(self._with_statistics(found, source)))
        content = self._content(found.content)
        if content and not all(own.sure for _, own in content):
            some, every = Ended(found.some.width), Ended(found.every.width)
            ends = (NOWHERE, NOWHERE)
            found = replace(found, some=some, every=every, seamless=False, ends=ends)
        if content != found.content:
            found = replace(found, content=content)
        return remapped(found, self._places) if self._moves else found

    def _mixes(self, field: Field) -> bool:
        """Whether elements read several of those before that may read different things."""
        told = field.uneven | field.loose | field.parts
        parts = {*self._rules, *self._gone} if field.unfollowed else told
        return not all(part in self._rules and _picks(self._rules[part]) for part in parts)

    def _content(self, before: Contents) -> Contents:
        """Which places read anything, along the parts of the input."""
        if before not in self._contents:
            known = dict(before)
            made = {part: self._content_along(part, known.get(part)) for part in self._rules}
            self._contents[before] = tuple([(p, own) for p, own in sorted(made.items()) if own])
        return self._contents[before]

    def _content_along(self, part: int, known: Content | None) -> Content | None:
        rule = self._rules[part]
        if part in self._staying or (known is None and type(rule) not in EMPTYING):
            return known
        return slid(known, rule, self._before(part), self._after(part), self._context.number)

    def _with_statistics(self, field: Field, source: int) -> Field:
        """Each element additionally reads the whole of some axes; its own path continues."""
        if not self._whole:
            return field
        everything = ended(field, self._whole, self._state.layout, source, self._context)
        if self._earlier:
            everything = replace(everything, every=field.every)
        elif len(found := without_covered((field, everything), self._numbers_before)) == 1:
            return found[0]
        everything = replace(everything, uneven=field.uneven, loose=field.loose)
        return merged((field, everything))

    def _slid(self, field: Field) -> Field:
        parts = field.parts
        if parts <= self._staying:
            return field
        strands = [
            Strand(tuple([(part, self._through(part, reads)) for part, reads in strand.terms]))
            for strand in field.strands
        ]
        cut = any(leaves_out(self._rules[part]) for part in parts)
        found = tuple(dict.fromkeys(strands) if len(strands) > 1 else strands)
        bound, seamless, ends = self._within(field, parts)
        return Field(
            found, field.ended, bound, field.some, field.every, field.uneven, field.loose,
            field.cut or cut, seamless, ends, field.folded, field.lost, field.content,
            field.unfollowed,
        )  # fmt: skip

    def _within(self, field: Field, parts: set[int]) -> tuple[bool, bool, tuple[int, int]]:
        """What is known of borders, which matter along parts that move the places that are read."""
        bound, seamless, (first, last) = field.bound, field.seamless, field.ends
        moving = parts if field.folded else _moving(field)
        for part in parts:
            if part in self._taps and part in moving:
                slid = self._taps[part], self._before(part), self._after(part)
                whole = is_seamless(*slid)
                at_first, at_last = ends_of(*slid)
                bound = bound or (field.folded and _joins_beyond(field, slid))
                seamless = seamless and whole
                first, last = _still(first, at_first, whole), _still(last, at_last, whole)
        return bound, seamless, (first, last)

    def _may_leave_out(self, part: int) -> bool:
        """Whether the place that reads most, at one end of a part, may not be read."""
        rule = self._rules[part]
        if part in self._staying or leaves_out(rule):
            return part not in self._staying
        return not all(ends_of(self._taps_of(part), self._before(part), self._after(part)))

    def _through(self, part: int, reads: Reads) -> Reads:
        if part in self._staying:
            return reads
        return reads.through(self._taps_of(part), self._after(part))

    def _taps_of(self, part: int) -> Taps:
        if part not in self._taps:
            self._taps[part] = taps_of(self._rules[part], self._context.number)
        return self._taps[part]

    def _before(self, part: int) -> int:
        """The size of a part in the input."""
        return self._numbers_before[part]

    def _after(self, part: int) -> int:
        """The size of a part in the output."""
        return self._numbers_after[self._places[part]]

    def _flagged(self, field: Field) -> Field:
        """An uneven part may be the one that is left out; then less is read than stated."""
        earlier = self._earlier
        if any(map(self._may_leave_out, field.uneven & self._rules.keys())):
            field = replace(field, bound=True, some=field.every)
        return replace(field, uneven=field.uneven | earlier) if earlier else field
