"""Inputs with the batch among their sizes, as in PyTorch's shapes; here it isn't written."""

from __future__ import annotations

from netlang.advice.pictures import OPAQUE, SMALLEST
from netlang.diagnostics.diagnostic import Fix
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["is_batch", "is_batch_of_pictures", "number_of", "other_sizes", "without_batch"]

_NAMES = frozenset(("b", "bs", "n", "batch", "batchsize", "batch_size"))


def is_batch(size: ast.SizeDecl) -> bool:
    """Whether a size has a name that people give to the batch."""
    return size.name is not None and size.name.lower() in _NAMES


def is_batch_of_pictures(sizes: tuple[ast.SizeDecl, ...]) -> bool:
    """Whether sizes look like a batch of square pictures: `[8, 3, 224, 224]`."""
    if len(sizes) != 4:
        return False
    first, second, height, width = map(number_of, sizes)
    if second not in OPAQUE or height is None or height != width or height < SMALLEST:
        return False
    # `[3, 3, 224, 224]` may well be three pictures in colour, one after the other.
    return is_batch(sizes[0]) or (first is not None and first != 3)


def number_of(size: ast.SizeDecl) -> int | None:
    """The size as a number, if it is written as one or as the default of a symbol."""
    value = size.default.value if isinstance(size.default, ast.Number) else None
    return value if isinstance(value, int) else None


def other_sizes(sizes: tuple[ast.SizeDecl, ...]) -> str:
    """The text of the shape without its first size."""
    return f"[{', '.join(size.span.text for size in sizes[1:])}]"


def without_batch(sizes: tuple[ast.SizeDecl, ...]) -> Fix:
    """Removes the first size."""
    from netlang.advice.edits import replaced  # only here: an error

    first, second = sizes[0].span, sizes[1].span
    advice = f"leave the batch out: `{other_sizes(sizes)}`"
    return replaced(Span(first.source, first.start, second.start), "", advice)
