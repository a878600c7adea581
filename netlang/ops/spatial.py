"""Windows that slide over spatial axes: arguments per axis, padding, output sizes.

An operator's field holds what was written (``3`` or ``3x5``). Everything that depends on the number
of spatial axes is computed here, for operators and backends alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, evaluate, floor_div, grows, symbols_of
from netlang.ir.numbers.provenance import Traced
from netlang.ir.op import Op, Rejection
from netlang.ir.reach import Window
from netlang.ops.tracing import traced_steps, traced_windows
from netlang.records import Record

__all__ = [
    "Padding",
    "Sizes",
    "AxisWindows",
    "WrittenWindow",
    "at_least",
    "axis_name",
    "extents",
    "fits",
    "pad_available",
    "padding",
    "per_axis",
    "product",
    "size_given",
    "slide",
    "windows_of",
    "with_origins",
]

Sizes: TypeAlias = int | tuple[int, ...]
# Elements added before and after an axis.
Padding: TypeAlias = tuple[int, int]

_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def axis_name(rank: int, axis: int) -> str:
    """The name of spatial axis `axis` (from 0) of `rank`."""
    return _AXES[rank][axis]


def per_axis(value: Sizes, rank: int, argument: str | None = None) -> tuple[int, ...]:
    """`value` for each of `rank` spatial axes; `argument` names it in messages."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        advice = "give one number for all axes, or one for each of them"
        raise _not_per_axis(rank, argument, "x".join(map(str, value)), advice)
    return value


def size_given(size: Sequence[Dim], rank: int) -> tuple[Dim, ...]:
    """The argument `size`: one for each of `rank` spatial axes."""
    if len(size) != rank:
        advice = "give one size for each spatial axis: those of a value `x` are `x.shape[1:]`"
        raise _not_per_axis(rank, "size", f"[{', '.join(map(str, size))}]", advice)
    return tuple(size)


def _not_per_axis(rank: int, argument: str | None, value: str, advice: str) -> Rejection:
    from netlang.diagnostics.language.shapes import SizesPerAxis

    expected = f"{rank} spatial {'axis' if rank == 1 else 'axes'}"
    return Rejection(
        SizesPerAxis, argument=argument, name=argument or "size", value=value, expected=expected,
        advice=advice,
    )  # fmt: skip


def product(sizes: Sequence[Dim]) -> Dim:
    """The product of sizes."""
    total: Dim = 1
    for size in sizes:
        total = total * size
    return total


def extents(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """How many input elements a dilated kernel spans: d(k - 1) + 1."""
    return tuple([d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)])


