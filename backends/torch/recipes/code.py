"""Expressions over tensors that can be evaluated and printed, with the same meaning."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, final

from netlang.backends.torch.invocation import Invocation, Setting, literal, power

__all__ = [
    "FunctionCall", "Code", "Infix", "NumberLiteral", "Method", "Named", "Negative",
    "invocations_in", "names_in",
]  # fmt: skip

Values: TypeAlias = Mapping[str, Any]

_ATOM = 10


class Code(ABC):
    """An expression; `rank` is its precedence in Python."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """The precedence; higher binds tighter."""

    @abstractmethod
    def evaluate(self, values: Values) -> Any:
        """The value, with names looked up in `values`."""

    @abstractmethod
    def source(self, names: Mapping[str, str]) -> str:
        """The source text, with names replaced as in `names`."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Code, ...]:
        """The subexpressions."""

    def within(self, rank: int, names: Mapping[str, str]) -> str:
        """The text as an operand of an expression of the given rank."""
        text = self.source(names)
        return text if self.rank >= rank else f"({text})"


def invocations_in(code: Code) -> Iterator[Invocation]:
    """Every call in an expression."""
    if isinstance(code, FunctionCall):
        yield code.invocation
    for part in code.parts:
        yield from invocations_in(part)


def names_in(code: Code) -> Iterator[str]:
    """Every name in an expression, with repetition."""
    if isinstance(code, Named):
        yield code.name
    for part in code.parts:
        yield from names_in(part)


@final
@dataclass(frozen=True)
class Named(Code):
    """A value looked up by name."""

    name: str
    rank: ClassVar[int] = _ATOM
    parts: ClassVar[tuple[Code, ...]] = ()

    def evaluate(self, values: Values) -> Any:
        return values[self.name]

    def source(self, names: Mapping[str, str]) -> str:
        return names.get(self.name, self.name)


@final
@dataclass(frozen=True)
class NumberLiteral(Code):
    """A number."""

    value: float
    parts: ClassVar[tuple[Code, ...]] = ()

    @property
    def rank(self) -> int:
        return _ATOM if self.value >= 0.0 else 4

    def evaluate(self, values: Values) -> Any:
        return self.value

    def source(self, names: Mapping[str, str]) -> str:
        return literal(self.value)


@final
@dataclass(frozen=True)
class FunctionCall(Code):
    """A function with settings, applied to operands."""

    invocation: Invocation
    operands: tuple[Code, ...]
    rank: ClassVar[int] = _ATOM

    @property
    def parts(self) -> tuple[Code, ...]:
        return self.operands

    def evaluate(self, values: Values) -> Any:
        return self.invocation(*(each.evaluate(values) for each in self.operands))

    def source(self, names: Mapping[str, str]) -> str:
        return self.invocation.source(*(each.source(names) for each in self.operands))


@final
@dataclass(frozen=True)
class Method(Code):
    """A method of a tensor: ``x.flatten(1)``, ``label.to(logits)``."""

    owner: Code
    name: str
    arguments: tuple[Setting | Code, ...] = ()
    rank: ClassVar[int] = _ATOM

    @property
    def parts(self) -> tuple[Code, ...]:
        return (self.owner, *(each for each in self.arguments if isinstance(each, Code)))

    def evaluate(self, values: Values) -> Any:
        given = (
            each.evaluate(values) if isinstance(each, Code) else each for each in self.arguments
        )
        return getattr(self.owner.evaluate(values), self.name)(*given)

    def source(self, names: Mapping[str, str]) -> str:
        given = (
            each.source(names) if isinstance(each, Code) else literal(each)
            for each in self.arguments
        )
        return f"{self.owner.within(_ATOM, names)}.{self.name}({', '.join(given)})"


_OPERATORS: Mapping[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "+": (1, operator.add),
    "-": (1, operator.sub),
    "*": (2, operator.mul),
    "/": (2, operator.truediv),
    "**": (6, operator.pow),
}


@final
@dataclass(frozen=True)
class Infix(Code):
    """``left + right`` and similar."""

    symbol: str
    left: Code
    right: Code

    @property
    def rank(self) -> int:
        return _OPERATORS[self.symbol][0]

    @property
    def parts(self) -> tuple[Code, ...]:
        return self.left, self.right

    def evaluate(self, values: Values) -> Any:
        return _OPERATORS[self.symbol][1](self.left.evaluate(values), self.right.evaluate(values))

    def source(self, names: Mapping[str, str]) -> str:
        # `**` groups to the right, all else to the left.
        if self.symbol == "**":
            exponent = self.right.within(self.rank, names)
            return power(self.left.within(self.rank + 1, names), exponent)
        first = self.left.within(self.rank, names)
        return f"{first} {self.symbol} {self.right.within(self.rank + 1, names)}"


@final
@dataclass(frozen=True)
class Negative(Code):
    """``-x``."""

    operand: Code
    rank: ClassVar[int] = 4

    @property
    def parts(self) -> tuple[Code, ...]:
        return (self.operand,)

    def evaluate(self, values: Values) -> Any:
        return -self.operand.evaluate(values)

    def source(self, names: Mapping[str, str]) -> str:
        # `-(x**2)`, as `ruff format` has it.
        return f"-{self.operand.within(_ATOM, names)}"
