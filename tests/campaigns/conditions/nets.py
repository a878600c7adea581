"""Random nets of 1 to 6 halvings with joins, crops and asserts, and the sizes at which they run.

The sizes are worked out beside the text, for all of 1 to 512 at once, by the formulas of PyTorch's
documentation; `test_conditions` tries some of the nets in PyTorch itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "Net", "drawn"]

LARGEST = 512
Sizes = NDArray[np.int64]
Grid = NDArray[np.bool_]

# Kernel, stride and padding of one axis.
HALVES = ((3, 2, 1), (3, 2, 0), (2, 2, 0), (1, 2, 0), (4, 2, 1), (5, 2, 2), (7, 2, 3), (5, 2, 0))
KEEPS = ((3, 1, 1), (3, 1, 0), (5, 1, 2), (2, 1, 0))
DOUBLES = ((2, 2, 0), (4, 2, 1), (3, 2, 1), (3, 2, 0), (5, 2, 2))


@dataclass(frozen=True)
class Net:
    """A net's text, and whether it runs at [H - 1, W - 1], for sizes from 1 to `LARGEST`.

    `together` says whether it also asks something of both axes at once.
    """

    text: str
    runs: Grid
    together: bool = False


@dataclass
class _Value:
    """What a label holds: its name and, for all input sizes, the size of each axis."""

    name: str
    sides: tuple[Sizes, Sizes]


class _Drawing:
    """A net while it is drawn."""

    def __init__(self, generator: random.Random) -> None:
        self.random = generator
        self.lines: list[str] = []
        sizes = np.arange(1, LARGEST + 1)
        self.runs: Grid = np.ones((LARGEST, LARGEST), bool)
        self.at = _Value("image", (sizes, sizes))
        self.levels = [self.at]
        self.square = generator.random() < 0.6

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def demand(self, rows: Grid, columns: Grid) -> None:
        """Lets the net run only where both hold, each for the sizes of one axis."""
        self.runs &= rows[:, None] & columns[None, :]

    def step(self, text: str, sides: tuple[Sizes, Sizes]) -> None:
        """One more step, which gives values of the size told; some empty where it can't run."""
        self.demand(sides[0] >= 1, sides[1] >= 1)
        name = f"v{len(self.lines)}"
        self.lines.append(f"{self.at.name} -> {name}: {text}")
        self.at = _Value(name, sides)

    def windows(self, kinds: tuple[tuple[int, int, int], ...], word: str = "conv") -> None:
        """A convolution with the windows of one kind, or of one for each axis."""
        first = self.random.choice(kinds)
        second = first if self.square else self.random.choice(kinds)
        told = [f"{a}x{b}" for a, b in zip(first, second, strict=True)]
        text = f"{word}(2, {told[0]}, stride={told[1]}, pad={told[2]})"
        change = _slid if word == "conv" else _spread
        rows, columns = self.at.sides
        self.step(text, (change(rows, *first), change(columns, *second)))

    def crop(self, wider: _Value, inner: _Value) -> _Value:
        """The wider value cut to the size of the inner one."""
        offset = self.random.choice((0, 0, 0, 1, 5))
        told = f", offset={offset}" if offset else ""
        kept, self.at = self.at, wider
        sides = zip(wider.sides, inner.sides, strict=True)
        self.demand(*(wide >= side + offset for wide, side in sides))
        self.step(f"crop({inner.name}.shape[1:]{told})", inner.sides)
        cut, self.at = self.at, kept
        return cut

    def join(self, other: _Value) -> None:
        """Adds a value that must be of the same size, or is cut to it."""
        if self.likely(0.2):
            other = self.crop(other, self.at)
        elif self.likely(0.1):
            self.at = self.crop(self.at, other)
        both = zip(self.at.sides, other.sides, strict=True)
        self.demand(*(one == two for one, two in both))
        name = f"v{len(self.lines)}"
        self.lines.append(f"({self.at.name}, {other.name}) -> {name}: add")
        self.at = _Value(name, self.at.sides)

    def require(self, condition: str, holds: Grid) -> None:
        self.runs &= holds
        self.lines.append(f"assert {condition}")