def padding(pad: Sizes | str, extent: Sequence[int]) -> tuple[Padding, ...]:
    """Elements added before and after each axis.

    `same` adds as many as the kernel takes away at stride 1, the odd one at the end (as in
    PyTorch); with stride s, the output has ceil(size / s).
    """
    if isinstance(pad, str):
        return tuple([((e - 1) // 2, e // 2) for e in extent])
    return tuple([(p, p) for p in per_axis(pad, len(extent), "pad")])


class WrittenWindow(Record, gc=False):
    """The arguments of a window as they are written, their numbers with their origins."""

    kernel: Sizes
    stride: Sizes
    pad: Sizes | str
    dilation: Sizes
    ceil: bool = False


class AxisWindows(Record, gc=False):
    """The windows of an operator, axis by axis: `extent` is how much each spans."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pads: tuple[Padding, ...]
    extent: tuple[int, ...]
    rules: tuple[Window, ...]


@lru_cache(maxsize=4096)
def windows_of(
    kernel: Sizes, stride: Sizes, pad: Sizes | str, dilation: Sizes, rank: int
) -> AxisWindows:
    """Windows over `rank` spatial axes; cached, since most layers of a net have the same few.

    Their numbers are plain ones: equal arguments may have other origins.
    """
    taps = tuple(map(int, per_axis(kernel, rank, "kernel")))
    spacing = tuple(map(int, per_axis(dilation, rank, "dilation")))
    extent = extents(taps, spacing)
    pads = padding(pad, extent)
    step = tuple(map(int, per_axis(stride, rank, "stride")))
    before = (first for first, _ in pads)
    return AxisWindows(taps, step, pads, extent, tuple(map(Window, taps, step, before, spacing)))


def at_least(left: Dim, right: int, reason: str) -> tuple[Constraint, ...]:
    """``left >= right`` with its constant on the right; nothing if all sizes meet it."""
    if not isinstance(left, Expr) or _always(left, right):
        return ()
    constant = left.constant
    return (Constraint(left - constant, Relation.AT_LEAST, right - constant, reason),)


@lru_cache(maxsize=4096)
def _always(left: Expr, right: int) -> bool:
    """Whether ``left >= right`` for all sizes; cached, since layers ask about the same ones."""
    return grows(left) and _smallest(left) >= right


def _smallest(dim: Expr) -> int:
    """The value of `dim` when every size is 1."""
    return evaluate(dim, dict.fromkeys(symbols_of(dim), 1))


def fits(
    op: Op, spatial: Sequence[Dim], pads: Sequence[Padding], extent: Sequence[int]
) -> tuple[Constraint, ...]:
    """The condition that every window fits into its padded axis at least once."""
    found: tuple[Constraint, ...] = ()
    for axis, (size, (before, after), window) in enumerate(zip(spatial, pads, extent, strict=True)):
        padded = size + (before + after)
        if _always(padded, window) if isinstance(padded, Expr) else padded >= window:
            continue
        where = axis_name(len(spatial), axis)
        if isinstance(padded, int):
            from netlang.diagnostics.language.shapes import KernelTooLarge

            raise Rejection(
                KernelTooLarge,
                argument="kernel",
                operator=op.name,
                axis=where,
                extent=window,
                padded=padded,
            )
        found += at_least(
            padded, window, f"the kernel of `{op.name}` spans {window} of the {where}"
        )
    return found


def slide(
    spatial: Sequence[Dim],
    pads: Sequence[Padding],
    extent: Sequence[int],
    stride: Sequence[int],
) -> tuple[Dim, ...]:
    """The number of windows: floor((size + padding - extent) / stride) + 1."""
    return tuple(
        [
            _windows(size, before + after - window, step)
            for size, (before, after), window, step in zip(
                spatial, pads, extent, stride, strict=True
            )
        ]
    )


def with_origins(
    counts: tuple[Dim, ...], spatial: Sequence[Dim], written: WrittenWindow
) -> tuple[Dim, ...]:
    """The numbers of windows along the axes, each with its origin if a number in it has one."""
    rank, pad = len(spatial), written.pad
    kernel, stride = per_axis(written.kernel, rank), per_axis(written.stride, rank)
    dilation = per_axis(written.dilation, rank)
    pads = () if isinstance(pad, str) else per_axis(pad, rank)
    if Traced not in map(type, (*spatial, *kernel, *stride, *pads, *dilation)):
        return counts
    if isinstance(pad, str):  # `same`: the padding makes up for what the window takes away
        return tuple(
            traced_steps(size, step) if isinstance(count, int) else count
            for count, size, step in zip(counts, spatial, stride, strict=True)
        )
    windows = map(Window, kernel, stride, pads, dilation)
    return tuple(
        traced_windows(size, window, ceil=written.ceil) if isinstance(count, int) else count
        for count, size, window in zip(counts, spatial, windows, strict=True)
    )


def _windows(size: Dim, more: int, step: int) -> Dim:
    """``(size + more) // step + 1``; layer after layer asks about the same formulas."""
    return (size + more) // step + 1 if isinstance(size, int) else _of_formula(size, more, step)


@lru_cache(maxsize=4096)
def _of_formula(size: Expr, more: int, step: int) -> Dim:
    return floor_div(size + more, step) + 1


def pad_available(
    op: Op, mode: str, spatial: Sequence[Dim], pads: Sequence[Padding], argument: str = "pad"
) -> tuple[Constraint, ...]:
    """Reflection reaches at most as far as the input without its edge, wrapping around it once."""
    if mode not in ("reflect", "circular"):
        return ()
    spare = 1 if mode == "reflect" else 0
    found: tuple[Constraint, ...] = ()
    for axis, (size, both) in enumerate(zip(spatial, pads, strict=True)):
        pad = max(both)
        where = axis_name(len(spatial), axis)
        reason = f"`{mode}` has only the input to pad with"
        if isinstance(size, int) and pad > size - spare:
            from netlang.diagnostics.language.shapes import PadTooLarge

            raise Rejection(
                PadTooLarge, argument=argument, operator=op.name, pad=pad, axis=where,
                most=size - spare, reason=reason,
            )  # fmt: skip
        found += at_least(size, pad + spare, reason)
    return found
