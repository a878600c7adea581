"""Arithmetic of sizes that keeps the origin of their numbers.

Plain arithmetic forgets where a `Traced` number came from. An operator whose output size is a sum
or a product of sizes (`concat`, `flatten`), or a part of one (`slice`), uses these functions, so
that a backend can express later sizes in terms of the block's parameters.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.dims import Dim, floor_div
from netlang.ir.numbers.provenance import CallOrigin, Traced, combined, origin_of, with_origin
from netlang.ir.reach import TransposedWindow, Window

__all__ = [
    "traced_ceil_div", "traced_difference", "traced_enlarged", "traced_floor_div",
    "traced_product", "traced_remainder", "traced_steps", "traced_sum", "traced_windows",
]  # fmt: skip


def traced_sum(sizes: Iterable[Dim]) -> Dim:
    """The sum of `sizes`, traced if all are numbers and any of them is traced."""
    total: Dim = 0
    for size in sizes:
        below = isinstance(size, int) and size < 0 and not isinstance(size, Traced)
        total = traced_difference(total, -size) if below else _join("+", total, size, neutral=0)
    return total


def traced_product(sizes: Iterable[Dim]) -> Dim:
    """The product of `sizes`, traced if all are numbers and any of them is traced."""
    total: Dim = 1
    for size in sizes:
        total = _join("*", total, size, neutral=1)
    return total


def _join(operator: str, left: Dim, right: Dim, neutral: int) -> Dim:
    if left == neutral and not isinstance(left, Traced):
        return right
    if right == neutral and not isinstance(right, Traced):
        return left
    return _made(operator, left, right, left + right if operator == "+" else left * right)


def traced_difference(left: Dim, right: Dim) -> Dim:
    """``left - right``, traced if both are numbers and one is traced."""
    if right == 0 and not isinstance(right, Traced):
        return left
    return _made("-", left, right, left - right)


def traced_floor_div(size: Dim, divisor: int) -> Dim:
    """``size // divisor``, traced if `size` is a number and one of them is traced."""
    if divisor == 1 and not isinstance(divisor, Traced):
        return size
    return _made("//", size, divisor, floor_div(size, divisor))


def traced_ceil_div(size: Dim, divisor: int) -> Dim:
    """``ceil(size / divisor)``, traced if `size` is a number and one of them is traced."""
    if divisor == 1 and not isinstance(divisor, Traced):
        return size
    return traced_floor_div(traced_sum((size, traced_difference(divisor, 1))), divisor)


def traced_remainder(size: int, divisor: int) -> Dim:
    """``size % divisor``, traced if one of them is."""
    return _made("%", size, divisor, size % divisor)


def traced_windows(size: Dim, window: Window, *, ceil: bool = False) -> Dim:
    """The number of windows along an axis of `size`, ``(size + 2 pad - reach - 1)//stride + 1``.

    Reach is dilation (kernel - 1), pad what the window has before it. `ceil` rounds up as PyTorch's
    pools do: see `ceil_padding`.
    """
    reach = traced_product((window.dilation, traced_difference(window.kernel, 1)))
    padded = traced_sum((size, traced_product((2, window.before))))
    room = traced_difference(padded, reach)
    if ceil:
        spare = traced_difference(reach, window.before)
        room = traced_sum((room, _smaller(traced_difference(window.stride, 1), spare)))
    return traced_steps(room, window.stride)


def traced_steps(room: Dim, stride: int) -> Dim:
    """The number of steps that start in `room`, ``(room - 1)//stride + 1``."""
    if isinstance(stride, Traced):
        return traced_sum((traced_floor_div(traced_difference(room, 1), stride), 1))
    return traced_floor_div(traced_sum((room, stride - 1)), stride)


def traced_enlarged(size: Dim, window: TransposedWindow, more: int = 0) -> Dim:
    """What windows that step through the output make of an axis.

    This is ``(size - 1) stride + dilation (kernel - 1) + 1 + more - 2 pad``.
    """
    stride = window.stride
    reach = traced_product((window.dilation, traced_difference(window.kernel, 1)))
    if reach == stride - 1 and not any(isinstance(each, Traced) for each in (reach, stride)):
        whole = traced_product((size, stride))  # as of windows side by side
    else:
        steps = traced_product((traced_difference(size, 1), stride))
        whole = traced_sum((steps, traced_sum((reach, 1))))
    return traced_difference(traced_sum((whole, more)), traced_product((2, window.before)))


def _smaller(one: Dim, other: Dim) -> Dim:
    """The smaller one of two numbers."""
    assert isinstance(one, int)
    assert isinstance(other, int)
    sides = tuple(origin_of(each) or int(each) for each in (one, other))
    found = min(one, other)
    if all(isinstance(side, int) for side in sides):
        return found
    made = with_origin(int(found), CallOrigin("min", sides))
    assert isinstance(made, int)
    return made


def _made(operator: str, left: Dim, right: Dim, value: Dim) -> Dim:
    """The value of an operator, traced if all are numbers and an operand is traced."""
    if type(left) is not Traced and type(right) is not Traced:
        return value
    if not isinstance(left, int) or not isinstance(right, int) or not isinstance(value, int):
        return value
    found = combined(operator, left, right, value)
    assert isinstance(found, int)
    return found