def drawn(number: int) -> Net:
    """The net of a number."""
    drawing = _Drawing(random.Random(number))
    for _ in range(drawing.random.randint(1, 6)):
        if drawing.likely(0.3):
            drawing.windows(KEEPS)
        drawing.windows(HALVES[:3] if drawing.likely(0.7) else HALVES)
        drawing.levels.append(drawing.at)
    _up(drawing)
    kinds = (_square, _areas, _patches, _relation, _remainder)
    chosen = drawing.random.sample(kinds, drawing.random.choice((0, 0, 0, 0, 0, 1, 1, 2)))
    for together in chosen:
        together(drawing)
    return Net(_text(drawing), drawing.runs, bool(chosen))


def _up(drawing: _Drawing) -> None:
    """Doublings, each joined to the level that it may have come back to."""
    for level in reversed(drawing.levels[:-1]):
        if drawing.likely(0.1):
            return
        if drawing.likely(0.6):
            drawing.step("upsample(2)", (drawing.at.sides[0] * 2, drawing.at.sides[1] * 2))
        else:
            drawing.windows(DOUBLES[:2] if drawing.likely(0.7) else DOUBLES, "conv_transpose")
        if drawing.likely(0.5):
            drawing.join(level)


def _square(drawing: _Drawing) -> None:
    """A level beside itself with its axes exchanged."""
    level = drawing.random.choice(drawing.levels[1:])
    rows, columns = level.sides
    drawing.lines.append(f"{level.name} -> turned: transpose([0, 2, 1])")
    drawing.lines.append(f"output both: {{ ({level.name}, turned) -> add }}")
    drawing.runs &= rows[:, None] == columns[None, :]


def _areas(drawing: _Drawing) -> None:
    """Norms over all places, which must be more than one."""
    for level in drawing.levels[1:]:
        rows, columns = level.sides
        drawing.lines.append(f"output norm_{level.name}: {{ {level.name} -> instance_norm }}")
        drawing.runs &= rows[:, None] * columns[None, :] >= 2


def _patches(drawing: _Drawing) -> None:
    """A level cut into patches of two by two, or of three by one."""
    level = drawing.random.choice(drawing.levels[1:])
    (rows, columns), (a, b) = level.sides, drawing.random.choice(((2, 2), (3, 1), (4, 2)))
    shape = f"[{2 * a * b}, {level.name}.height // {a}, {level.name}.width // {b}]"
    drawing.lines.append(f"output patches: {{ {level.name} -> reshape({shape}) }}")
    drawing.demand((rows % a == 0) & (rows >= a), (columns % b == 0) & (columns >= b))


def _relation(drawing: _Drawing) -> None:
    """What one axis must be by the other."""
    rows, columns = (
        side[:, None] if axis == 0 else side[None, :]
        for axis, side in enumerate(drawing.levels[0].sides)
    )
    conditions = {
        "image.height == image.width": rows == columns,
        "image.width == 2 * image.height": columns == 2 * rows,
        "image.height >= image.width": rows >= columns,
        "image.height + image.width >= 20": rows + columns >= 20,
        "image.width == image.height - 3": columns == rows - 3,
        "image.height // 2 == image.width // 2": rows // 2 == columns // 2,
    }
    text = drawing.random.choice(list(conditions))
    drawing.require(text, conditions[text])


def _remainder(drawing: _Drawing) -> None:
    """What the height, the area or the sum of the axes leaves when it is divided."""
    modulus = drawing.random.choice((2, 3, 4, 5, 6, 8, 12))
    rest = drawing.random.choice((0, 0, 1))
    rows, columns = (
        side[:, None] if axis == 0 else side[None, :]
        for axis, side in enumerate(drawing.levels[0].sides)
    )
    values = {
        "image.height": rows + 0 * columns,
        "image.height * image.width": rows * columns,
        "(image.height + image.width)": rows + columns,
    }
    text = drawing.random.choice(list(values))
    drawing.require(f"{text} % {modulus} == {rest}", values[text] % modulus == rest)


def _slid(size: Sizes, kernel: int, stride: int, pad: int) -> Sizes:
    return (size + 2 * pad - kernel) // stride + 1


def _spread(size: Sizes, kernel: int, stride: int, pad: int) -> Sizes:
    return (size - 1) * stride - 2 * pad + kernel


def _text(drawing: _Drawing) -> str:
    """The net, with default sizes at which it runs, if there are any; it ends in its last step."""
    places = np.argwhere(drawing.runs)
    height, width = places[len(places) // 2] + 1 if len(places) else (1, 1)
    end = f"output end: {drawing.at.name}"
    body = "\n".join(f"    {line}" for line in (*drawing.lines, end))
    return f"net n {{\n    input image: [2, H={height}, W={width}]\n{body}\n}}\n"
