"""What a campaign has covered: operators, constructs, and which operator fed which.

A pair is admitted if some value that the one gives is one that the other takes: both are found by
drawing from the generator's rules for values of every rank and kind.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import final

from netlang.ir.types import DType, TensorType
from netlang.ops import operator_names
from tests.campaigns.counts import of
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules import JOINS, SOURCES, STEPS

__all__ = ["CONSTRUCTS", "Coverage", "admitted_pairs", "pair"]

DRAWS = 40
Kind = tuple[int, str, bool]

CONSTRUCTS = (
    "arithmetic", "assert at file level", "assert in a body", "auxiliary of a block",
    "auxiliary output", "block", "block called again", "block in a block",
    "block of several inputs",
    "block parameter", "block with a body", "body constant", "branch of a label",
    "computed label", "conditional branch", "conditional expression", "constant tensor", "dims",
    "docstring",
    "dotted label", "else", "else if", "enumerate", "file constant", "for", "identity branch",
    "if", "import", "import as", "import of the library", "in", "index", "input of a block",
    "input of other floats", "input of whole numbers", "keyword label", "label of a scope",
    "label of emitted source",
    "labelled merge",
    "labelled scope", "layer as value", "layer passed to a block", "learned tensor",
    "list of layers", "loop of branches", "merge add", "merge attention",
    "merge concat", "merge div", "merge einsum",
    "merge gaussian_sample",
    "merge matmul", "merge max", "merge min", "merge mul", "merge multi_head_attention",
    "merge of one branch", "merge sub", "merge where",
    "named outputs of a block", "named outputs of an operator",
    "net alias", "net as a step", "net parameter", "output", "parameter default",
    "partial application", "quoted label", "repeat", "reuse", "several inputs", "several outputs",
    "several outputs of a block", "size of a value", "slice of a list", "symbolic size", "table",
    "tied weight", "tuple", "unlabelled scope", "weight as a value", "zip",
    "comprehension", "function", "function of a body", "function of layers", "here",
    "inline block", "inline block with a body", "parts of an item", "spread",
    "computed auxiliary", "computed input", "computed output", "input in a condition",
    "number of outputs", "output by its number", "several values go on",
)  # fmt: skip


def pair(producer: str, consumer: str) -> str:
    """How a pair is told in counts."""
    return f"{producer} -> {consumer}"


def _samples() -> Iterator[Value]:
    """Values of every rank and kind that the generator makes."""
    for rank in range(5):
        for shape in ((6,) * rank, (9,) * rank, (4,) * rank):
            yield Value(TensorType(shape))
            yield Value(TensorType(shape, dtype=DType.INT64))
        if rank:
            yield Value(TensorType((6,) * rank, batch=None))


def _kind(type_: TensorType) -> Kind:
    return (type_.rank, "float" if type_.dtype.is_float else "whole", type_.batch is not None)


@cache
def _takes_and_gives() -> tuple[dict[str, set[Kind]], dict[str, set[Kind]]]:
    """The kinds that each operator takes, and those that it gives."""
    draw = Draw(random.Random(0))
    takes: dict[str, set[Kind]] = {}
    gives: dict[str, set[Kind]] = {}
    for value in _samples():
        for name, types, inputs in _drawn(draw, value):
            takes.setdefault(name, set()).update(map(_kind, inputs))
            gives.setdefault(name, set()).update(map(_kind, types))
    return takes, gives


def _drawn(
    draw: Draw, value: Value
) -> Iterator[tuple[str, Iterable[TensorType], Iterable[TensorType]]]:
    """Operators drawn for a value, with what they give and take."""
    for _ in range(DRAWS):
        for name, rule in STEPS.items():
            if op := rule(draw, value):
                yield name, op.infer((value.type,)).outputs, (value.type,)
        for name, joining in JOINS.items():
            if joined := joining(draw, value):
                inputs = (value.type, *joined.others)
                yield name, joined.op.infer(inputs).outputs, inputs
        for name, source in SOURCES.items():
            if made := source(draw, value):
                yield name, made.infer(()).outputs, ()


@cache
def admitted_pairs() -> frozenset[str]:
    """Every pair of operators whose types fit."""
    takes, gives = _takes_and_gives()
    merged = {"add", "sub", "mul", "max", "min"}
    found = {
        pair(producer, consumer)
        for producer, given in gives.items()
        for consumer, taken in takes.items()
        if given & taken
    }
    return frozenset(found | {pair(name, consumer) for name in SOURCES for consumer in merged})


@final
@dataclass(frozen=True)
class Coverage:
    """How often each operator, construct and admitted pair was seen, also where that is 0."""

    operators: Mapping[str, int]
    constructs: Mapping[str, int]
    pairs: Mapping[str, int]

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Coverage:
        """The coverage in a campaign's counts."""
        operators, constructs = of(counts, "operators"), of(counts, "constructs")
        pairs = of(counts, "pairs")
        return cls(
            {name: operators[name] for name in operator_names()},
            {name: constructs[name] for name in CONSTRUCTS},
            {name: pairs[name] for name in sorted(admitted_pairs())},
        )

    def lines(self) -> tuple[str, ...]:
        """In a few lines."""
        pairs = _seen(self.pairs)
        return (
            f"operators: {_seen(self.operators)} of {len(self.operators)}; "
            f"rarest: {_rarest(self.operators, 5)}",
            f"constructs: {_seen(self.constructs)} of {len(self.constructs)}; "
            f"rarest: {_rarest(self.constructs, 8)}",
            f"pairs: {pairs} of {len(self.pairs)} admitted, {pairs / len(self.pairs):.1%}",
        )

    def data(self) -> dict[str, object]:
        """As JSON data: how many of each, and which were never seen."""
        each = {"operators": self.operators, "constructs": self.constructs, "pairs": self.pairs}
        return {
            name: {
                "seen": _seen(counts),
                "of": len(counts),
                "unseen": [item for item, count in counts.items() if not count],
            }
            for name, counts in each.items()
        }


def _seen(counts: Mapping[str, int]) -> int:
    return sum(1 for count in counts.values() if count)


def _rarest(counts: Mapping[str, int], most: int) -> str:
    names = sorted(counts, key=lambda name: counts[name])[:most]
    return ", ".join(f"{name} {counts[name]}" for name in names)
