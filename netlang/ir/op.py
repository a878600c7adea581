"""The base of all operators: what an operator must define.

An operator is one `Described` class in `netlang.ops`. Its fields are its signature in the language,
its docstring its page in the reference, its methods its rules. Every rule is abstract here, so
nothing unknown counts as zero.
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
from netlang.ir.half import InHalf
from netlang.ir.reach import Reach
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import Record

__all__ = [
    "Arity", "Case", "Cost", "Inferred", "Op", "Rejection", "Sample",
]  # fmt: skip


class Arity(Record):
    """The number of inputs of an operator; `maximum` is None if there is no limit."""

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
    """Output types, and the conditions on the sizes under which the operator runs."""

    outputs: Types
    constraints: tuple[Constraint, ...] = ()


class Cost(Record, gc=False):
    """The work of one application, as formulas in the sizes, including the batch `N`.

    `macs` are the multiply-accumulates of contractions (convolutions and matrix products, without
    biases): 1 MAC = 2 FLOPs, as `torch.utils.flop_counter` counts. `other` are all other arithmetic
    operations, counted as the operator's docstring says.
    """

    macs: Dim
    other: Dim


class Sample(Enum):
    """What the values of an input mean, for tests that can't use arbitrary values.

    POSITIVE are numbers from 0.1 to 1.1.
    PLACES are places within a channel of the first output, row by row, distinct within each
    channel. BOXES are corners x1, y1, x2, y2 with x1 <= x2 and y1 <= y2 within the first input.
    """

    ANY = auto()
    POSITIVE = auto()
    PLACES = auto()
    BOXES = auto()


class Case(Record):
    """An operator with inputs that it accepts, on which every backend is tested.

    `integers_below` bounds the values of integer inputs (indices of an embedding). `samples` says
    for each input what its values mean; if it is omitted, all of them are ANY.
    """

    op: Op
    inputs: Types
    integers_below: int = 2
    samples: tuple[Sample, ...] = ()


class Rejection(Exception):
    """An operator refuses its inputs or arguments.

    `argument` names the wrong argument, or `input` the index of the wrong input; `fields` fill the
    templates of `diagnostic`. The elaborator adds spans and the chain.
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
    of its outputs (``indices`` of a pooling layer that returns them). Shapes omit the batch. With
    `one_example`, a value without a batch axis is computed as a batch of one example. With
    `keeps_type`, the output has the type of the first input, whatever the arguments are.

    One that is `unwritten` stands for steps that are still to be written. It is refused; as `told`,
    one that was refused before, it has the type that they will give.

    `in_half` says what becomes of it in a file in half precision. Arguments `in_its_type` become
    numbers of the type of the output, in which they must not be infinite.

    `weight_values` are the weights that a spec can give as values. Those that it gives are named by
    `given`: they are further inputs, in this order, and the operator doesn't own them.
    """

    name: ClassVar[str]
    arity: ClassVar[Arity] = Arity(1, 1)
    output_names: ClassVar[tuple[str, ...]] = ("output",)
    one_example: ClassVar[bool] = False
    keeps_type: ClassVar[bool] = False
    unwritten: ClassVar[bool] = False
    in_half: ClassVar[InHalf] = InHalf.UNKNOWN
    in_its_type: ClassVar[tuple[str, ...]] = ()
    weight_values: ClassVar[tuple[str, ...]] = ()

    given: tuple[str, ...] = ()

    def takes(self, inputs: int) -> bool:
        """Whether it can be applied to that many values, including given weights."""
        return self.arity.accepts(inputs - len(self.given))

    @abstractmethod
    def infer(self, inputs: Types) -> Inferred:
        """The output types and constraints. Raises `Rejection` if the inputs don't fit."""

    @abstractmethod
    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        """The weights that the operator owns: PyTorch's parameters in order, then the buffers."""

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
        """Arguments and inputs that represent the operator's whole range."""
