"""Enlarging by interpolation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, flag, shape, sizes
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, Interpolated, Reach, Same
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import spatial_input
from netlang.ops.derive import elements, numbers, out_axis, plain, sum_of
from netlang.ops.spatial import Sizes, per_axis, size_given
from netlang.ops.tracing import traced_product

__all__ = ["Upsample"]

# Elements that an output is interpolated from along each axis, and the ranks that a mode is for.
_TAPS = {"nearest": 1, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}
_RANKS = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}


@final
class Upsample(Op):
    """Interpolation to another size: `scale` times the size of the input, or the given size.

    Output i corresponds to place (i + 1/2) in/out - 1/2 of the input or, with `align_corners=true`,
    to i (in - 1)/(out - 1). `nearest` takes element floor(i in/out) with in/out in single
    precision, which may give the element before; `linear`, `bilinear` and `trilinear` weigh the 2
    nearest along each axis, `bicubic` the 4 nearest with a = -3/4.

    Shape: [C, *size] -> [C, *(scale size)] or [C, *size given].
    Other: for each output interpolated from t elements t products and t - 1 sums; `nearest`: 0.

    Source: Keys 1981, Cubic Convolution Interpolation for Digital Image Processing; in networks:
    Long et al. 2014, arXiv:1411.4038.
    """

    name: ClassVar[str] = "upsample"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    scale: Sizes | None = argument(sizes(), "how many times as large the output is", default=None)
    size: tuple[Dim, ...] | None = argument(
        shape, "size of the output, one for each spatial axis", default=None
    )
    mode: str = argument(
        choice("nearest", "linear", "bilinear", "trilinear", "bicubic"),
        "how to interpolate",
        default="nearest",
    )
    align_corners: bool = argument(
        flag, "whether corners stay in place; not for `nearest`", default=False
    )

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        self._check(x.rank - 1)
        return Inferred((x.with_shape(x.channels, *self._spatial(x)),))

    def _spatial(self, x: TensorType) -> tuple[Dim, ...]:
        if self.size is not None:
            return self.size
        scale = per_axis(self.scale or 1, x.rank - 1, "scale")
        return tuple(map(traced_product, zip(x.spatial, scale, strict=True)))

    def _check(self, rank: int) -> None:
        if (self.scale is None) == (self.size is None):
            raise self._conflict("scale", "give one of `scale` and `size`", "give just one")
        if self.size is not None:
            size_given(self.size, rank)
        if _RANKS.get(self.mode, rank) != rank:
            raise self._conflict(
                "mode",
                f"`{self.mode}` is for {_RANKS[self.mode]} spatial axes, the input has {rank}",
                "use `linear` for one, `bilinear` or `bicubic` for two, `trilinear` for three",
            )
        if self.align_corners and self.mode == "nearest":
            raise self._conflict(
                "align_corners", "`nearest` has no corners to align", "use another `mode`"
            )

    def _conflict(self, argument_: str, conflict: str, advice: str) -> Rejection:
        from netlang.diagnostics.language.shapes import ConflictingArguments

        return Rejection(
            ConflictingArguments,
            argument=argument_,
            operator=self.name,
            conflict=conflict,
            advice=advice,
        )

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        y = self.infer(inputs).outputs[0]
        return Cost(0, y.elements * self._per_output(y.rank - 1))

    def _per_output(self, rank: int) -> int:
        taps = _TAPS[self.mode] ** rank
        return 2 * taps - 1 if taps > 1 else 0

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        taps = _TAPS[self.mode]
        single = x.dtype is not DType.FLOAT64
        rules = (
            Interpolated(size, out, taps, self.align_corners, single)
            for size, out in zip(x.spatial, self._spatial(x), strict=True)
        )
        return Along((Same(), *rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = self.infer(inputs).outputs[0]
        sizes = tuple(self._enlarged(inputs[0]))
        work = self._per_output(y.rank - 1)
        return (*sizes, sum_of("other operations", (*elements(y), work))) if work else sizes

    def _enlarged(self, x: TensorType) -> Iterator[Line]:
        scale = per_axis(self.scale or 1, x.rank - 1)
        for axis, (size, factor) in enumerate(zip(numbers(x.spatial), scale, strict=True)):
            what = out_axis(x.rank, axis + 1)
            if self.size is None:
                yield Line(what, f"{size}*{factor}", size * factor)
            else:
                yield plain(what, self.size[axis])

    @classmethod
    def cases(cls) -> Iterator[Case]:
        image, signal = (TensorType((3, 4, 5)),), (TensorType((2, 7)),)
        yield Case(cls(scale=2), image)
        yield Case(cls(scale=(2, 3), mode="bilinear"), image)
        yield Case(cls(scale=2, mode="bilinear", align_corners=True), image)
        yield Case(cls(size=(7, 3), mode="bilinear"), image)
        yield Case(cls(size=(9, 11)), image)
        yield Case(cls(size=(4,)), (TensorType((2, 28)),))
        yield Case(cls(size=(3, 5)), image)
        yield Case(cls(scale=2, mode="bicubic"), image)
        yield Case(cls(scale=3, mode="linear"), signal)
        yield Case(cls(scale=(2, 1, 2), mode="trilinear"), (TensorType((2, 3, 2, 4)),))
        yield Case(cls(scale=2), (TensorType((4, 3, 2), batch=None),))
