"""Operators that merge several values into one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, integer
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Sample
from netlang.ir.reach import Aligned, Each, Everywhere, Joined, MappedAxes, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.agreement import broadcast, joined, multiplied
from netlang.ops.checks import axis_index, floating, inputs_of, ranked
from netlang.ops.derive import changed, elements, numbers, out_axis, sum_of

__all__ = ["Add", "Concat", "Div", "Elementwise", "Matmul", "Max", "Min", "Mul", "Sub"]

_LEARNED = TensorType((3, 1, 1), batch=None)
_IMAGE = TensorType((3, 4, 5))
_PER_CHANNEL = TensorType((3, 1, 1))


class Elementwise(Op):
    """Merges values of one shape element by element, from the first to the last."""

    in_half: ClassVar[InHalf] = InHalf.GAINS

    def infer(self, inputs: Types) -> Inferred:
        for index, x in enumerate(inputs_of(self, inputs)):
            floating(self, x, index)
        return broadcast(self, inputs)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, broadcast(self, inputs).outputs[0].elements * (len(inputs) - 1))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Aligned()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = broadcast(self, inputs).outputs[0]
        return (*changed(inputs[0], y), sum_of("other operations", (*elements(y), len(inputs) - 1)))


@final
class Add(Elementwise):
    """Sum of the branches: y = a + b + ...

    Shape: branches of one shape -> that shape. A size of 1 broadcasts, and a learned tensor does so
    over the batch and over missing leading axes.
    Other: 1 for each output and branch after the first.

    Source: He et al. 2015, Deep Residual Learning for Image Recognition, arXiv:1512.03385.
    """

    name: ClassVar[str] = "add"
    arity: ClassVar[Arity] = Arity(2, None)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (_IMAGE, _IMAGE))
        yield Case(cls(), (_IMAGE, _PER_CHANNEL, _IMAGE))
        yield Case(cls(), (TensorType((5,)), TensorType((5,), batch=None)))


@final
class Sub(Elementwise):
    """Difference of two branches: y = a - b.

    Shape: branches of one shape -> that shape. A size of 1 broadcasts, and a learned tensor does so
    over the batch and over missing leading axes.
    Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "sub"
    arity: ClassVar[Arity] = Arity(2, 2)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (_IMAGE, _IMAGE))
        yield Case(cls(), (_PER_CHANNEL, _IMAGE))
        yield Case(cls(), (_LEARNED, _IMAGE))


@final
class Mul(Elementwise):
    """Product of the branches, element by element: y = a b ...

    Shape: branches of one shape -> that shape. A size of 1 broadcasts, and a learned tensor does so
    over the batch and over missing leading axes.
    Other: 1 for each output and branch after the first.

    Source: Hu et al. 2017, Squeeze-and-Excitation Networks, arXiv:1709.01507.
    """

    name: ClassVar[str] = "mul"
    arity: ClassVar[Arity] = Arity(2, None)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (_IMAGE, _PER_CHANNEL))
        yield Case(cls(), (_LEARNED, _IMAGE))
        yield Case(cls(), (_IMAGE, TensorType((5,), batch=None), _IMAGE))


