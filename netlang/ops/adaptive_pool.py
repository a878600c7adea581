"""Pooling of a fixed number of regions, or of everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, sizes
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Along, Everywhere, Reach, Regions, Same
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import spatial_input
from netlang.ops.derive import batch_of, changed, elements, numbers, sum_of, times
from netlang.ops.regions import MOST_REGIONS, lengths, visited
from netlang.ops.spatial import Sizes, per_axis

__all__ = ["AdaptiveAvgpool", "AdaptiveMaxpool", "GlobalAvgpool", "GlobalMaxpool"]

_IMAGE = (TensorType((3, 9, 8)),)
_SIGNAL = (TensorType((2, 11)),)
_VOLUME = (TensorType((2, 5, 6, 7)),)


def _visited(x: TensorType, out: Sequence[int]) -> Dim:
    """The number of elements in all regions; those in several regions count for each."""
    totals = (visited(size, count) for size, count in zip(x.spatial, out, strict=True))
    return x.with_shape(x.channels, *totals).elements


def _derived(op: Op, x: TensorType, kept: int) -> tuple[Line, ...]:
    """The sizes, and one operation per element of each region except `kept` of them."""
    y = op.infer((x,)).outputs[0]
    out = numbers(y.spatial)
    sizes_ = numbers(x.spatial)
    texts = (*batch_of(x), x.channels, *map(_added, map(lengths, sizes_, out)))
    total = prod(elements(x.with_shape(x.channels, *map(visited, sizes_, out))))
    if kept:
        text = f"{times(texts)} - {times(elements(y))}"
        work = Line("other operations", text, total - prod(elements(y)))
    else:
        work = Line("other operations", times(texts), total)
    return (*changed(x, y), work)


def _added(counts: Mapping[int, int]) -> str:
    """The sum of lengths, with equal ones grouped: ``(2*3 + 4)``."""
    terms = [f"{count}*{length}" if count > 1 else str(length) for length, count in counts.items()]
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _region_reach(x: TensorType, out: Sequence[int]) -> Reach:
    rules = (
        Everywhere() if count == 1 else Regions(size, count)
        for size, count in zip(x.spatial, out, strict=True)
    )
    return Along((Same(), *rules))


@final
class AdaptiveAvgpool(Op):
    """Mean of each of a fixed number of regions, for any size of the input.

    Output i of an axis of `size` elements is the mean of the elements from floor(i size / out) to
    ceil((i + 1) size / out), exclusive; regions overlap where out doesn't divide the size.

    Shape: [C, *size] -> [C, *out].
    Other: one operation for each element of each region (the additions and one division).

    Source: He et al. 2014, Spatial Pyramid Pooling, arXiv:1406.4729.
    """

    name: ClassVar[str] = "adaptive_avgpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    out: Sizes = argument(sizes(maximum=MOST_REGIONS), "size of the output")

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *per_axis(self.out, x.rank - 1, "out")),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        return Cost(0, _visited(x, per_axis(self.out, x.rank - 1, "out")))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return _region_reach(inputs[0], per_axis(self.out, inputs[0].rank - 1, "out"))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return _derived(self, inputs[0], kept=0)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(out=1), _IMAGE)
        yield Case(cls(out=(3, 4)), _IMAGE)
        yield Case(cls(out=4), _IMAGE)
        yield Case(cls(out=(7, 7)), (TensorType((2, 3, 1)),))
        yield Case(cls(out=3), _SIGNAL)
        yield Case(cls(out=(2, 3, 4)), _VOLUME)
        yield Case(cls(out=2), (TensorType((4, 6), batch=None),))


@final
class AdaptiveMaxpool(Op):
    """Maximum of each of a fixed number of regions, for any size of the input.

    Output i of an axis of `size` elements is the maximum of the elements from floor(i size / out)
    to ceil((i + 1) size / out), exclusive; regions overlap where out doesn't divide the size.

    Shape: [C, *size] -> [C, *out].
    Other: one comparison for each element of each region except the first.

    Source: He et al. 2014, Spatial Pyramid Pooling, arXiv:1406.4729.
    """

    name: ClassVar[str] = "adaptive_maxpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    out: Sizes = argument(sizes(maximum=MOST_REGIONS), "size of the output")

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *per_axis(self.out, x.rank - 1, "out")),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        visited = _visited(x, per_axis(self.out, x.rank - 1, "out"))
        return Cost(0, visited - self.infer(inputs).outputs[0].elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return _region_reach(inputs[0], per_axis(self.out, inputs[0].rank - 1, "out"))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return _derived(self, inputs[0], kept=1)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(out=1), _IMAGE)
        yield Case(cls(out=(3, 4)), _IMAGE)
        yield Case(cls(out=4), _IMAGE)
        yield Case(cls(out=3), _SIGNAL)
        yield Case(cls(out=(2, 3, 4)), _VOLUME)
        yield Case(cls(out=2), (TensorType((4, 6), batch=None),))


@final
class GlobalAvgpool(Op):
    """Mean of each channel over all places: y[c] = sum over i of x[c, i] / prod(size).

    Shape: [C, *size] -> [C, 1, ...]: the spatial axes stay, with size 1.
    Other: one operation for each element of the input (the additions and one division).

    Source: Lin, Chen, Yan 2013, Network In Network, arXiv:1312.4400.
    """

    name: ClassVar[str] = "global_avgpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *(1,) * (x.rank - 1)),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Along((Same(), *(Everywhere(),) * (inputs[0].rank - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        return (*changed(x, self.infer(inputs).outputs[0]), sum_of("other operations", elements(x)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        for inputs in (_IMAGE, _SIGNAL, _VOLUME):
            yield Case(cls(), inputs)
        yield Case(cls(), (TensorType((4, 6), batch=None),))


@final
class GlobalMaxpool(Op):
    """Maximum of each channel over all places: y[c] = max over i of x[c, i].

    Shape: [C, *size] -> [C, 1, ...]: the spatial axes stay, with size 1.
    Other: one comparison for each element of the input except one in each channel.

    Source: Oquab et al. 2015, Is Object Localization for Free?
    """

    name: ClassVar[str] = "global_maxpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *(1,) * (x.rank - 1)),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements - self.infer(inputs).outputs[0].elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Along((Same(), *(Everywhere(),) * (inputs[0].rank - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        count = prod(elements(x)) - prod(elements(y))
        work = Line("other operations", f"{times(elements(x))} - {times(elements(y))}", count)
        return (*changed(x, y), work)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        for inputs in (_IMAGE, _SIGNAL, _VOLUME):
            yield Case(cls(), inputs)
        yield Case(cls(), (TensorType((4, 6), batch=None),))
