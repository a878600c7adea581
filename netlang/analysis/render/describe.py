"""Operators and blocks as the language would write them: ``conv(64, 7x7, stride=2, pad=3)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.analysis.render.literal import quoted
from netlang.diagnostics.texts import visible
from netlang.ir.arguments import Argument, Keyword, signature
from netlang.ir.dims import Expr
from netlang.ir.op import Op
from netlang.ir.program import Function

__all__ = ["describe", "is_window", "value_text", "written"]

# Longer values are cut: a table says what a layer is and needn't repeat all its numbers.
LONGEST_VALUE = 24

# A block doesn't say what its parameters are for: so long a list of such numbers may be a window,
# and the language takes `3x3` for `[3, 3]` everywhere.
_AXES = (2, 3)
_LARGEST_KERNEL = 32


def describe(
    callee: Op | Function | None,
    tied: Sequence[tuple[str, str]] = (),
    last: Op | Function | None = None,
) -> str:
    """An operator or block with the arguments that differ from its defaults.

    `tied` has the weights that are those of other steps, by name: ``weight`` for ``wte.weight``.
    `last` is the last of several steps with other rates: ``stochastic_depth(0.02..0.2)``.
    """
    if callee is None:
        return ""
    ends = zip(_arguments(callee, last), _arguments(last or callee, callee), strict=True)
    found = (_from_to(one, other) for one, other in ends)
    arguments = ", ".join((*found, *(f"{name}={weight}" for name, weight in tied)))
    return visible(f"{callee.name}({arguments})" if arguments else callee.name)


def _arguments(callee: Op | Function, other: Op | Function | None) -> Iterator[str]:
    """The arguments that differ from the defaults, or from those of the `other` operator."""
    return _of_operator(callee, other) if isinstance(callee, Op) else _of_block(callee)


def _from_to(first: str, last: str) -> str:
    """An argument of the first and the last of several steps, with few digits if they differ."""
    if first == last:
        return first
    name, equals, number = first.rpartition("=")
    return f"{name}{equals}{float(number):.3g}..{float(last.rpartition('=')[2]):.3g}"


def _of_operator(op: Op, other: object) -> Iterator[str]:
    for argument in signature(type(op)):
        value: object = getattr(op, argument.name)
        if argument.required:
            yield written(value, argument)
        elif value != argument.default or value != getattr(other, argument.name, value):
            yield f"{argument.name}={written(value, argument)}"
    yield from (f"{name}=..." for name in op.given)


def _of_block(function: Function) -> Iterator[str]:
    """Every argument in order; by name if some can't be shown (layers)."""
    told = {name: value for name, value in function.arguments.items() if _is_told(value)}
    for name, value in told.items():
        named = len(told) < len(function.arguments)
        yield f"{name}={written(value)}" if named else written(value)


def _is_told(value: object) -> bool:
    return isinstance(value, (bool, int, float, str, Expr)) or _is_numbers(value)


def _is_numbers(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, (int, float)) for item in value)


def written(value: object, argument: Argument | None = None) -> str:
    """A value as the language would write it, or three dots for one that is long."""
    text = value_text(value, argument)
    return text if len(text) <= LONGEST_VALUE else "[...]"


def value_text(value: object, argument: Argument | None = None) -> str:
    """A value as the language would write it, whatever its length.

    Without an `argument` of an operator, it is that of a block's parameter.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return _sequence(value, argument)
    if isinstance(value, str):
        # A choice is a word; what isn't one, such as an equation, stands in quotes.
        word = isinstance(value, Keyword) or (argument is not None and value.isidentifier())
        return value if word else quoted(value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return "none" if value is None else str(value)


def _sequence(value: Sequence[object], argument: Argument | None) -> str:
    if is_window(value, argument):
        return "x".join(map(str, value))
    return f"[{', '.join(value_text(item, argument) for item in value)}]"


def is_window(value: Sequence[object], argument: Argument | None) -> bool:
    """Whether numbers are sizes along the axes, which are written as `3x3`."""
    numbers = [item for item in value if isinstance(item, int) and not isinstance(item, bool)]
    if len(numbers) < max(2, len(value)):
        return False
    if argument is not None:
        return "each axis" in argument.kind.description
    return len(numbers) in _AXES and all(1 <= number <= _LARGEST_KERNEL for number in numbers)
