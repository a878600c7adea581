"""Windows written in steps, as vision transformers have them: an image cut up, and put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.campaigns.fields.steps import Shape, step_of
from tests.campaigns.generator.draw import Draw

__all__ = ["OF_A_WINDOW", "in_windows"]

# The axis of the places of a window.
OF_A_WINDOW = -2

# A step, the shape that it makes, and how many times it is given the value.
Windowed = tuple[str, Shape, int]
# An operator, how many times it is given the value, and its arguments.
Asked = tuple[str, int, dict[str, object]]


def in_windows(draw: Draw, x: Shape) -> list[Windowed] | None:
    """What is between the places of each window, or of each grid; perhaps of a rolled image.

    Rows and columns that fill no window are left out.
    """
    if len(x) != 3:
        return None
    width = draw.whole(2, min(5, *x[1:])) if min(x[1:]) > 2 else 0
    if not width:
        return None
    shift = draw.pick([0, draw.whole(1, width)])
    steps = _Steps(x)
    for axis in (1, 2):
        if steps.shape[axis] % width:
            steps.take("slice", start=0, stop=steps.shape[axis] // width * width, axis=axis)
    steps.take("transpose", axes=(1, 2, 0))
    if shift:
        steps.take("roll", shift=(-shift, -shift), axes=(0, 1))
    _cut(steps, width, grid=draw.chance(0.4), inside=list(_looking(draw)))
    if shift and draw.chance(0.7):
        steps.take("roll", shift=(shift, shift), axes=(0, 1))
    steps.take("transpose", axes=(2, 0, 1))
    return None if steps.refused else steps.found


class _Steps:
    """Steps one after another."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.found: list[Windowed] = []
        self.refused = False

    def take(self, name: str, times: int = 1, **arguments: object) -> None:
        made = step_of(name, (self.shape,) * times, arguments, small=True)
        if made is None:
            self.refused = True
        else:
            self.found.append((*made, times))
            self.shape = made[1]


def _cut(steps: _Steps, width: int, *, grid: bool, inside: Sequence[Asked]) -> None:
    """The image in windows of `width` x `width` places, or in as many grids, and put together."""
    height, length, channels = steps.shape
    rows, columns = height // width, length // width
    cut = (width, rows, width, columns) if grid else (rows, width, columns, width)
    there = (1, 3, 0, 2, 4) if grid else (0, 2, 1, 3, 4)
    back = (2, 0, 3, 1, 4) if grid else (0, 2, 1, 3, 4)
    steps.take("reshape", shape=(*cut, channels))
    steps.take("transpose", axes=there)
    steps.take("reshape", shape=(rows * columns, width * width, channels))
    for name, times, arguments in inside:
        steps.take(name, times, **arguments)
    channels = steps.shape[-1]
    steps.take("reshape", shape=(rows, columns, width, width, channels))
    steps.take("transpose", axes=back)
    steps.take("reshape", shape=(height, length, channels))


def _looking(draw: Draw) -> Iterator[Asked]:
    """Steps within a window: an attention, a norm of its places, or nothing.

    A norm of part of an axis counts as a window, so it is written as no other norm is.
    """
    kind = draw.pick(["attention", "attention", "softmax", "nothing"])
    if kind == "attention":
        yield "attention", 3, {"heads": 1}
    elif kind == "softmax":
        yield "softmax", 1, {"axis": OF_A_WINDOW}
    if draw.chance(0.5):
        yield "linear", 1, {"out": draw.whole(1, 4)}
