"""The base of every operator: what an operator must say about itself.

An operator is one `Described` class in `netlang.ops`. Its fields are its signature in the language,
its docstring its page in the reference, its methods its rules. Every rule is abstract here: nothing
unknown counts as zero.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from enum import Enum, auto
from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.arguments import Described
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.reach import Reach
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import Record

__all__ = [
    "Arity", "Case", "Cost", "Inferred", "Op", "Rejection", "Sample",
]  # fmt: skip


class Arity(Record):
    """How many inputs an operator takes; `maximum` is None where there is no limit."""

    minimum: int
    maximum: int | None

    def accepts(self, inputs: int) -> bool:
        return self.minimum <= inputs and (self.maximum is None or inputs <= self.maximum)

    def __str__(self) -> str:
        if self.maximum is None:
            return f"{self.minimum} or more inputs"
        plural = "input" if self.minimum == 1 else "inputs"
        return (
            f"{self.minimum} {plural}"
            if self.minimum == self.maximum
            else f"{self.minimum} to {self.maximum} inputs"
        )


class Inferred(Record, gc=False):
    """Output types, and what must hold of the sizes for the operator to run."""

    outputs: Types
    constraints: tuple[Constraint, ...] = ()


class Cost(Record, gc=False):
    """Work of one application, as formulas in the sizes, the batch `N` counted in.

    `macs` are the multiply-accumulates of contractions (convolutions and matrix products, biases
    not counted): 1 MAC = 2 FLOPs, as `torch.utils.flop_counter` counts. `other` are all other
    arithmetic operations, each counted as the operator's docstring says.
    """

    macs: Dim
    other: Dim


class Sample(Enum):
    """What the values of an input mean, where not all values will do.

    PLACES are places within a channel of the first output, row by row, in each channel different
    ones. BOXES are corners x1, y1, x2, y2 with x1 <= x2 and y1 <= y2 within the first input.
    """

    ANY = auto()
    PLACES = auto()
    BOXES = auto()


class Case(Record):
    """An operator with inputs that it accepts: every backend is tested on it.

    `integers_below` bounds the values of integer inputs (indices of an embedding). `samples` says
    for each input what its values mean; all of them are ANY where it is left out.
    """

    op: Op
    inputs: Types
    integers_below: int = 2
    samples: tuple[Sample, ...] = ()


class Rejection(Exception):
    """An operator refuses its inputs or arguments.

    `argument` names the argument at fault and `input` the index of the input, if it is one of
    them; `fields` fill the templates of `diagnostic`. The elaborator adds spans and the chain.
    """

    def __init__(
        self,
        diagnostic: type[Diagnostic],
        *,
        argument: str | None = None,
        input: int | None = None,
        **fields: object,
    ) -> None:
        super().__init__(diagnostic.code)
        self.diagnostic = diagnostic
        self.argument = argument
        self.input = input
        self.fields = fields


class Op(Described, gc=False):
    """One operator with all of its arguments.

    `name` is its name in the language, `arity` the number of its inputs, `output_names` the names
    of its outputs (``indices`` of a pooling layer that returns them). Shapes leave out the batch.
    """

    name: ClassVar[str]
    arity: ClassVar[Arity] = Arity(1, 1)
    output_names: ClassVar[tuple[str, ...]] = ("output",)

    @abstractmethod
    def infer(self, inputs: Types) -> Inferred:
        """Output types and constraints; raises `Rejection` where the inputs don't fit."""

    @abstractmethod
    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        """What the operator owns, in PyTorch's order of parameters and then buffers."""

    @abstractmethod
    def cost(self, inputs: Types) -> Cost:
        """The work of one application."""

    @abstractmethod
    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """What an element of output number `output` reads of the inputs: the receptive field."""

    @abstractmethod
    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        """The arithmetic of shape, weights and work, for inputs whose sizes are all numbers.

        There is a line for every size of the first output that differs from the first input's, and
        for each of ``params``, ``buffers``, ``MACs`` and ``other operations`` that isn't 0.
        """

    @classmethod
    @abstractmethod
    def cases(cls) -> Iterator[Case]:
        """Arguments and inputs that stand for the operator's whole range."""
