"""Which places of an axis read anything at all; others are only padding.

A pad adds places for which nothing is read, and the gaps of a transposed convolution stay empty.
Anything cut out of these, or that strides past all others, reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from netlang.analysis.fields.rules.taps import Number
from netlang.ir.reach import (
    AxisRule,
    Cut,
    Interpolated,
    Picked,
    Regions,
    TransposedWindow,
    Window,
)
from netlang.records import Record, replace

__all__ = ["EMPTYING", "Content", "Contents", "slid", "together", "without_whole"]


class Content(Record):
    """The places from `first` to `last` read something, others read nothing.

    With `holes`, some in between may read nothing; if `sure` is false, perhaps none reads anything.
    """

    first: int
    last: int
    holes: bool = False
    sure: bool = True

    def kept(self, first: int, last: int, out: int, *, sure: bool = True) -> Content | None:
        """The places from `first` to `last`, of `out`; None if these are all places."""
        low, high = max(0, first), min(last, out - 1)
        if (low, high, self.holes) == (0, out - 1, False):
            return None
        return Content(low, high, self.holes, self.sure and sure and low <= high)

    def holed(self) -> Content:
        """The same with places in between that read nothing."""
        return replace(self, holes=True)


# Rules that leave places empty of values that have none.
EMPTYING: frozenset[type[AxisRule]] = frozenset((Cut, Window, TransposedWindow))
# By the numbers of parts, in ascending order; along others every place reads something.
Contents: TypeAlias = tuple[tuple[int, Content], ...]


def slid(
    content: Content | None, rule: AxisRule, size: int, out: int, number: Number
) -> Content | None:
    """The content after `out` places read `size` places by a rule; None if all read something."""
    own = content or Content(0, size - 1)
    if isinstance(rule, Window):
        return _window(own, rule, out)
    if isinstance(rule, Cut):
        return _cut(own, rule, out, number)
    if isinstance(rule, TransposedWindow):
        return _transposed(own, rule, out)
    if content is None:
        return None
    if isinstance(rule, Regions):
        return own.kept(own.first * out // size, ((own.last + 1) * out - 1) // size, out)
    shrunk = isinstance(rule, Picked) or (isinstance(rule, Interpolated) and out < size)
    return own.holed().kept(0, out - 1, out, sure=not shrunk)


def _cut(own: Content, rule: Cut, out: int, number: Number) -> Content | None:
    start = number(rule.start)
    first, last = -((start - own.first) // rule.step), (own.last - start) // rule.step
    whole = rule.step == 1 and first >= 0 and last < out
    return own.kept(first, last, out, sure=whole or not own.holes)


def _window(own: Content, rule: Window, out: int) -> Content | None:
    """A window reads something if it overlaps the content, unless its taps step across it."""
    span = rule.dilation * (rule.kernel - 1) + 1
    end = rule.stride * (out - 1) - rule.before + span
    first = -((span - 1 - rule.before - own.first) // rule.stride)
    last = (own.last + rule.before) // rule.stride
    if own.holes:
        every = rule.dilation == 1 and rule.stride <= rule.kernel
        around = -rule.before <= own.first and own.last < end
        return own.kept(first, last, out, sure=every and around)
    if rule.dilation <= own.last - own.first + 1:
        return own.kept(first, last, out)
    # Where a tap stands at the place itself, that of place 0, or of any, is read.
    itself = not rule.before % rule.dilation and rule.before < rule.dilation * rule.kernel
    sure = itself and (own.first == 0 or (rule.stride == 1 and own.first < out))
    return own.holed().kept(first, last, out, sure=sure)


def _transposed(own: Content, rule: TransposedWindow, out: int) -> Content | None:
    """Each place reaches several in a row, unless they are cut off or skipped by the stride."""
    span = rule.dilation * (rule.kernel - 1) + 1
    first = rule.stride * own.first - rule.before
    last = rule.stride * own.last - rule.before
    if own.holes:
        return own.kept(first, last + span - 1, out, sure=first + span > 0 and last < out)
    if rule.kernel >= rule.stride and rule.dilation == 1:
        return own.kept(first, last + span - 1, out)
    kept = max(own.first, -(-rule.before // rule.stride))
    sure = kept <= min(own.last, (out - 1 + rule.before) // rule.stride)
    return own.holed().kept(first, last + span - 1, out, sure=sure)


def without_whole(contents: Contents, sizes: Sequence[int]) -> Contents:
    """Without parts along which all places read something."""
    return tuple([(part, own) for part, own in contents if own != Content(0, sizes[part] - 1)])


def together(values: Iterable[Contents]) -> Contents:
    """Where anything is read of several values that stand at the same places."""
    known = list(values)
    if not known:
        return ()
    first = known[0]
    if known.count(first) == len(known):
        return first
    maps = [dict(each) for each in known]
    parts = sorted({part for each in maps for part in each})
    differing = [p for p in parts if len({each.get(p) for each in maps}) > 1]
    found: dict[int, Content] = {}
    for part in parts:
        own = _joined([each.get(part) for each in maps], alone=len(differing) == 1)
        if own is not None:
            found[part] = own
    return tuple(found.items())


def _joined(contents: list[Content | None], *, alone: bool) -> Content | None:
    """The content along one part; `alone` if the values differ along no other."""
    known = [c for c in contents if c is not None]
    if alone and len(known) < len(contents):
        return None
    known.sort(key=lambda c: (c.first, c.last))
    found, *others = [c for c in known if c.first <= c.last] or known[:1]
    for other in others:
        apart = other.first > found.last + 1
        holes = found.holes or other.holes or apart
        last = max(found.last, other.last)
        found = Content(found.first, last, holes, found.sure or other.sure)
    return found if alone or len(set(contents)) == 1 else found.holed()
