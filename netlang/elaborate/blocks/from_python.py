"""Arguments of nets and blocks that are given from Python."""

from __future__ import annotations

from netlang.evaluate.binding import bind
from netlang.evaluate.values import BoundArgument, Layer, Value
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.limits import MAX_DEPTH

__all__ = ["from_python", "with_python_values"]

_MOST_BITS = 14_000
"""The most digits of whole numbers from Python, which writes out at most 4,300."""


def with_python_values(layer: Layer, arguments: dict[str, object], span: Span) -> Layer:
    """The layer with arguments given from Python."""
    values = {name: from_python(value) for name, value in arguments.items()}
    source = Source(
        "<arguments>", ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    )
    whole = Span(source, 0, len(source.text))
    bound = dict(layer.arguments)
    named = tuple(ast.Argument(whole, name, whole, ast.Number(whole, 0)) for name in arguments)
    bind(layer, named, lambda expr: 0, span)
    for name, given in values.items():
        bound[name] = BoundArgument(given, whole)
    return Layer(layer.target, tuple(bound.items()))


def from_python(value: object, depth: int = 0) -> Value:
    """A plain Python value as a value of the language. Raises `TypeError` for anything else.

    This includes lists nested more than `MAX_DEPTH` deep (or containing themselves), and whole
    numbers that Python won't write out.
    """
    if isinstance(value, (list, tuple)):
        if depth == MAX_DEPTH:
            raise TypeError(f"a list that is over {MAX_DEPTH} deep has no counterpart")
        return tuple(from_python(item, depth + 1) for item in value)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise TypeError(f"a number of {value.bit_length():,} bits has no counterpart")
    if isinstance(value, (bool, int, float, str, Layer)):
        return value
    raise TypeError(f"{value!r} has no counterpart in the language")
