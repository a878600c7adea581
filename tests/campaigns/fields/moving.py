"""Steps of random nets that move, choose, sum and repeat elements, for a shape: see `steps`."""

from __future__ import annotations

from tests.campaigns.fields.steps import Made, Maker, Shape, step_of
from tests.campaigns.generator.draw import Draw

__all__ = ["MOVING", "formula_of_two", "reduced"]

# Functions of one element, with their arguments.
_ELEMENTWISE: tuple[tuple[str, dict[str, object]], ...] = (
    ("exp", {}), ("log", {}), ("sin", {}), ("cos", {}), ("sqrt", {}), ("rsqrt", {}), ("abs", {}),
    ("neg", {}), ("round", {}), ("pow", {"exponent": 2.0}), ("clamp", {"min": 0.1}),
    ("scale", {"by": 0.5, "offset": 1.0}), ("prelu", {}), ("frozen_batch_norm", {}),
)  # fmt: skip
LETTERS = "cdefg"


def _elementwise(draw: Draw, x: Shape) -> Made:
    name, arguments = draw.pick(_ELEMENTWISE)
    return step_of(name, (x,), arguments)


def _some_axes(draw: Draw, x: Shape) -> tuple[int, ...]:
    return tuple(sorted(draw.shuffled(range(len(x)))[: draw.whole(1, len(x))]))


def _roll(draw: Draw, x: Shape) -> Made:
    axes = _some_axes(draw, x)
    return step_of("roll", (x,), {"shift": tuple(draw.whole(-4, 4) for _ in axes), "axes": axes})


def _gather(draw: Draw, x: Shape) -> Made:
    """Mostly places at equal distances; any others; seldom one, of which little is known."""
    axis = draw.whole(0, len(x) - 1)
    size = x[axis]
    if draw.chance(0.8):
        places = tuple(range(draw.whole(0, size // 3), size, draw.whole(1, 2)))
        return step_of("gather", (x,), {"at": places, "axis": axis})
    if draw.chance(0.2) and len(x) > 1:
        return step_of("gather", (x,), {"at": draw.whole(-size, size - 1), "axis": axis})
    any_places = tuple(draw.whole(-size, size - 1) for _ in range(size))
    return step_of("gather", (x,), {"at": any_places, "axis": axis})


def _cumsum(draw: Draw, x: Shape) -> Made:
    return step_of("cumsum", (x,), {"axis": draw.whole(0, len(x) - 1)})


def reduced(draw: Draw, x: Shape, *, keep: bool) -> Made:
    """A mean, sum, maximum or minimum along some axes."""
    axes = _some_axes(draw, x)
    if len(axes) == len(x):
        axes = axes[:-1]
    if not axes:
        return None
    name = draw.pick(["mean", "sum", "amax", "amin"])
    return step_of(name, (x,), {"axes": axes, "keep": keep}, small=keep)


def _reduce(draw: Draw, x: Shape) -> Made:
    return reduced(draw, x, keep=False)


def _expand(draw: Draw, x: Shape) -> Made:
    """A new axis of size 1, and that repeated."""
    if len(x) > 3:
        return None
    place, times = draw.whole(1, len(x)), draw.whole(2, 3)
    opened = step_of("reshape", (x,), {"shape": (*x[:place], 1, *x[place:])})
    wide = (*x[:place], times, *x[place:])
    made = opened and step_of("expand", (opened[1],), {"shape": wide})
    return (f"{{ {opened[0]} -> {made[0]} }}", made[1]) if opened and made else None


def _unshuffle(draw: Draw, x: Shape) -> Made:
    return step_of("pixel_unshuffle", (x,), {"factor": draw.whole(2, 3)})


def _einsum(draw: Draw, x: Shape) -> Made:
    """Axes turned, some of them summed."""
    letters = LETTERS[: len(x)]
    made = "".join(draw.shuffled(letters)[draw.pick([0, 0, 1]) :])
    return step_of("einsum", (x,), {"formula": f"{letters}->{made}"}) if made else None


def formula_of_two(draw: Draw, x: Shape) -> str:
    """Of a value with itself: one axis told apart, or none, another one summed."""
    first = LETTERS[: len(x)]
    apart, summed = draw.shuffled(range(len(x)))[:2]
    second = f"{first[:apart]}k{first[apart + 1 :]}"
    kept = first.replace(first[summed], "")
    return f"{first},{second}->{kept.replace(first[apart], first[apart] + 'k')}"


def _rms_norm(draw: Draw, x: Shape) -> Made:
    return step_of("rms_norm", (x,), {"axes": _some_axes(draw, x)}) if min(x) >= 3 else None


def _log_softmax(draw: Draw, x: Shape) -> Made:
    if min(x) < 3:
        return None
    return step_of("log_softmax", (x,), {"axis": draw.whole(0, len(x) - 1)})


def _folded(draw: Draw, x: Shape) -> Made:
    """Windows laid out, seldom, since which of them is read isn't followed; perhaps added again."""
    if len(x) != 3 or draw.chance(0.8):
        return None
    windows: dict[str, object] = {"kernel": draw.whole(1, 3), "stride": draw.whole(1, 2)}
    laid = step_of("unfold", (x,), windows, small=True)
    if laid is None or draw.chance(0.4):
        return laid
    added = step_of("fold", (laid[1],), {"size": x[1:], **windows})
    return added and (f"{{ {laid[0]} -> {added[0]} }}", added[1])


MOVING: tuple[Maker, ...] = (
    _elementwise, _roll, _roll, _gather, _cumsum, _reduce, _expand, _unshuffle, _einsum, _rms_norm,
    _log_softmax, _folded,
)  # fmt: skip
