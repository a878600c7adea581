"""Scaled dot-product attention of given queries, keys and values, without projections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag, number, probability
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import (
    AtMost,
    AxisRule,
    Each,
    Everywhere,
    Grouped,
    MappedAxes,
    Reach,
    Same,
    ToOneSide,
)
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.agreement import broadcast, same
from netlang.ops.checks import batched, divisible, fixed, floating, inputs_of, ranked, shape_text
from netlang.ops.derive import batch_of, changed, numbers, sum_of
from netlang.ops.tracing import traced_product
from netlang.records import replace

__all__ = ["Attention"]

_Q, _K = TensorType((5, 8)), TensorType((7, 8))


@final
class Attention(Op):
    """Scaled dot-product attention: softmax(q k^T / sqrt(d)) v, for each head.

    The last axis of queries, keys and values is split into `heads` of d features each; the heads'
    results stand side by side. With `kv_heads`, keys and values have fewer heads, each of which
    serves heads/kv_heads heads of queries. Further axes in front are examples of their own:
    `[windows, L, E]` attends in windows. `causal` lets place i attend to places 0 to i.

    A fourth value is a mask: truth values say who attends to whom, numbers are added to the scaled
    products. It has the shape [*, heads, L, S] of these, or lacks the axis of the heads; sizes of 1
    broadcast, and a learned tensor may lack more axes in front. A place that may attend to nothing
    gets 0. `multi_head_attention` has projections, too.

    Shape: [*, L, E], [*, S, E'], [*, S, V] -> [*, L, V heads/kv_heads], E' = E kv_heads/heads.
    MACs: N prod(*) L S (E + V heads/kv_heads). Other: 6 for each of the heads L S attention weights
    (scale and softmax), and 1 with a mask.

    Source: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762; groups of queries:
    Ainslie et al. 2023, arXiv:2305.13245.
    """

    name: ClassVar[str] = "attention"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(3, 4)

    heads: int = argument(count, "number of heads of the queries, which divides E", default=1)
    kv_heads: int | None = argument(
        count, "number of heads of keys and values; `heads` if not given", default=None
    )
    causal: bool = argument(
        flag, "whether places attend only to themselves and before", default=False
    )
    scale: float | None = argument(
        number, "factor of the products; 1/sqrt(d) if not given", default=None
    )
    dropout: float = argument(probability, "dropout of attention weights, in training", default=0.0)

    @property
    def groups(self) -> int:
        """How many heads of queries share a head of keys and values."""
        return self.heads // (self.kv_heads or self.heads)

    def infer(self, inputs: Types) -> Inferred:
        query, key, value = inputs_of(self, inputs)[:3]
        for index, x in enumerate(inputs[:3]):
            batched(self, floating(self, x, index), index)
            ranked(self, x, range(2, 99), "sequences of shape [*, L, E]", index)
        constraints = self._leading(inputs) + same(self, inputs, (1, 2), key.rank - 2)
        self._features(query, key, value)
        fixed(self, value.shape[-1], "the features of the values")
        wide = traced_product((value.shape[-1], self.groups))
        y = query.with_shape(*query.shape[:-1], wide)
        return Inferred((y,), constraints + self._masked(inputs))

    def _leading(self, inputs: Types) -> tuple[Constraint, ...]:
        """All three have the same axes in front of the sequence."""
        found: tuple[Constraint, ...] = ()
        for index in (1, 2):
            rank = inputs[0].rank
            ranked(
                self, inputs[index], range(rank, rank + 1), f"{rank} axes, as the queries", index
            )
            for axis in range(rank - 2):
                found += same(self, inputs, (0, index), axis)
        return found

    def _features(self, query: TensorType, key: TensorType, value: TensorType) -> None:
        """Every head of queries and keys has as many features."""
        kv_heads = self.kv_heads or self.heads
        divisible(self, self.heads, kv_heads, "`heads`", "kv_heads")
        queries = fixed(self, query.shape[-1], "the features of the queries")
        keys = fixed(self, key.shape[-1], "the features of the keys")
        divisible(self, queries, self.heads, "the features of the queries", "heads")
        values = fixed(self, value.shape[-1], "the features of the values")
        named = "kv_heads" if self.kv_heads else "heads"
        divisible(self, values, kv_heads, "the features of the values", named)
        if keys * self.heads != queries * kv_heads:
            from netlang.diagnostics.language.arithmetic import HeadsDiffer

            raise Rejection(
                HeadsDiffer, input=1, operator=self.name, queries=queries, keys=keys,
                heads=self.heads, kv_heads=kv_heads, wanted=queries // self.heads * kv_heads,
            )  # fmt: skip

    def scores(self, inputs: Types) -> TensorType:
        """The products of queries and keys: [*, heads, L, S], or [*, L, S] with one head."""
        query, key = inputs[:2]
        heads: tuple[Dim, ...] = (self.heads,) if self.heads > 1 else ()
        return query.with_shape(*query.shape[:-2], *heads, query.shape[-2], key.shape[-2])

    def lacks_heads(self, inputs: Types) -> bool:
        """Whether the mask has all axes of the scores but that of the heads."""
        mask = inputs[3]
        return self.heads > 1 and mask.batch is not None and mask.rank == inputs[0].rank

    def _masked(self, inputs: Types) -> tuple[Constraint, ...]:
        if len(inputs) < 4:
            return ()
        query, mask, scores = inputs[0], inputs[3], self.scores(inputs)
        if mask.dtype is not DType.BOOL:
            floating(self, mask, 3, "a mask is truth values, or numbers to add")
        if self.lacks_heads(inputs):
            mask = mask.with_shape(*mask.shape[:-2], 1, *mask.shape[-2:])
        aligned = replace(mask, dtype=query.dtype)
        fits = mask.rank <= scores.rank and not any(
            isinstance(one, int) and isinstance(two, int) and one not in (1, two)
            for one, two in zip(mask.shape[::-1], scores.shape[::-1], strict=False)
        )
        if not fits or (mask.batch is not None and mask.rank != scores.rank):
            from netlang.diagnostics.language.arithmetic import MaskDiffers

            raise Rejection(
                MaskDiffers, input=3, operator=self.name, received=shape_text(inputs[3].shape),
                scores=shape_text(scores.shape),
            )  # fmt: skip
        return broadcast(self, (scores, aligned)).constraints

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        query, key = inputs[:2]
        y = self.infer(inputs).outputs[0]
        scores = query.with_shape(*query.shape[:-2], query.shape[-2], key.shape[-2]).elements
        macs = (query.elements + y.elements) * key.shape[-2]
        return Cost(macs, scores * self.heads * (6 + (len(inputs) > 3)))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """A head reads its own features; a bound where heads share some, or with a mask."""
        query, y = inputs[0], self.infer(inputs).outputs[0]
        made = fixed(self, y.shape[-1], "features") // self.heads
        sequence: AxisRule = ToOneSide(before=True) if self.causal else Everywhere()
        front: tuple[AxisRule, ...] = (Same(),) * (query.rank - 2)
        axes: tuple[int | None, ...] = tuple(range(query.rank))
        own = fixed(self, query.shape[-1], "features") // self.heads
        rules = [
            MappedAxes(axes, (*front, Same(), Grouped(made, own))),
            MappedAxes(axes, (*front, sequence, Grouped(made * self.groups, own))),
            MappedAxes(axes, (*front, sequence, self._of_values(made))),
        ]
        if len(inputs) > 3:
            rules.append(self._of_mask(inputs, y.rank))
        return (
            Each(tuple(rules))
            if self.groups == 1 and len(inputs) < 4
            else AtMost(Each(tuple(rules)))
        )

    def _of_values(self, made: int) -> AxisRule:
        return Same() if self.groups == 1 else Grouped(made * self.groups, made)

    def _of_mask(self, inputs: Types, rank: int) -> MappedAxes:
        """The row of a place; what the output has no axis for is read as a whole."""
        mask, row = inputs[3], inputs[3].rank - 2
        sources: list[int | None] = [None] * rank
        rules: list[AxisRule] = [Everywhere()] * rank
        if row >= 0:
            sources[rank - 2] = row
            rules[rank - 2] = Everywhere() if mask.shape[row] == 1 else Same()
        return MappedAxes(tuple(sources), tuple(rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        query, key = inputs[:2]
        y = self.infer(inputs).outputs[0]
        *front, asked, features = numbers(query.shape)
        (answers,), (wide,) = numbers(key.shape[-2:-1]), numbers(y.shape[-1:])
        before = (*batch_of(query), *front)
        each = 6 + (len(inputs) > 3)
        return (
            *changed(query, y),
            sum_of(
                "MACs",
                (*before, asked, answers, features),
                (*before, asked, answers, wide),
            ),
            sum_of("other operations", (*before, each, self.heads, asked, answers)),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        values = TensorType((7, 4))
        yield Case(cls(), (_Q, _K, values))
        yield Case(cls(heads=2, causal=True), (_Q, _K, _K))
        yield Case(cls(heads=4, kv_heads=2), (_Q, TensorType((7, 4)), TensorType((7, 6))))
        yield Case(cls(heads=2, scale=0.5, dropout=0.1), (_Q, _K, values, TensorType((5, 7))))
        truth = TensorType((2, 5, 7), DType.BOOL)
        yield Case(cls(heads=2, causal=True), (_Q, _K, values, truth))
        windows = TensorType((3, 5, 8)), TensorType((3, 7, 8)), TensorType((3, 7, 4))
        yield Case(cls(heads=2), (*windows, TensorType((3, 1, 5, 7), batch=None)))
        yield Case(cls(causal=True), (*windows, TensorType((3, 1, 7), DType.BOOL)))
        yield Case(cls(), (*windows, TensorType((5, 7), batch=None)))