@final
class Div(Elementwise):
    """Quotient of two branches: y = a / b. It is infinite or undefined (nan) where b is 0.

    Shape: branches of one shape -> that shape. A size of 1 broadcasts, and a learned tensor does so
    over the batch and over missing leading axes.
    Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "div"
    arity: ClassVar[Arity] = Arity(2, 2)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        positive = (Sample.ANY, Sample.POSITIVE)
        yield Case(cls(), (_IMAGE, _IMAGE), samples=positive)
        yield Case(cls(), (_IMAGE, _PER_CHANNEL), samples=positive)
        yield Case(cls(), (_LEARNED, _IMAGE), samples=positive)


@final
class Max(Elementwise):
    """Maximum of the branches, element by element: y = max(a, b, ...).

    Shape: branches of one shape -> that shape. A size of 1 broadcasts, and a learned tensor does so
    over the batch and over missing leading axes.
    Other: 1 for each output and branch after the first.

    Source: Goodfellow et al. 2013, Maxout Networks, arXiv:1302.4389.
    """

    name: ClassVar[str] = "max"
    arity: ClassVar[Arity] = Arity(2, None)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (_IMAGE, _IMAGE))
        yield Case(cls(), (_IMAGE, _PER_CHANNEL, _IMAGE))


@final
class Min(Elementwise):
    """Minimum of the branches, element by element: y = min(a, b, ...).

    Shape: branches of one shape -> that shape. A size of 1 broadcasts, and a learned tensor does so
    over the batch and over missing leading axes.
    Other: 1 for each output and branch after the first.

    Source: arithmetic; as a bound: the clipped objective of Schulman et al. 2017, arXiv:1707.06347.
    """

    name: ClassVar[str] = "min"
    arity: ClassVar[Arity] = Arity(2, None)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (_IMAGE, _IMAGE))
        yield Case(cls(), (_IMAGE, _PER_CHANNEL, _IMAGE))


def _factor(x: TensorType, rank: int, *, rows: bool) -> MappedAxes:
    """What an element of a product reads of a factor: a row of the left, a column of the right."""
    own = (rank - 2, rank - 1) if rows else (rank - 1, rank - 2)
    sources: list[int | None] = [axis - (rank - x.rank) for axis in range(rank)]
    sources = [None if axis is None or axis < 0 else axis for axis in sources]
    sources[own[1]] = None
    rules = (
        Everywhere() if axis is None or (axis < x.rank - 2 and x.shape[axis] == 1) else Same()
        for axis in sources
    )
    return MappedAxes(tuple(sources), tuple(rules))


@final
class Matmul(Op):
    """Matrix product of the last two axes: y[i, j] = sum over k of a[i, k] b[k, j].

    Shape: [*, I, K], [*, K, J] -> [*, I, J]; the leading axes must agree, and a size of 1
    broadcasts. MACs: N prod(*) I J K. Other: 0.

    Source: linear algebra; in attention: Vaswani et al. 2017, arXiv:1706.03762.
    """

    name: ClassVar[str] = "matmul"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(2, 2)

    def infer(self, inputs: Types) -> Inferred:
        for index, x in enumerate(inputs_of(self, inputs)):
            ranked(self, floating(self, x, index), range(2, 99), "matrices [..., I, K]", index)
        return multiplied(self, inputs)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(multiplied(self, inputs).outputs[0].elements * inputs[0].shape[-1], 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        rank = self.infer(inputs).outputs[0].rank
        return Each(tuple(_factor(x, rank, rows=number == 0) for number, x in enumerate(inputs)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = multiplied(self, inputs).outputs[0]
        inner = numbers(inputs[0].shape[-1:])
        return (*changed(inputs[0], y), sum_of("MACs", (*elements(y), *inner)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((4, 5)), TensorType((5, 3))))
        yield Case(cls(), (TensorType((2, 4, 5)), TensorType((2, 5, 3))))
        yield Case(cls(), (TensorType((2, 4, 5)), TensorType((1, 5, 3))))
        yield Case(cls(), (TensorType((4, 5)), TensorType((5, 3), batch=None)))


@final
class Concat(Op):
    """The branches joined along an axis, by default the channels.

    Shape: [C1, *size], [C2, *size], ... -> [C1 + C2 + ..., *size]; the other axes must agree. A
    learned tensor is repeated for every example.
    Other: 0.

    Source: Szegedy et al. 2014, Going Deeper with Convolutions, arXiv:1409.4842.
    """

    name: ClassVar[str] = "concat"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    arity: ClassVar[Arity] = Arity(2, None)

    axis: int = argument(integer, "axis to join along; 0 is the channels", default=0)

    def infer(self, inputs: Types) -> Inferred:
        first = inputs_of(self, inputs)[0]
        return joined(self, inputs, axis_index(self, first, self.axis))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Joined(axis_index(self, inputs[0], self.axis))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        axis = axis_index(self, inputs[0], self.axis)
        sizes = [numbers((x.shape[axis],)) for x in inputs]
        return (sum_of(out_axis(inputs[0].rank, axis), *sizes),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (_IMAGE, TensorType((2, 4, 5)), TensorType((1, 4, 5))))
        yield Case(cls(axis=-1), (_IMAGE, TensorType((3, 4, 2))))
        yield Case(cls(axis=1), (_IMAGE, TensorType((3, 1, 5))))
        yield Case(cls(), (TensorType((2,)), TensorType((3,))))
        yield Case(cls(), (TensorType((1, 5), batch=None), TensorType((4, 5))))
        yield Case(cls(axis=-1), (_IMAGE, TensorType((3, 4, 1), batch=None), _IMAGE))
        yield Case(cls(axis=-1), (_LEARNED, TensorType((3, 1, 2), batch=None)))
