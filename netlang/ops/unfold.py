"""Windows laid side by side as columns, and summed back to an image."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, shape, sizes
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import (
    Along,
    AtMost,
    AxisRule,
    Grouped,
    InTurn,
    Reach,
    Rearranged,
    TransposedWindow,
    Window,
)
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import fixed, ranked, the_input
from netlang.ops.derive import changed, elements, numbers, sum_of
from netlang.ops.spatial import (
    Sizes,
    WrittenWindow,
    extents,
    fits,
    padding,
    per_axis,
    size_given,
    slide,
    with_origins,
)
from netlang.ops.tracing import traced_floor_div, traced_product

__all__ = ["Fold", "Unfold", "Windows"]

_WINDOW = ("kernel", "stride", "pad", "dilation")


class Windows(Op):
    """What `unfold` and `fold` have in common: windows over the height and width."""

    def pair(self, name: str) -> tuple[int, ...]:
        """An argument for height and width."""
        given: Sizes = getattr(self, name)
        return per_axis(given, 2, name)

    def counts(self, spatial: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """The number of windows along height and width."""
        extent = extents(self.pair("kernel"), self.pair("dilation"))
        pads = padding(self.pair("pad"), extent)
        counts = slide(spatial, pads, extent, self.pair("stride"))
        kernel, stride, pad, dilation = map(self.pair, _WINDOW)
        return with_origins(counts, spatial, WrittenWindow(kernel, stride, pad, dilation))


@final
class Unfold(Windows):
    """Every window of an image as a column: the input of a convolution as a matrix (im2col).

    Row (c, i, j) of the output has the elements at place (i, j) of the windows of channel c; the
    windows are numbered row by row.

    Shape: [C, H, W] -> [C kh kw, number of windows]. Other: 0.

    Source: Chellapilla, Puri, Simard 2006, High Performance Convolutional Neural Networks for
    Document Processing.
    """

    name: ClassVar[str] = "unfold"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    one_example: ClassVar[bool] = True

    kernel: Sizes = argument(sizes(), "size of a window")
    stride: Sizes = argument(sizes(), "distance between windows", default=1)
    pad: Sizes = argument(sizes(minimum=0), "zeros added on each side", default=0)
    dilation: Sizes = argument(sizes(), "distance between the elements of a window", default=1)

    def infer(self, inputs: Types) -> Inferred:
        x = ranked(self, the_input(self, inputs), range(3, 4), "an image [C, H, W]")
        extent = extents(self.pair("kernel"), self.pair("dilation"))
        constraints = fits(self, x.spatial, padding(self.pair("pad"), extent), extent)
        channels = fixed(self, x.channels, "the input channels")
        rows = traced_product((channels, *self.pair("kernel")))
        return Inferred((x.with_shape(rows, traced_product(self.counts(x.spatial))),), constraints)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """At most the whole window of a column, of which a row has one place."""
        (x,), (columns,) = inputs, self.infer(inputs).outputs
        windows = map(Window, *map(self.pair, _WINDOW))
        rules: tuple[AxisRule, ...] = (Grouped(prod(self.pair("kernel")), 1), *windows)
        laid_out = columns.with_shape(columns.shape[0], *self.counts(x.spatial))
        as_columns = Rearranged(laid_out.shape, tuple(range(3)))
        return AtMost(InTurn(((Along(rules), laid_out), (as_columns, columns))))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        (channels, *_), (rows, _) = numbers(inputs[0].shape), self.infer(inputs).outputs[0].shape
        high, wide = self.pair("kernel")
        down, across = numbers(self.counts(inputs[0].spatial))
        return (
            Line("out channels", f"{channels}*{high}*{wide}", numbers((rows,))[0]),
            Line("out length", f"{down}*{across}", down * across, "windows down and across"),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(kernel=2), (TensorType((3, 5, 6)),))
        yield Case(cls(kernel=(2, 3), stride=2, pad=1), (TensorType((2, 5, 6)),))
        yield Case(cls(kernel=2, stride=(1, 2), dilation=2), (TensorType((1, 5, 6)),))
        yield Case(cls(kernel=2), (TensorType((2, 3, 3), batch=None),))


@final
class Fold(Windows):
    """Columns back at the places of their windows in an image; where these overlap, their sum.

    The opposite way of `unfold` with the same arguments.

    Shape: [C kh kw, number of windows] -> [C, *size]. Other: 1 for each element of the input.

    Source: as the gradient of `unfold`: Chellapilla, Puri, Simard 2006.
    """

    name: ClassVar[str] = "fold"
    in_half: ClassVar[InHalf] = InHalf.SUMS
    one_example: ClassVar[bool] = True

    size: tuple[Dim, ...] = argument(shape, "height and width of the image")
    kernel: Sizes = argument(sizes(), "size of a window")
    stride: Sizes = argument(sizes(), "distance between windows", default=1)
    pad: Sizes = argument(sizes(minimum=0), "zeros added on each side", default=0)
    dilation: Sizes = argument(sizes(), "distance between the elements of a window", default=1)

    def infer(self, inputs: Types) -> Inferred:
        x = ranked(self, the_input(self, inputs), range(2, 3), "columns [rows, windows]")
        rows, count = (fixed(self, size, "rows and columns of its input") for size in x.shape)
        wanted = self.image()
        extent = extents(self.pair("kernel"), self.pair("dilation"))
        fits(self, wanted, padding(self.pair("pad"), extent), extent)
        expected = traced_product(self.counts(wanted))
        window = prod(self.pair("kernel"))
        if rows % window or count != expected:
            from netlang.diagnostics.language.arithmetic import NotWindows

            raise Rejection(
                NotWindows, input=0, operator=self.name, received=f"[{rows}, {count}]",
                places=window, windows=expected,
            )  # fmt: skip
        places = traced_product(self.pair("kernel"))
        assert isinstance(places, int)
        return Inferred((x.with_shape(traced_floor_div(rows, places), *wanted),))

    def image(self) -> tuple[int, ...]:
        """Height and width as numbers."""
        return tuple(
            fixed(self, size, "the size of the image") for size in size_given(self.size, 2)
        )

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """At most the columns of all windows that may cover a place, each with all of its rows."""
        (columns,), (image,) = inputs, self.infer(inputs).outputs
        covering = map(TransposedWindow, *map(self.pair, _WINDOW))
        window = prod(self.pair("kernel"))
        laid_out = columns.with_shape(columns.shape[0], *self.counts(image.spatial))
        as_windows = Rearranged(laid_out.shape, tuple(range(3)))
        rules: tuple[AxisRule, ...] = (Window(window, window), *covering)
        return AtMost(InTurn(((as_windows, laid_out), (Along(rules), image))))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        (rows, _), (high, wide) = numbers(x.shape), self.pair("kernel")
        channels = Line("out channels", f"{rows}/({high}*{wide})", rows // (high * wide))
        behind = (each for each in changed(x, y) if each.what != "out channels")
        return (channels, *behind, sum_of("other operations", elements(x)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(kernel=2, size=(4, 5)), (TensorType((8, 12)),))
        yield Case(cls(kernel=(2, 3), stride=2, pad=1, size=(5, 6)), (TensorType((12, 9)),))
        yield Case(cls(kernel=2, stride=(1, 2), dilation=2, size=(5, 6)), (TensorType((4, 6)),))
        yield Case(cls(kernel=2, size=(3, 3)), (TensorType((8, 4), batch=None),))
