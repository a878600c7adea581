"""Building blocks of `Op.derivation`: sums of products, and the output sizes of windows.

On entry, every size is a number, including the batch (see `Op.derivation`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from netlang.diagnostics.errors import InternalError
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.op import Op
from netlang.ir.reach import TransposedWindow
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.spatial import Padding, axis_name

__all__ = [
    "batch_of", "biases", "changed", "elements", "enlarged", "learned", "numbers", "out_axis",
    "plain", "slid", "spare", "split", "state_lines", "sum_of", "times", "weights_and_work",
]  # fmt: skip


def numbers(sizes: Sequence[Dim]) -> tuple[int, ...]:
    """Sizes that are numbers, as plain integers."""
    if not all(isinstance(size, int) for size in sizes):
        raise InternalError(f"arithmetic is explained in numbers, not in {list(sizes)}")
    return tuple(int(size) for size in sizes if isinstance(size, int))


def batch_of(x: TensorType) -> tuple[int, ...]:
    """The batch as a factor; none for a single example or a learned tensor."""
    return () if x.batch is None or x.batch == 1 else numbers((x.batch,))


def elements(x: TensorType) -> tuple[int, ...]:
    """The factors of the number of elements."""
    return (*batch_of(x), *numbers(x.shape))


def times(factors: Sequence[object]) -> str:
    """A product in words: ``11*11*3``."""
    return "*".join(map(str, factors)) or "1"


def sum_of(what: str, *terms: Sequence[int], note: str = "") -> Line:
    """A sum of products."""
    return Line(what, " + ".join(map(times, terms)), sum(map(prod, terms)), note)


def plain(what: str, value: Dim, note: str = "") -> Line:
    """A figure without arithmetic."""
    (number,) = numbers((value,))
    return Line(what, str(number), number, note)


def out_axis(rank: int, axis: int) -> str:
    """The name of an output axis, by its place in an image, signal or volume."""
    if rank == 1:
        return "out features"
    if rank > 4:
        return f"out axis {axis}"
    return f"out {axis_name(rank - 1, axis - 1)}" if axis else "out channels"


def state_lines(weights: Sequence[Weight]) -> tuple[Line, ...]:
    """Parameters and buffers as the sum of the elements of each tensor."""
    learned = [weight.shape for weight in weights if not weight.buffer]
    buffers = [weight.shape for weight in weights if weight.buffer]
    found = (sum_of("params", *learned),) if learned else ()
    return (*found, sum_of("buffers", *buffers)) if buffers else found


def slid(
    spatial: Sequence[Dim],
    pads: Sequence[Padding],
    kernel: Sequence[int],
    dilation: Sequence[int],
    stride: Sequence[int],
) -> tuple[Line, ...]:
    """The number of windows along each axis: floor((size + padding - extent)/stride) + 1."""
    spares = map(spare, numbers(spatial), pads, kernel, dilation)
    return tuple(
        _fits(out_axis(len(spatial) + 1, axis), room, text, step)
        for axis, ((room, text), step) in enumerate(zip(spares, stride, strict=True), start=1)
    )


def _fits(what: str, room: int, text: str, stride: int) -> Line:
    quotient = f"({text})/{stride}"
    quotient = f"floor({quotient})" if room % stride else quotient
    return Line(what, f"{quotient} + 1", room // stride + 1)


def spare(size: int, pad: Padding, kernel: int, dilation: int) -> tuple[int, str]:
    """The part of a padded axis beyond the first window, as a number and as text."""
    before, after = pad
    padding = f"2*{before}" if before == after else f"{before} + {after}"
    extent = str(kernel) if dilation == 1 else f"{dilation}*({kernel} - 1) - 1"
    room = size + before + after - dilation * (kernel - 1) - 1
    return room, f"{size} + {padding} - {extent}"


def changed(x: TensorType, y: TensorType) -> tuple[Line, ...]:
    """The sizes of `y` that `x` lacks or that differ, as they are given or broadcast."""
    return tuple(
        plain(out_axis(y.rank, axis), size)
        for axis, size in enumerate(y.shape)
        if axis >= x.rank or x.shape[axis] != size
    )


def split(channels: int, groups: int) -> str:
    """The channels of one group as a formula: ``(96/2)``."""
    return f"({channels}/{groups})" if groups > 1 else str(channels)


def learned(kernel: Sequence[object], count: int, out: int, bias: bool) -> Line:
    """Parameters: `count` weights, the product of `kernel`, and a bias for each output channel."""
    if not bias:
        return Line("params", times(kernel), count)
    return Line("params", f"{times(kernel)} + {out}", count + out)


def biases(y: TensorType, bias: bool) -> tuple[Line, ...]:
    """The additions of a bias to each output, if there is one."""
    return (sum_of("other operations", elements(y)),) if bias else ()


def weights_and_work(op: Op, inputs: Types, per_element: int) -> tuple[Line, ...]:
    """Weights, and `per_element` operations for each element of the input."""
    work = sum_of("other operations", (*elements(inputs[0]), per_element))
    return (*state_lines(op.weights(inputs)), work)


def enlarged(
    x: TensorType, y: TensorType, windows: Sequence[TransposedWindow], more: Sequence[int]
) -> Iterator[Line]:
    """The sizes that a transposed convolution makes of each axis, `more` added at the end."""
    arguments = zip(numbers(x.spatial), windows, more, strict=True)
    for axis, (size, window, added) in enumerate(arguments):
        taps = f"({window.kernel} - 1)"
        reach = taps if window.dilation == 1 else f"{window.dilation}*{taps}"
        text = f"({size} - 1)*{window.stride} - 2*{window.before} + {reach} + {added} + 1"
        (made,) = numbers((y.spatial[axis],))
        yield Line(out_axis(y.rank, axis + 1), text, made)
