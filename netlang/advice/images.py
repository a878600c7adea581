"""Fixes for convolutions written as in PyTorch and images written as in NumPy."""

from __future__ import annotations

from netlang.advice.batch import number_of
from netlang.advice.edits import enclosing, replaced
from netlang.advice.pictures import OPAQUE, SMALLEST
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["channels_first", "channels_moved", "in_order"]


def in_order(file: ast.File, step: Span, channels: int, kernel: int | None = None) -> Fix | None:
    """For `conv(3, 64, 3)` on 3 channels, PyTorch's order: drops the number of input channels.

    `kernel` is the kernel size if it is known, else the written number.
    """
    call = enclosing(file, step, ast.Apply)
    numbers = call.arguments[:3] if call and call.arguments and "conv" in call.name else ()
    if call is None or len(numbers) < 3 or any(each.name for each in numbers):
        return None
    first, second, stride = (each.span for each in numbers)
    # The kernel may be a name, as of a width.
    if kernel is None and second.text.isdecimal():
        kernel = int(second.text)
    if kernel is None or not first.text.isdecimal() or not stride.text.isdecimal():
        return None
    if channels != int(first.text) or kernel <= int(stride.text):
        return None
    text, start = call.span.text, call.span.start
    instead = " ".join((text[: first.start - start] + text[second.start - start :]).split())
    edit = Edit(Span(first.source, first.start, second.start), "")
    return Fix(f"the input's channels aren't written, as in PyTorch: write `{instead}`", (edit,))


def channels_moved(file: ast.File, step: Span) -> Fix | None:
    """Moves the channels of the net's input first, if they seem to be last."""
    net = enclosing(file, step, ast.NetDef)
    for each in net.body.statements if net is not None else ():
        if isinstance(each, ast.Input) and each.type is not None:
            sizes = each.type.sizes
            if _is_channels_last(sizes):
                return channels_first(sizes)
    return None


def _is_channels_last(sizes: tuple[ast.SizeDecl, ...]) -> bool:
    """Whether sizes look like a square picture with channels last: `[224, 224, 3]`."""
    if len(sizes) != 3:
        return False
    height, width, channels = map(number_of, sizes)
    return channels in OPAQUE and height == width and height is not None and height >= SMALLEST


def channels_first(sizes: tuple[ast.SizeDecl, ...]) -> Fix:
    """Moves the last size to the front."""
    *places, channels = (size.span.text for size in sizes)
    instead = ", ".join((channels, *places))
    span = sizes[0].span.to(sizes[-1].span)
    return replaced(span, instead, f"channels come first: write `[{instead}]`")
