"""The campaign over receptive fields: a short run, and wrong versions that it has to notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import pytest

from netlang.analysis.fields import along, apply, merge, reads
from netlang.analysis.fields.elements import figures, follow
from netlang.analysis.fields.elements.ranges import Ranges
from netlang.analysis.fields.elements.table import ElementBudget, Table
from netlang.analysis.fields.net import axis_fields
from netlang.analysis.fields.parts import covering, joining, splitting
from netlang.analysis.fields.reads import Interval, Reads, Taps
from netlang.analysis.fields.rules import taps
from netlang.analysis.fields.state import Field
from netlang.ir.reach import OwnAndAll, Rolled, Window
from netlang.records import replace
from tests.campaigns.fields.drawing import drawn
from tests.campaigns.files import CASES as FOLDER
from tests.campaigns.receptive import examined, judged, trial
from tests.campaigns.running import MOST
from tests.campaigns.subject import Spec, load

KEPT = FOLDER / "fields"
FEW = 40
# Networks among which a fault has to show.
ENOUGH = 300


def test_a_short_run() -> None:
    counts: Counter[str] = Counter()
    for number in range(FEW):
        verdict = trial(7 * MOST + number)
        assert not verdict.failures, verdict.failures[0].details
        counts.update(verdict.counts)
    assert counts["nets"] == FEW
    assert counts["exact nets"] >= 0.97 * FEW


Patch = Callable[[pytest.MonkeyPatch], None]


def _without_offsets(patch: pytest.MonkeyPatch) -> None:
    """Windows begin at their own place, whatever the padding."""
    real = taps._window  # the rule as it is registered

    def shifted(rule: Window, number: taps.Number) -> Taps:
        return real(replace(rule, before=0), number)

    taps.taps_of.register(Window, shifted)


def _largest_of_branches(patch: pytest.MonkeyPatch) -> None:
    """Of branches the larger interval goes on, instead of the hull of both."""
    real = reads.hull

    def larger(intervals: Iterable[Interval | None]) -> Interval | None:
        found = [each for each in intervals if each is not None]
        return max(found, key=lambda each: each[1] - each[0], default=None)

    def taken(one: Reads, two: Reads) -> Reads:
        patch.setattr(reads, "hull", larger)
        found = real_joined(one, two)
        patch.setattr(reads, "hull", real)
        return found

    real_joined = reads.joined
    patch.setattr(merge, "joined", taken)


def _restarting(patch: pytest.MonkeyPatch) -> None:
    """A norm forgets what was read before it."""

    def forgotten(self: along._Step, field: Field, source: int) -> Field:
        return real(self, field, source) if not _has_statistics(self) else fresh_again(field)

    def fresh_again(field: Field) -> Field:
        strands = tuple(
            replace(
                strand,
                terms=tuple(
                    (part, Reads(term.period, term.advance, tuple(map(_narrow, term.bounds))))
                    for part, term in strand.terms
                ),
            )
            for strand in field.strands
        )
        return replace(field, strands=strands)

    real = along._Step._with_statistics
    patch.setattr(along._Step, "_with_statistics", forgotten)


def _narrow(bound: Interval | None) -> Interval | None:
    return bound and (bound[0], bound[0])


def _has_statistics(step: along._Step) -> bool:
    return any(isinstance(rule, OwnAndAll) for rule in step._rules.values())


def _without_phases(patch: pytest.MonkeyPatch) -> None:
    """Places don't take turns: all read what the first of a period reads."""
    real = reads.reduced

    def first(period: int, advance: int, bounds: tuple[Interval | None, ...]) -> Reads:
        if period > 1 and advance:
            here = bounds[0]
            moved = tuple(
                here and (here[0] + advance * o // period, here[1] + advance * o // period)
                for o in range(period)
            )
            return real(period, advance, moved)
        return real(period, advance, bounds)

    patch.setattr(reads, "reduced", first)


def _untransposed(patch: pytest.MonkeyPatch) -> None:
    """A transposition leaves the axes where they are."""
    patch.setattr(apply, "permuted", lambda value, order: value)


def _ends_of_digits(patch: pytest.MonkeyPatch) -> None:
    """An axis that is split keeps its offsets in the lower part alone."""
    real = splitting._split_reads

    def cut(read: Reads, below: int) -> tuple[Reads, Reads]:
        upper, lower = real(read, below)
        return upper, Reads(1, 0, lower.bounds[:1])

    patch.setattr(splitting, "_split_reads", cut)


def _first_of_a_window(patch: pytest.MonkeyPatch) -> None:
    """Where the halves of an axis don't add up, its windows read what their first place reads."""
    real = splitting._hulls

    def narrow(read: Reads, sizes: tuple[int, int], is_upper: bool) -> Reads:
        found = real(read, sizes, is_upper)
        if not is_upper:
            return found
        firsts = tuple(read.at(sizes[1] * turn) for turn in range(found.period))
        return replace(found, bounds=firsts)

    patch.setattr(splitting, "_hulls", narrow)


def _any_way_covers(patch: pytest.MonkeyPatch) -> None:
    """A way along the same parts of axes is said to tell what another does, however wide."""
    patch.setattr(covering, "_room", lambda *_: (0, 0))


def _never_told_apart(patch: pytest.MonkeyPatch) -> None:
    """What is joined counts as its first part."""
    patch.setattr(apply, "told_apart", lambda whole, states, *_: states[0] or whole)


def _without_borders(patch: pytest.MonkeyPatch) -> None:
    """What windows read of a cropped value is counted behind its borders too."""
    patch.setattr(along, "is_seamless", lambda *_: True)
    patch.setattr(along, "ends_of", lambda *_: (True, True))


def _one_branch_of_each_element(patch: pytest.MonkeyPatch) -> None:
    """Told element by element, what other branches read is left out."""

    def first(tables: Sequence[Table | None], _: ElementBudget) -> Table | None:
        return next((table for table in tables if table), None)

    patch.setattr(follow, "hull_of", first)


def _places_of_the_first_joined(patch: pytest.MonkeyPatch) -> None:
    """Told element by element, what is joined begins where the first does."""
    real = follow.Followed._piece

    def unmoved(
        self: follow.Followed, table: Table, wanted: Ranges, axis: int, own: range, start: int
    ) -> Table:
        return real(self, table, wanted, axis, own, 0 * start)

    patch.setattr(follow.Followed, "_piece", unmoved)


def _ends_apart(patch: pytest.MonkeyPatch) -> None:
    """What leaves an axis at its end doesn't come in at its beginning."""
    taps.taps_of.register(Rolled, lambda rule, number: Taps(1, 1, ((-rule.shift,),)))


def _given_up_early(patch: pytest.MonkeyPatch) -> None:
    """Small nets count as too long to be followed."""
    for module in (reads, taps, joining, splitting):
        patch.setattr(module, "LONGEST", 6)
    patch.setattr(figures, "MOST_WORK", 0)


def test_what_is_not_followed_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    _given_up_early(monkeypatch)
    counts: Counter[str] = Counter()
    for number in range(FEW):
        found, own = examined(load(drawn(number)), number)
        assert not found, found
        counts.update(own)
    assert counts["axes told as at most"] > 12


def test_a_bound_behind_a_mixing_step_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most that an element reads isn't the most of what is made of several elements."""
    _given_up_early(monkeypatch)
    steps = "upsample(2) -> conv(1, 3, pad=1) -> reshape([1, 4, 7])"
    steps = f"{steps} -> transpose([0, 2, 1]) -> linear(2)"
    program = load(Spec(f"net mixed {{ input x: [1, 14]; {steps} }}", {}, "mixed"))
    assert not examined(program, 1)[0]
    monkeypatch.setattr(along._Step, "_mixes", lambda *_: False)
    assert examined(program, 1)[0]


# With each, the first net that it showed in: that one is tried before the others.
FAULTS: dict[str, tuple[Patch, int]] = {
    "ends that meet": (_ends_apart, 6),
    "offsets": (_without_offsets, 8),
    "branches": (_largest_of_branches, 10),
    "norms": (_restarting, 6),
    "phases": (_without_phases, 0),
    "transpositions": (_untransposed, 14),
    "splits": (_ends_of_digits, 6),
    "windows in steps": (_first_of_a_window, 23),
    "ways that cover others": (_any_way_covers, 19),
    "joins": (_never_told_apart, 0),
    "borders": (_without_borders, 42),
    "branches of elements": (_one_branch_of_each_element, 2),
    "joins of elements": (_places_of_the_first_joined, 0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        patch, first = FAULTS[fault]
        patch(monkeypatch)
        numbers = [first, *range(ENOUGH)]
        assert any(_is_noticed(number) for number in numbers), f"{fault} stays unseen"
    finally:
        taps.taps_of.register(Window, taps._window)
        taps.taps_of.register(Rolled, taps._rolled)


def _is_noticed(number: int) -> bool:
    return judged(drawn(number), number) is not None


# What windows read, and what is seen within the borders, in nets that failed once.
CASES = {
    "rolled_round_the_end": (20, 20),
    "chosen_in_any_order": (16, 16),
    "attention_of_large_values": (4, 60),
    "attention_to_one_key": (1, 46),
    "gru_of_both_directions": (3, 62),
    "cut_out_of_the_padding": (1, 0),
    "nearest_rounds_down": (3, 3),
    "norm_of_a_constant": (10, 10),
    "norm_of_one_element": (1, 1),
    "norm_of_repeated_places": (3, 19),
    "sums_without_the_last": (2, 18),
    "strides_past_what_is_read": (1, 0),
    "places_of_rolled_maxima": (86, 80),
}


@pytest.mark.parametrize("name", CASES)
def test_what_failed_once(name: str) -> None:
    spec = Spec((KEPT / f"{name}.net").read_text(encoding="utf-8"), {}, name)
    # With this seed no drawn element of `gru_of_both_directions` reads most: a corner has to.
    failure = judged(spec, 0)
    assert failure is None, failure.details
    (found,) = axis_fields(load(spec), borders=True)[0].values()
    assert (found.size, found.seen) == CASES[name]
    assert not found.bound
    assert not found.seen_bound


def test_a_norm_of_joined_axes_ends_their_windows() -> None:
    """Its channels differ, and are told place by place; what moves along both axes ends."""
    steps = """
        x -> wide: conv_transpose(out=4, kernel=2, stride=1, pad=1, output_pad=0, dilation=2)
        (wide, x) -> both: { concat(axis=0) -> reshape(shape=[8, 285]) }
        both -> half: split(size=4, axis=0)
        half.0 -> crop(size=[242]) -> layer_norm(axes=[1])"""
    spec = Spec(f"net joined {{ input x: [4, 15, 19]; {steps} }}", {}, "joined")
    assert judged(spec, 1) is None
    found = axis_fields(load(spec), borders=True)[0].values()
    assert [(each.size, each.seen, each.besides) for each in found] == [
        (3, 15, True),
        (3, 19, True),
    ]


def test_a_recurrence_whose_end_is_left_out_is_told_as_a_bound() -> None:
    """Which of its ends reads most isn't followed, and no window reads the last place."""
    steps = "transpose(axes=[1, 0]) -> gru(2) -> transpose(axes=[1, 0]) -> avgpool(2)"
    spec = Spec(f"net recurrent {{ input x: [1, 19]; {steps} }}", {}, "recurrent")
    assert judged(spec, 1) is None
    (found,) = axis_fields(load(spec), borders=True)[0].values()
    assert (found.seen, found.seen_bound) == (19, True)


def test_all_that_failed_is_looked_at() -> None:
    assert {path.stem for path in KEPT.glob("*.net")} == set(CASES)


def _without_rounding(patch: pytest.MonkeyPatch) -> None:
    """`nearest` takes the element that the exact ratio says."""
    patch.setattr(taps, "rounds", lambda *_, **__: False)


def _all_places_read(patch: pytest.MonkeyPatch) -> None:
    """What was added around a value counts as read."""
    patch.setattr(along, "slid", lambda *_: None)


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (_without_rounding, "nearest_rounds_down"),
        (_all_places_read, "cut_out_of_the_padding"),
        (_all_places_read, "strides_past_what_is_read"),
    ],
)
def test_rare_faults_are_noticed(fault: Patch, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They show in one of a thousand nets: the kept ones show them."""
    spec = Spec((KEPT / f"{name}.net").read_text(encoding="utf-8"), {}, name)
    fault(monkeypatch)
    assert judged(spec, 1) is not None


def test_a_failure_is_kept_whole() -> None:
    """A net without anything that ends its windows is looked at element by element."""
    found, counts = examined(load(drawn(0)), 0)
    assert not found
    assert counts["elements"] > 0
