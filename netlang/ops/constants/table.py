"""The base of constants, and which of them a program makes."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from netlang.ir.arguments import Kind, choice, count, number
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim, Expr
from netlang.ir.numbers.provenance import Traced
from netlang.ir.op import Arity, Cost, Inferred, Op, Rejection
from netlang.ir.reach import NothingRead, Reach
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Init, Weight
from netlang.ops.checks import inputs_of
from netlang.ops.derive import state_lines

__all__ = ["ELEMENT_TYPE", "LARGEST", "NUMBER", "SIZE", "TYPE_DOC", "KEPT_DOC", "Table", "made"]

# Whole numbers up to here are exact as floats of double precision (IEEE 754).
LARGEST = 2**53


def _size(value: object) -> object:
    return value if isinstance(value, Expr) else count.convert(value)


def _number(value: object) -> object:
    found = number.convert(value)
    return value if isinstance(value, Traced) else found


SIZE = Kind("a whole number >= 1 or a size", _size)
NUMBER = Kind("a number", _number)
ELEMENT_TYPE = choice("float", "int64")
TYPE_DOC = "type of the elements; `float` is that of the net"
KEPT_DOC = "whether its label is a key of the weights"


class Table(Op):
    """A tensor of given numbers as a value, without a batch axis."""

    arity: ClassVar[Arity] = Arity(0, 0)

    persistent: bool

    @abstractmethod
    def sizes(self) -> tuple[Dim, ...]:
        """The shape."""

    @abstractmethod
    def whole(self) -> bool:
        """Whether the elements are int64."""

    @abstractmethod
    def check(self) -> None:
        """Raise a `Rejection` if the arguments contradict each other."""

    @abstractmethod
    def elements(self, shape: tuple[int, ...]) -> Init:
        """The elements of a table of this shape."""

    def infer(self, inputs: Types) -> Inferred:
        inputs_of(self, inputs)
        self.check()
        if self.persistent and self.tensor() is None:
            sizes = ", ".join(str(size) for size in self.sizes() if isinstance(size, Expr))
            raise self.refused(
                "persistent", f"`persistent` is true, and a size depends on the input: {sizes}",
                "leave out `persistent`, since what is kept has one size",
            )  # fmt: skip
        dtype = DType.INT64 if self.whole() else DType.FLOAT32
        return Inferred((TensorType(self.sizes(), dtype, batch=None),))

    def refused(self, argument: str, conflict: str, advice: str) -> Rejection:
        """The rejection of an argument that contradicts another one."""
        from netlang.diagnostics.language.shapes import ConflictingArguments

        return Rejection(
            ConflictingArguments, argument=argument, operator=self.name, conflict=conflict,
            advice=advice,
        )  # fmt: skip

    def tensor(self) -> Weight | None:
        """The tensor that is made once; None if its size depends on the input."""
        sizes = tuple(size for size in self.sizes() if isinstance(size, int))
        if len(sizes) < len(self.sizes()):
            return None
        dtype = DType.INT64 if self.whole() else None
        init = self.elements(sizes)
        return Weight("", sizes, init, buffer=True, trainable=False, dtype=dtype)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        made = self.tensor() if self.persistent else None
        return () if made is None else (made,)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return NothingRead()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return state_lines(self.weights(inputs))


def made(op: Op, inputs: Types) -> tuple[Weight, ...]:
    """What an operator makes once that isn't part of the weights: a constant without a key."""
    if not isinstance(op, Table) or op.persistent or (found := op.tensor()) is None:
        return ()
    return (found,)
