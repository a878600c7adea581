"""Type inference of operators, done once for equal operators and types.

Types are compared by identity, after equal ones have been merged. Types with a `Traced` size are
not merged, since equal ones may come from different parameters.
"""

from __future__ import annotations

from netlang.ir.numbers.provenance import Traced
from netlang.ir.op import Inferred, Op
from netlang.ir.types import TensorType, Types

__all__ = ["Inference"]


class Inference:
    """The output types of a program's operators that several steps share."""

    def __init__(self) -> None:
        self._types: dict[TensorType, TensorType] = {}
        # By the identity of operator and inputs, which are kept alive for that.
        self._known: dict[tuple[int, ...], tuple[Op, Types, Inferred]] = {}

    def of(self, op: Op, inputs: Types) -> Inferred:
        """The operator's own rule for these inputs. Raises `Rejection`."""
        key = (id(op), *map(id, inputs))
        known = self._known.get(key)
        if known is not None:
            return known[2]
        inferred = op.infer(inputs)
        for type_ in inputs:
            if self._shared(type_) is not type_:
                return inferred
        outputs = list[TensorType]()
        for type_ in inferred.outputs:
            shared = self._shared(type_)
            if shared is None:
                return inferred
            outputs.append(shared)
        inferred = Inferred(tuple(outputs), inferred.constraints)
        self._known[key] = op, inputs, inferred
        return inferred

    def _shared(self, type_: TensorType) -> TensorType | None:
        """The representative of all equal types; None for a type that knows its origin."""
        for size in type_.shape:
            if isinstance(size, Traced):
                return None
        return self._types.setdefault(type_, type_)
