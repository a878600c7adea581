"""Kinds of arguments that only recipes have."""

from __future__ import annotations

from collections.abc import Callable

from netlang.evaluate.values import Range
from netlang.ir.arguments import Keyword, Kind, Mismatch, choice, count, non_negative, number, text

__all__ = [
    "angles", "angles_below_90", "counts", "decay", "decays", "deviations", "factors", "fill",
    "half", "label_pairs", "labels", "non_negative", "odd", "open_share", "per_channel",
    "plain_name", "positive", "scales", "share", "side_or_sides", "size_or_sizes", "triple",
    "triples", "words",
]  # fmt: skip


def _number(accepts: Callable[[float], bool]) -> Callable[[object], object]:
    def convert(value: object) -> object:
        converted = number.convert(value)
        if not isinstance(converted, float) or not accepts(converted):
            raise Mismatch
        return converted

    return convert


def _many(item: Kind, length: int | None = None) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not isinstance(value, tuple) or not value:
            raise Mismatch
        if length is not None and len(value) != length:
            raise Mismatch
        return tuple(item.convert(part) for part in value)

    return convert


def _between(item: Kind) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not isinstance(value, Range):
            raise Mismatch
        start, stop = item.convert(value.start), item.convert(value.stop)
        if value.start > value.stop:
            raise Mismatch(f"{value}, which ends before it starts")
        return Range(start, stop)  # type: ignore[arg-type]  # both kinds used here give numbers

    return convert


def _size(value: object) -> object:
    return _between(count)(value) if isinstance(value, Range) else count.convert(value)


def _sides(value: object) -> object:
    if not isinstance(value, tuple):
        return count.convert(value)
    if len(value) != 2:
        raise Mismatch
    return count.convert(value[0]), count.convert(value[1])


def _angles(limit: float) -> Callable[[object], object]:
    within = Kind("", _number(lambda value: -limit < value < limit))
    from_zero = _number(lambda value: 0.0 <= value < limit)
    between = _between(within)

    def convert(value: object) -> object:
        return between(value) if isinstance(value, Range) else from_zero(value)

    return convert


def _plain(value: object) -> object:
    """A name that isn't a path: without separators and dots."""
    name = text.convert(value)
    if not isinstance(name, str) or not name.replace("-", "_").isidentifier():
        raise Mismatch
    return name


def _pair(first: Kind, second: Kind) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not isinstance(value, tuple) or len(value) != 2:
            raise Mismatch
        return first.convert(value[0]), second.convert(value[1])

    return convert


def _odd(value: object) -> object:
    converted = count.convert(value)
    if not isinstance(converted, int) or converted % 2 == 0:
        raise Mismatch
    return converted


def _fill(value: object) -> object:
    if isinstance(value, Keyword) and value == "random":
        return str(value)
    return _many(number)(value) if isinstance(value, tuple) else number.convert(value)


def words(*names: str) -> Kind:
    """A list of some bare words."""
    shown = ", ".join(f"`{name}`" for name in names)
    return Kind(f"a list of {shown}", _many(choice(*names)), names)


positive = Kind("a number above 0", _number(lambda value: 0.0 < value < float("inf")))
decay = Kind("a number from 0 to below 1", _number(lambda value: 0.0 <= value < 1.0))
share = Kind("a number from 0 to 1", _number(lambda value: 0.0 <= value <= 1.0))

decays = Kind("two numbers from 0 to below 1", _many(decay, 2))
counts = Kind("a list of whole numbers >= 1", _many(count))
per_channel = Kind("a list of numbers, one for each channel", _many(number))
deviations = Kind("a list of numbers above 0, one for each channel", _many(positive))
scales = Kind("a range of numbers above 0 (`0.08..1.0`)", _between(positive))
size_or_sizes = Kind("a whole number >= 1 or a range of them (`256..480`)", _size)
side_or_sides = Kind("a whole number >= 1, or height and width (`192x256`)", _sides)
angles = Kind("a number of degrees >= 0 or a range (`-10..30`)", _angles(float("inf")))
angles_below_90 = Kind("a number of degrees from 0 to below 90, or a range", _angles(90.0))
plain_name = Kind(
    "a name of letters, digits, `_` and `-`, whose path `--data NAME=PATH` gives", _plain
)

open_share = Kind("a number between 0 and 1", _number(lambda value: 0.0 < value < 1.0))
labels = Kind('a list of labels (`["layer1", "fc"]`)', _many(text))
label_pairs = Kind(
    'a list of pairs of labels (`[("body", "backbone")]`)', _many(Kind("", _pair(text, text)))
)
factors = Kind(
    'a list of labels and numbers (`[("fc", 10)]`)', _many(Kind("", _pair(text, positive)))
)

half = Kind("a number from 0 to 0.5", _number(lambda value: 0.0 <= value <= 0.5))
odd = Kind("an odd whole number >= 1", _odd)
triple = Kind("a list of three numbers", _many(number, 3))
triples = Kind("three lists of three numbers", _many(triple, 3))
fill = Kind("a number, a list of one for each channel, or `random`", _fill, ("random",))
