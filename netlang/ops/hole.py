"""A step that is still to be written, where an import found no words for what the source does.

It gives its shape to the steps after it, so that the rest of a net is checked. A net with one is
refused, which is why nothing but its types is ever asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.diagnostics.errors import InternalError
from netlang.ir.arguments import argument, shape, text
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Reach
from netlang.ir.types import BATCH, DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.constants.table import ELEMENT_TYPE, TYPE_DOC

__all__ = ["Hole"]


@final
class Hole(Op):
    """What stands in the place of steps that the language has no words for.

    Shape: any -> shape. One that is `told` has been refused, and goes on as if it were mended.
    """

    name: ClassVar[str] = "hole"
    arity: ClassVar[Arity] = Arity(1, None)
    unwritten: ClassVar[bool] = True

    shape: tuple[Dim, ...] = argument(shape, "sizes of what the steps would give")
    of: str = argument(text, "what the source does there")
    why: str = argument(text, "why the language can't say it, and what could be done", default="")
    dtype: str = argument(ELEMENT_TYPE, TYPE_DOC, default="float")
    told: bool = False

    def infer(self, inputs: Types) -> Inferred:
        dtype = DType.INT64 if self.dtype == "int64" else DType.FLOAT32
        batched = any(each.batch is not None for each in inputs)
        given = TensorType(self.shape, dtype, BATCH if batched else None)
        if not self.told:
            from netlang.diagnostics.language.structure import HoleLeft

            why = self.why or "the import found no words for it"
            raise Rejection(HoleLeft, of=self.of, why=why, type=str(given))
        return Inferred((given,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        raise InternalError("a net with a hole has no cost")

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        raise InternalError("a hole reads nothing yet")

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        raise InternalError("a hole has no figures")

    @classmethod
    def cases(cls) -> Iterator[Case]:
        raise InternalError("no backend has a hole")
