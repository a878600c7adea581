"""The spec in the making: its files, the names that are taken, what it was made with so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from netlang.ir.dims import Dim, evaluate
from netlang.ir.types import DType, TensorType, Types
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value

__all__ = ["Block", "File", "Owner", "Parameter", "Spec"]

# Elements of one example, and sizes of one axis: nets stay small, so that thousands run.
MOST_ELEMENTS = 1500
LONGEST = 40
WORDS = ("stem", "unit", "stage", "head", "body", "neck", "down", "up", "mid", "conv", "norm")


@dataclass
class Parameter:
    """A parameter of a block: its default as written, or None, and what a call gives for it.

    In place of an activation, `is_layer`, a call may give any other.
    """

    name: str
    default: str | None
    given: str
    is_layer: bool = False


@dataclass
class Owner:
    """The block or net that statements belong to: what `in` is, and its parameters."""

    home: File
    is_net: bool
    entry: Value | None = None
    parameters: list[Parameter] = field(default_factory=list)
    taps: dict[str, Value] = field(default_factory=dict)
    auxiliaries: int = 0


@dataclass(frozen=True)
class Block:
    """A block that can be called: the values that it takes and gives, and its parameters."""

    name: str
    takes: tuple[Value, ...]
    gives: tuple[Value, ...]
    outputs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    has_auxiliary: bool = False


@dataclass
class File:
    """One file: imports, then definitions in any order that reads well."""

    name: str
    imports: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Spec:
    """Everything that holds for the whole spec; `left` is how many steps it may still have."""

    draw: Draw
    seed: int
    main: File = field(default_factory=lambda: File("main"))
    helper: File | None = None
    left: int = 12
    size_asserts: bool = True
    floats: DType = DType.FLOAT32
    constructs: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    count: int = 0

    def used(self, *constructs: str) -> None:
        self.constructs.update(constructs)

    def name(self, word: str | None = None) -> str:
        """A name that nothing else has."""
        self.count += 1
        return f"{word or self.draw.pick(WORDS)}{self.count}"

    def small(self, types: Types) -> bool:
        """Whether values of these types keep the net cheap."""
        return all(self._small(type_) for type_ in types)

    def _small(self, type_: TensorType) -> bool:
        sizes = [self.at_default(dim) for dim in type_.shape]
        elements = 1
        for size in sizes:
            elements *= size
        return len(sizes) <= 4 and elements <= MOST_ELEMENTS and all(s <= LONGEST for s in sizes)

    def at_default(self, dim: Dim) -> int:
        return evaluate(dim, self.draw.sizes)
