"""Text with places for numbers, so that bodies which differ in numbers alone are one block.

A statement is a list of pieces. `slots` are the literals of a statement that may become
parameters, in the order of its text; `rendered` puts a text in the place of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeAlias, final

from netlang.analysis.render.literal import literal
from netlang.backends.torch.importing.steps import BareWord, Dims
from netlang.backends.torch.importing.text.progressions import progression
from netlang.ir.arguments import signature
from netlang.ops import operator
from netlang.records import Record

__all__ = [
    "AppliedText", "Arg", "Count", "Literal", "NumberSlot", "Piece", "Statement", "applied",
    "literal_text", "rendered", "skeleton", "slots",
]  # fmt: skip

Literal: TypeAlias = "bool | int | float | str | Dims | BareWord | tuple[Literal, ...]"

# Longer lists are tables of numbers, which are one by one no parameters.
_LISTED = 8
_SHORT = {"batch_norm": "bn", "global_avgpool": "gap"}


@final
class Arg(Record):
    """One argument: `named` if it is written with its name, and left out if it is `default`."""

    name: str
    value: Literal
    named: bool
    default: Literal | None = None


@final
class AppliedText(Record):
    """An operator or block with its arguments; `bare` may stand without parentheses."""

    name: str
    args: tuple[Arg, ...] = ()


@final
class Count(Record):
    """How often something is repeated."""

    value: int


Piece: TypeAlias = str | AppliedText | Count
Statement: TypeAlias = list[Piece]


@final
class NumberSlot(Record):
    """A literal that may become a parameter, with the name of its argument."""

    name: str
    value: Literal


@cache
def _signature(op: str) -> tuple[tuple[str, bool, object], ...]:
    found = operator(op)
    assert found is not None, op
    return tuple((each.name, each.required, each.default) for each in signature(found))


_OPTIONAL = {"p", "negative_slope", "alpha", "exponent", "axes", "axis", "stop"}


def applied(op: str, arguments: dict[str, Literal]) -> AppliedText:
    """An operator in the order of its signature, with defaults where it has them."""
    if op == "gap":
        return AppliedText("gap")
    args = []
    left = False
    for name, required, default in _signature(op):
        if name not in arguments:
            left = left or not required
            continue
        value = arguments.pop(name)
        named = not required and (left or name not in _OPTIONAL)
        left = left or not required
        known = default if isinstance(default, bool | int | float | str) else None
        args.append(Arg(name, value, named, BareWord(known) if isinstance(known, str) else known))
    args += [Arg(name, value, True) for name, value in arguments.items()]
    return AppliedText(_SHORT.get(op, op), tuple(args))


def literal_text(value: Literal) -> str:
    """A literal as the language writes it."""
    match value:
        case Dims():
            return "x".join(map(str, value))
        case tuple():
            listed = f"[{', '.join(map(literal_text, value))}]"
            ruled = _ruled(value) if len(value) > _LISTED else None
            return ruled if ruled is not None and len(ruled) < len(listed) else listed
        case BareWord():
            return str(value)
        case float():
            return _float(value)
        case _:
            return literal(value)


def _ruled(value: tuple[Literal, ...]) -> str | None:
    """A list of whole numbers as the rule by which they rise."""
    numbers = [each for each in value if isinstance(each, int) and not isinstance(each, bool)]
    return progression(numbers) if len(numbers) == len(value) else None


def _float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _is_slot(value: Literal) -> bool:
    if isinstance(value, Dims):
        return len(set(value)) == 1
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_value(name: str, value: Literal) -> Iterator[NumberSlot]:
    if _is_slot(value):
        yield NumberSlot(name, value)
    elif isinstance(value, tuple) and not isinstance(value, Dims) and len(value) <= _LISTED:
        for each in value:
            yield from _of_value(name, each)


def slots(statements: Sequence[Statement]) -> Iterator[NumberSlot]:
    """The literals that may become parameters."""
    for statement in statements:
        for piece in statement:
            if isinstance(piece, Count):
                yield NumberSlot("depth", piece.value)
            elif isinstance(piece, AppliedText):
                for arg in piece.args:
                    yield from _of_value(arg.name, arg.value)


def skeleton(statements: Sequence[Statement]) -> str:
    """The text without its slots: equal for bodies that differ in numbers alone."""
    parts = []
    for statement in statements:
        for piece in statement:
            if isinstance(piece, AppliedText):
                shown = ", ".join(f"{arg.name}={_hollow(arg.value)}" for arg in piece.args)
                parts.append(f"{piece.name}({shown})")
            else:
                parts.append("#" if isinstance(piece, Count) else piece)
        parts.append("\n")
    return "".join(parts)


def _hollow(value: Literal) -> str:
    if _is_slot(value):
        return "#x" if isinstance(value, Dims) else "#"
    if isinstance(value, tuple) and not isinstance(value, Dims) and len(value) <= _LISTED:
        return f"[{', '.join(map(_hollow, value))}]"
    return literal_text(value)


def rendered(statements: Sequence[Statement], texts: Callable[[NumberSlot], str | None]) -> str:
    """The text; `texts` gives that of each slot in order, None for the literal itself."""
    return "\n".join("".join(_piece(piece, texts) for piece in each) for each in statements)


def _piece(piece: Piece, texts: Callable[[NumberSlot], str | None]) -> str:
    match piece:
        case Count(value):
            return texts(NumberSlot("depth", value)) or str(value)
        case AppliedText(name, args):
            shown = [text for arg in args if (text := _arg(arg, texts)) is not None]
            return f"{name}({', '.join(shown)})" if shown else name
        case _:
            return piece


def _arg(arg: Arg, texts: Callable[[NumberSlot], str | None]) -> str | None:
    text, literal = _value(arg.name, arg.value, texts)
    if literal and arg.default is not None and _is_default(arg.value, arg.default):
        return None
    return f"{arg.name}={text}" if arg.named else text


def _is_default(value: Literal, default: Literal) -> bool:
    if isinstance(value, bool) or isinstance(default, bool):
        return value is default
    return value == default


def _value(
    name: str, value: Literal, texts: Callable[[NumberSlot], str | None]
) -> tuple[str, bool]:
    """The text of an argument, and whether it is the literal itself."""
    if _is_slot(value):
        text = texts(NumberSlot(name, value))
        return (literal_text(value), True) if text is None else (text, False)
    if isinstance(value, tuple) and not isinstance(value, Dims) and len(value) <= _LISTED:
        parts = [_value(name, each, texts) for each in value]
        return f"[{', '.join(text for text, _ in parts)}]", all(own for _, own in parts)
    return literal_text(value), True
