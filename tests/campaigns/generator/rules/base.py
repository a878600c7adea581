"""The table of rules: for every operator, what it admits and how its arguments are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from netlang.ir.op import Op
from netlang.ir.types import TensorType
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value

__all__ = ["JOINS", "SOURCES", "STEPS", "Join", "channels", "is_float", "join", "places", "step"]

Step: TypeAlias = Callable[[Draw, Value], Op | None]


@dataclass(frozen=True)
class Join:
    """An operator of several inputs: the current value and `others`, each told by its type.

    `ordered` says that the current value must come first.
    """

    op: Op
    others: tuple[TensorType, ...]
    ordered: bool = False


# Operators of one input: the operator with arguments that fit the value, or None.
STEPS: dict[str, Step] = {}
# Operators of several inputs, the current value one of them.
JOINS: dict[str, Callable[[Draw, Value], Join | None]] = {}
# Operators of no input, made to be joined with the value.
SOURCES: dict[str, Step] = {}


def step(name: str) -> Callable[[Step], Step]:
    """Registers the rule of an operator of one input."""

    def register(rule: Step) -> Step:
        STEPS[name] = rule
        return rule

    return register


def join(
    name: str,
) -> Callable[[Callable[[Draw, Value], Join | None]], Callable[[Draw, Value], Join | None]]:
    """Registers the rule of an operator of several inputs."""

    def register(
        rule: Callable[[Draw, Value], Join | None],
    ) -> Callable[[Draw, Value], Join | None]:
        JOINS[name] = rule
        return rule

    return register


def is_float(x: Value) -> bool:
    """A batch of floating point numbers."""
    return x.type.dtype.is_float and x.type.batch is not None


def channels(x: Value) -> int | None:
    """The number of channels of a batch of floats, if it is a number."""
    first = x.type.shape[0] if is_float(x) and x.type.rank else None
    return first if isinstance(first, int) else None


def places(x: Value) -> bool:
    """Whether `x` is a batch of floats with one to three spatial axes."""
    return is_float(x) and x.type.rank in (2, 3, 4)
