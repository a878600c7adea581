"""A random box of one image, as the lines that place it."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

__all__ = ["drawn_box", "pair"]


def drawn_box(
    drawn: str, size: tuple[str, str], scale: object, ratio: object, *, within: bool = False
) -> Iterator[str]:
    """The lines that place a box of `h` rows and `w` columns in `image`, beginning at `top, left`.

    They are `random_resized_crop` of the runtime for one image. `drawn` gives the numbers, `size`
    the height and width of the image or, if `within`, of its part that begins at `top, left`;
    `scale` and `ratio` are bounds.
    """
    (height, width), (least, most), (low, high) = size, _floats(scale), _floats(ratio)
    corner = "down, across" if within else "top, left"
    yield f"    u, height, width = {drawn}[0].numpy(), {height}, {width}"
    yield f"    area = height * width * ({least} + {most - least} * u[:10])"
    yield f"    shape = np.exp({log(low)} + {log(high) - log(low)} * u[10:20])  # w / h"
    yield "    tall, wide = np.rint(np.sqrt([area / shape, area * shape])).astype(int)"
    highest, widest = f"min(height, round(width / {low}))", f"min(width, round(height * {high}))"
    # Of a single row or column some ratios leave nothing.
    some = low < 2.0 and high > 0.5
    yield f"    h, w = {highest}, {widest}" if some else f"    h = max(1, {highest})"
    yield from () if some else (f"    w = max(1, {widest})",)
    yield f"    {corner} = (height - h) // 2, (width - w) // 2  # the middle, if no box fits"
    fits = "(tall > 0) & (tall <= height) & (wide > 0) & (wide <= width)"
    yield f"    if len(fits := np.flatnonzero({fits})):"
    yield "        h, w = tall[fits[0]], wide[fits[0]]"
    yield f"        {corner} = int(u[20] * (height - h + 1)), int(u[21] * (width - w + 1))"
    if within:
        yield "    top, left = top + down, left + across"


def _floats(value: object) -> tuple[float, float]:
    first, second = pair(value)
    return float(first), float(second)


def pair(value: object) -> tuple[int, int]:
    """The two numbers of a setting."""
    assert isinstance(value, tuple)
    height, width = value
    return height, width
