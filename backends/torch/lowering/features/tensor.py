"""Learned tensors: as values, and as tables for lookup."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import Lowered, constant, lower, number, option
from netlang.backends.torch.lowering.elements.constants import nested
from netlang.backends.torch.python.tree import (
    Binary,
    Constant,
    Expression,
    Index,
    TheModule,
    TupleDisplay,
    call,
)
from netlang.ir.numbers.provenance import origin_of
from netlang.ir.types import Types
from netlang.ops.tensor import Embedding, Parameter

__all__: list[str] = []


@lower.register
def _parameter(op: Parameter, inputs: Types, outputs: Types) -> Lowered:
    front = (constant(1),) if op.batch_axis else ()
    sizes = (*front, *(number(size, "size") for size in op.shape))
    # Without a size, torch asks for the empty tuple.
    given = sizes or (TupleDisplay(()),)
    value: Expression
    if op.std:
        value = Binary("*", number(op.std, "std"), call("torch.randn", *given))
    elif isinstance(op.init, tuple):
        values = (op.init,) if op.batch_axis else op.init
        value = call("torch.tensor", nested(values, whole=False))
    elif op.init == 0:
        value = call("torch.zeros", *given)
    elif op.init == 1:
        value = call("torch.ones", *given)
    elif isinstance(op.init, int) or origin_of(op.init) is not None:
        # `torch.full` makes whole numbers of these, and no gradients.
        value = Binary("*", number(op.init, "init"), call("torch.ones", *given))
    else:
        value = call("torch.full", TupleDisplay(sizes), number(op.init, "init"))
    apply = Index(TheModule(), Constant(0)) if op.batch_axis else TheModule()
    trained = option("requires_grad", constant(op.trainable), True)
    return Lowered(call("nn.Parameter", value, trained), apply=apply, held="parameter")


@lower.register
def _embedding(op: Embedding, inputs: Types, outputs: Types) -> Lowered:
    words, size = number(op.words, "num_embeddings"), number(op.size, "embedding_dim")
    return Lowered(call("nn.Embedding", words, size))
