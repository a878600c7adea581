"""Attention over a sequence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag, probability
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op
from netlang.ir.reach import Along, Each, Everywhere, OwnAndAll, Reach, Same, ToOneSide
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import KaimingUniform, Uniform, Weight, Zeros
from netlang.ops.agreement import same
from netlang.ops.checks import batched, divisible, fixed, floating, inputs_of, ranked
from netlang.ops.derive import batch_of, numbers, state_lines, sum_of

__all__ = ["MultiHeadAttention"]


@final
class MultiHeadAttention(Op):
    """Scaled dot-product attention in several heads, with its four projections.

    Queries Q = q W_q + b_q, keys K and values V likewise, each split into heads of d = E/heads
    features; head h gives softmax(Q_h K_h^T / sqrt(d)) V_h, and the heads side by side are
    projected once more. One input attends to itself; with two, the first is the queries and the
    second the keys and values; three are queries, keys and values. `dropout` drops attention
    weights in training; `causal` lets place i attend to places 0 to i.

    Shape: [L, E] -> [L, E]; keys and values [S, E] with the same fixed E.
    Parameters: in_proj_weight [3 E, E] (queries, keys, values), in_proj_bias [3 E],
    out_proj.weight [E, E] and out_proj.bias [E].
    MACs: N (2 L E^2 + 2 S E^2 + 2 L S E). Other: 6 for each of the heads L S attention weights
    (scale and softmax), and one addition of the bias for each projected element.

    Source: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762.
    """

    name: ClassVar[str] = "multi_head_attention"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(1, 3)

    heads: int = argument(count, "number of heads, which divides E")
    dropout: float = argument(probability, "dropout of attention weights, in training", default=0.0)
    bias: bool = argument(flag, "whether the projections add learned biases", default=True)
    causal: bool = argument(
        flag, "whether places attend only to themselves and those before", default=False
    )

    def roles(self, inputs: Types) -> tuple[TensorType, TensorType, TensorType]:
        """The values from which queries, keys and values are made."""
        query, *others = inputs
        key = others[0] if others else query
        return query, key, others[-1] if others else query

    def infer(self, inputs: Types) -> Inferred:
        for index, x in enumerate(inputs_of(self, inputs)):
            batched(self, floating(self, x, index), index)
            ranked(self, x, range(2, 3), "sequences of shape [L, E]", index)
        divisible(self, self._features(inputs), self.heads, "the number of features", "heads")
        constraints: tuple[Constraint, ...] = ()
        for index in range(1, len(inputs)):
            constraints += same(self, inputs, (0, index), 1)
        if len(inputs) == 3:
            constraints += same(self, inputs, (1, 2), 0)
        return Inferred((inputs[0],), constraints)

    def _features(self, inputs: Types) -> int:
        return fixed(self, inputs[0].shape[1], "the features of its input")

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        """PyTorch's: U(-b, b) with b = sqrt(6/(4 E)) (Glorot), for the output map 1/sqrt(E)."""
        width = self._features(inputs)
        found = (
            Weight("in_proj_weight", (3 * width, width), Uniform((6 / (4 * width)) ** 0.5)),
            Weight("in_proj_bias", (3 * width,), Zeros()),
            Weight("out_proj.weight", (width, width), KaimingUniform(width)),
            Weight("out_proj.bias", (width,), Zeros()),
        )
        return found if self.bias else (found[0], found[2])

    def cost(self, inputs: Types) -> Cost:
        query, key, _ = self.roles(inputs)
        width = self._features(inputs)
        weights: Dim = query.elements * key.shape[0]
        projected = 2 * query.elements + 2 * key.elements
        scores = query.with_shape(query.shape[0], key.shape[0]).elements * self.heads
        return Cost(projected * width + 2 * weights, 6 * scores + (projected if self.bias else 0))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """A query is that of its own place; keys and values are those of every place."""
        own = Along((Same(), Everywhere()))
        sequence = ToOneSide(before=True) if self.causal else Everywhere()
        others = Along((sequence, Everywhere()))
        if len(inputs) == 1:
            return Along((ToOneSide(before=True) if self.causal else OwnAndAll(), Everywhere()))
        return Each((own, *(others,) * (len(inputs) - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        """Projections of queries and results, of keys and values; then scores and their sums."""
        query, key, _ = self.roles(inputs)
        batch, width = batch_of(query), self._features(inputs)
        asked, answers = numbers((query.shape[0], key.shape[0]))
        scores = (*batch, 6, self.heads, asked, answers)
        biases = ((*batch, 2, asked, width), (*batch, 2, answers, width)) if self.bias else ()
        return (
            *state_lines(self.weights(inputs)),
            sum_of(
                "MACs",
                (*batch, 2, asked, width, width),
                (*batch, 2, answers, width, width),
                (*batch, 2, asked, answers, width),
            ),
            sum_of("other operations", scores, *biases),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        x, memory = TensorType((7, 6)), TensorType((5, 6))
        yield Case(cls(heads=2), (x,))
        yield Case(cls(heads=1, bias=False), (x,))
        yield Case(cls(heads=3, dropout=0.1), (x, memory))
        yield Case(cls(heads=2), (x, memory, memory))
        yield Case(cls(heads=2, causal=True), (x,))
        yield Case(cls(heads=2, causal=True), (x, memory))
