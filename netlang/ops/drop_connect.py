"""The affine map that drops weights in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag, probability
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import batched, fixed, ranked, the_input
from netlang.ops.linear import Linear

__all__ = ["DropConnect"]


@final
class DropConnect(Op):
    """Affine map of the last axis that drops weights in training: y = x V^T + c.

    V is W / (1 - p) with each weight set to 0 with probability p, and c is the same of b; one draw
    serves the whole batch. When deployed, y = x W^T + b, as `linear`. To drop the whole branch of
    an example, which some networks' code calls drop connect, use `stochastic_depth`.

    Shape: [*, F] -> [*, out], where F must be a fixed size.
    Parameters: weight [out, F] and bias [out].
    MACs: N prod(*) F out. Other: one addition of the bias for each output, as deployed.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect. The paper draws
    anew for each example and, when deployed, from a normal distribution around the mean used here.
    """

    name: ClassVar[str] = "drop_connect"
    in_half: ClassVar[InHalf] = InHalf.GAINS

    out: int = argument(count, "number of output features")
    p: float = argument(probability, "probability of leaving out a weight", default=0.5)
    bias: bool = argument(flag, "whether to add a learned bias", default=True)

    @property
    def _without_drops(self) -> Linear:
        """The map with all of its weights."""
        return Linear(out=self.out, bias=self.bias)

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(1, 99), "an input with an axis")
        fixed(self, x.shape[-1], "the last axis of its input")
        return self._without_drops.infer(inputs)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return self._without_drops.weights(inputs)

    def cost(self, inputs: Types) -> Cost:
        return self._without_drops.cost(inputs)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return self._without_drops.reach(inputs, output)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return self._without_drops.derivation(inputs)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(out=3), (TensorType((5,)),))
        yield Case(cls(out=3, p=0.2, bias=False), (TensorType((4, 5)),))
