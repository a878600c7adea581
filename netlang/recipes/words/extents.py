"""Sizes of images, as far as they are known before one is read."""

from __future__ import annotations

from typing import TypeAlias, final

from netlang.records import Record

__all__ = ["Extent", "Frame", "exactly", "shorter_side", "shown_frame"]


@final
class Extent(Record):
    """A side of an image in pixels: at least `low`, at most `high`; None if unknown."""

    low: int | None = None
    high: int | None = None

    @property
    def exact(self) -> int | None:
        """The length, if only one is possible."""
        return self.low if self.low == self.high else None

    def __str__(self) -> str:
        if self.exact is not None:
            return str(self.exact)
        if self.low is None:
            return "?"
        return f"{self.low} or more" if self.high is None else f"{self.low}..{self.high}"


# Height and width.
Frame: TypeAlias = tuple[Extent, Extent]


def exactly(height: int, width: int) -> Frame:
    """The frame of images that all have one size."""
    return Extent(height, height), Extent(width, width)


def shorter_side(before: Frame, low: int, high: int) -> Frame:
    """The frame of images whose shorter side was resized to `low` to `high` pixels."""
    height, width = (side.exact for side in before)
    if height is None or width is None:
        return Extent(low), Extent(low)
    shorter = min(height, width)
    first, second = (
        Extent(int(low * side / shorter), int(high * side / shorter)) for side in (height, width)
    )
    return first, second


def shown_frame(frame: Frame) -> str:
    """A frame for a message: `32x48`, `any`, `sides of 256 or more`."""
    height, width = frame
    if height.exact is not None and width.exact is not None:
        return f"{height}x{width}"
    if height != width:
        return f"{height} by {width}"
    return "any size" if height.low is None else f"sides of {height}"
