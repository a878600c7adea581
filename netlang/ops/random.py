"""Sampling from a distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op
from netlang.ir.reach import Aligned, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.agreement import broadcast
from netlang.ops.checks import floating, inputs_of
from netlang.ops.derive import changed

__all__ = ["GaussianSample"]


@final
class GaussianSample(Op):
    """A sample of a normal distribution that passes gradients; the inputs are mean, logvar.

    In training y = mean + exp(logvar / 2) e with e from N(0, 1) for each element; when deployed,
    y = mean.

    Shape: [*], [*] -> [*]. Other: 0, as deployed.

    Source: Kingma, Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114.
    """

    name: ClassVar[str] = "gaussian_sample"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(2, 2)

    def infer(self, inputs: Types) -> Inferred:
        for index, x in enumerate(inputs_of(self, inputs)):
            floating(self, x, index)
        return broadcast(self, inputs)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Aligned()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return changed(inputs[0], broadcast(self, inputs).outputs[0])

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((20,)), TensorType((20,))))
        yield Case(cls(), (TensorType((3, 4, 5)), TensorType((3, 4, 5))))
