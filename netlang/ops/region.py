"""Pooling of boxes to maps of one size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag, positive, sizes
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection, Sample
from netlang.ir.reach import AtMost, Each, Everywhere, MappedAxes, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import batched, floating, inputs_of, ranked, shape_text
from netlang.ops.derive import changed, elements, numbers, sum_of, times
from netlang.ops.regions import MOST_REGIONS, visited
from netlang.ops.spatial import Sizes, per_axis

__all__ = ["RegionPool", "RoiAlign", "RoiPool"]

_CORNERS = 4
_ADVICE = "boxes have corners between the elements too: declare them as float32, `[K, 4]`"


def _pooled(op: Op, inputs: Types, out: Sizes) -> TensorType:
    """[C, H, W] and [K, 4] -> [K, C, *out]."""
    x, boxes = inputs_of(op, inputs)
    ranked(op, batched(op, floating(op, x)), range(3, 4), "a map of shape [C, H, W] first")
    expected = "boxes of shape [K, 4] after the map"
    ranked(op, batched(op, floating(op, boxes, 1, _ADVICE), 1), range(2, 3), expected, 1)
    if boxes.shape[1] != _CORNERS:
        from netlang.diagnostics.language.shapes import WrongRank

        received = shape_text(boxes.shape)
        raise Rejection(WrongRank, input=1, operator=op.name, expected=expected, received=received)
    return x.with_shape(boxes.shape[0], x.channels, *per_axis(out, 2, "out"))


class RegionPool(Op):
    """Makes a map of one size from every box of an image."""

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """How much of the map lies in a box is known only at run time."""
        everything = MappedAxes((None, 0, None, None), (Everywhere(), Same(), *(Everywhere(),) * 2))
        box = MappedAxes((0, None, None, None), (Same(), *(Everywhere(),) * 3))
        return AtMost(Each((everything, box)))


@final
class RoiPool(RegionPool):
    """Maximum of each of `out` parts of every box, which is rounded to whole elements.

    Each image has its own K boxes, the second input: x1, y1, x2, y2 in elements of the image that
    `scale` brings to those of the map. Along an axis, a box from round(a scale) to round(b scale),
    inclusive, has n elements, at least 1, and part i has those from floor(i n / out) to ceil((i +
    1) n / out), exclusive. Elements outside of the map don't count, and the maximum of an empty
    part is 0.

    Shape: [C, H, W], [K, 4] -> [K, C, *out].
    Other: one comparison for each element of each part except the first, for boxes that cover the
    whole map, which is the maximum. Its receptive field is everything.

    Source: Girshick 2015, Fast R-CNN, arXiv:1504.08083.
    """

    name: ClassVar[str] = "roi_pool"
    in_half: ClassVar[InHalf] = InHalf.PLACES
    arity: ClassVar[Arity] = Arity(2, 2)

    out: Sizes = argument(sizes(maximum=MOST_REGIONS), "size of the map of each box")
    scale: float = argument(positive, "elements of the map for one of the boxes", default=1.0)

    def infer(self, inputs: Types) -> Inferred:
        return Inferred((_pooled(self, inputs, self.out),))

    def cost(self, inputs: Types) -> Cost:
        y = _pooled(self, inputs, self.out)
        visited = y.with_shape(y.shape[0], y.shape[1], *self._visited(inputs[0]))
        return Cost(0, visited.elements - y.elements)

    def _visited(self, x: TensorType) -> tuple[Dim, ...]:
        """Elements in all parts of each axis, for a box that covers the whole map."""
        axes = zip(x.spatial, per_axis(self.out, 2), strict=True)
        return tuple(visited(size, parts) for size, parts in axes)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = _pooled(self, inputs, self.out)
        visited = y.with_shape(y.shape[0], y.shape[1], *self._visited(inputs[0]))
        text = f"{times(elements(visited))} - {times(elements(y))}"
        (value,) = numbers((visited.elements - y.elements,))
        work = Line("other operations", text, value, "for boxes that are the whole map")
        return (*changed(inputs[0], y), work)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield _case(cls(out=2))
        yield _case(cls(out=(3, 2), scale=0.5))
        yield _case(cls(out=7), boxes=1)


@final
class RoiAlign(RegionPool):
    """Mean of `sampling_ratio`^2 samples in each of `out` parts of every box, without rounding.

    Each image has its own K boxes, the second input: x1, y1, x2, y2 in elements of the image that
    `scale` brings to those of the map. Samples are taken at the centres of equal cells of a part
    and interpolated from the 4 nearest elements; those more than an element outside the map are 0.
    With `aligned=true` boxes are moved by half an element, so that element i covers i to i + 1;
    otherwise a box is at least 1 wide and high.

    Shape: [C, H, W], [K, 4] -> [K, C, *out].
    Other: for each sample 4 products and 3 sums, and for each output the sampling_ratio^2 sums and
    divisions of the mean: 8 sampling_ratio^2 together. Its receptive field is everything.

    Source: He et al. 2017, Mask R-CNN, arXiv:1703.06870, with its 4 samples.
    """

    name: ClassVar[str] = "roi_align"
    in_half: ClassVar[InHalf] = InHalf.PLACES
    arity: ClassVar[Arity] = Arity(2, 2)

    out: Sizes = argument(sizes(maximum=MOST_REGIONS), "size of the map of each box")
    scale: float = argument(positive, "elements of the map for one of the boxes", default=1.0)
    sampling_ratio: int = argument(count, "samples along each axis of a part", default=2)
    aligned: bool = argument(flag, "whether boxes are moved by half an element", default=False)

    def infer(self, inputs: Types) -> Inferred:
        return Inferred((_pooled(self, inputs, self.out),))

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, _pooled(self, inputs, self.out).elements * (8 * self.sampling_ratio**2))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = _pooled(self, inputs, self.out)
        factors = (*elements(y), 8, self.sampling_ratio, self.sampling_ratio)
        return (*changed(inputs[0], y), sum_of("other operations", factors))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield _case(cls(out=2))
        yield _case(cls(out=(3, 2), scale=0.5, sampling_ratio=3))
        yield _case(cls(out=7, sampling_ratio=1, aligned=True), boxes=1)


def _case(op: RoiPool | RoiAlign, boxes: int = 5) -> Case:
    types = (TensorType((3, 9, 8)), TensorType((boxes, _CORNERS)))
    return Case(op, types, samples=(Sample.ANY, Sample.BOXES))
