"""Prints expressions as Python text, laid out as `ruff format` does by default.

On exit, the text parses, and formatting it again changes nothing. What doesn't fit on a line of 88
columns, or of the number given by `columns`, is broken at its outermost bracket: everything on one
further line if it fits there, else one item per line with a trailing comma.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Constant,
    Counted,
    DictDisplay,
    Expression,
    Generator,
    Index,
    Keyword,
    ListDisplay,
    Name,
    Slice,
    Star,
    TupleDisplay,
    Unary,
)
from netlang.diagnostics.errors import InternalError

__all__ = ["INDENT", "LOOSEST", "columns", "flat", "layout", "width"]

INDENT = " " * 4
_width: ContextVar[int] = ContextVar("width", default=88)
_PRECEDENCE = {
    "or": -2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "is"), -1),
    "|": 0,
    "+": 1,
    "-": 1,
    "*": 2,
    "/": 2,
    "//": 2,
    "%": 2,
    "@": 2,
    "**": 4,
}
_UNARY = 3
LOOSEST = min(_PRECEDENCE.values())
# The precedence that an attribute, an index or a call needs of its operand.
_TIGHTEST = 9


def width() -> int:
    """The maximum number of columns of a line."""
    return _width.get()


@contextmanager
def columns(count: int) -> Iterator[None]:
    """Inside, lines have up to `count` columns."""
    token = _width.set(count)
    try:
        yield
    finally:
        _width.reset(token)


def _constant(value: int | float | bool | str | None) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return f'float("{value}")'
        return re.sub(r"e([+-])0*(\d)", lambda m: f"e{m[1].strip('+')}{m[2]}", repr(value))
    return repr(value)


def _string(value: str) -> str:
    """A string literal in double quotes, unless single quotes need fewer escapes."""
    # With a double quote in it, `repr` delimits by single ones and escapes those.
    body = repr(f'"{value}')[2:-1].replace("\\'", "'")
    quote = '"' if value.count('"') <= value.count("'") else "'"
    escaped = body.replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"


def flat(node: Expression | Keyword, binding: int = LOOSEST) -> str:
    """An expression on one line; parenthesized if it binds less tightly than `binding`."""
    match node:
        case Name(id):
            return id
        case Constant(value):
            return _constant(value)
        case Keyword(name, value):
            return f"{name}={flat(value)}"
        case Attribute(value, name):
            return f"{flat(value, _TIGHTEST)}.{name}"
        case Unary(operator, value):
            text = f"{operator}{flat(value, _UNARY)}"
            return f"({text})" if binding > _UNARY else text
        case Binary():
            return _binary(node, binding)
        case Star(value):
            return f"*{flat(value, _TIGHTEST)}"
        case Counted(before, index, after):
            return f'f"{before}{{{flat(index)}}}{after}"'
        case Slice():
            return _slice(node)
        case Conditional(value, test, other):
            text = f"{flat(value, 1)} if {flat(test)} else {flat(other)}"
            return f"({text})" if binding > LOOSEST else text
        case _:
            return _in_brackets(node)


def _in_brackets(node: Expression) -> str:
    """An expression that has its own brackets."""
    match node:
        case Index(value, TupleDisplay(items)):
            return f"{flat(value, _TIGHTEST)}[{', '.join(map(flat, items))}]"
        case Index(value, item):
            return f"{flat(value, _TIGHTEST)}[{flat(item)}]"
        case Call(function, (Generator() as only,), ()):
            return f"{flat(function, _TIGHTEST)}{flat(only)}"
        case Call(function, arguments, keywords):
            given = ", ".join(map(flat, (*arguments, *keywords)))
            return f"{flat(function, _TIGHTEST)}({given})"
        case TupleDisplay(items):
            return f"({', '.join(map(flat, items))}{',' if len(items) == 1 else ''})"
        case ListDisplay(items):
            return f"[{', '.join(map(flat, items))}]"
        case DictDisplay(entries):
            return f"{{{', '.join(f'{_string(key)}: {flat(value)}' for key, value in entries)}}}"
        case Generator(element, loops):
            clauses = [f"{_loop(loop)}{flat(loop[1])}" for loop in loops]
            return f"({' '.join([flat(element), *clauses])})"
        case _:
            raise InternalError(f"{type(node).__name__} is left in a tree that is printed")


def _binary(node: Binary, binding: int) -> str:
    own = _PRECEDENCE[node.operator]
    right = own if node.operator == "**" else own + 1
    left = own + 1 if node.operator == "**" else own
    space = "" if node.operator == "**" and _simple(node.left) and _simple(node.right) else " "
    operator = f"{space}{node.operator}{space}"
    text = f"{flat(node.left, left)}{operator}{flat(node.right, right)}"
    return f"({text})" if own < binding else text


def _slice(node: Slice) -> str:
    """Colons have no spaces between names and numbers; otherwise they are spaced like operators."""
    parts = [node.start, node.stop, *([node.step] if node.step else [])]
    if all(part is None or isinstance(part, Name | Constant) for part in parts):
        return ":".join(flat(part) if part else "" for part in parts)
    text = flat(parts[0]) if parts[0] else ""
    for part in parts[1:]:
        text += (" :" if text else ":") + (f" {flat(part)}" if part else "")
    return text


def _simple(node: Expression) -> bool:
    """Whether the style guide for ``**`` calls it a simple operand."""
    if isinstance(node, Attribute):
        return _simple(node.value)
    return isinstance(node, Name) or (
        isinstance(node, Constant) and isinstance(node.value, int | float)
    )


def _loop(loop: tuple[str, Expression]) -> str:
    return f"for {loop[0]} in "


def layout(node: Expression | Keyword, indent: str, head: str = "", tail: str = "") -> list[str]:
    """An expression after `head` and before `tail`, broken if it doesn't fit."""
    line = f"{indent}{head}{flat(node)}{tail}"
    if len(line) <= width():
        return [line]
    match node:
        case Keyword(name, value):
            return layout(value, indent, f"{head}{name}=", tail)
        case Star(value):
            return layout(value, indent, f"{head}*", tail)
        case Call(function, (Generator() as only,), ()):
            return layout(only, indent, f"{head}{flat(function, _TIGHTEST)}", tail)
        case Call(function, arguments, keywords):
            return _bracketed(
                (*arguments, *keywords), indent, f"{head}{flat(function, _TIGHTEST)}(", f"){tail}"
            )
        case Index(value, TupleDisplay(items)):
            return _bracketed(items, indent, f"{head}{flat(value, _TIGHTEST)}[", f"]{tail}")
        case Index(Call() as value, item):
            return layout(value, indent, head, f"[{flat(item)}]{tail}")
        case ListDisplay(items) | TupleDisplay(items):
            left, right = "[]" if isinstance(node, ListDisplay) else "()"
            return _bracketed(items, indent, f"{head}{left}", f"{right}{tail}", together=False)
        case DictDisplay(entries):
            inner = indent + INDENT
            lines = [
                line
                for key, value in entries
                for line in layout(value, inner, f"{_string(key)}: ", ",")
            ]
            return [f"{indent}{head}{{", *lines, f"{indent}}}{tail}"]
        case Generator(element, loops):
            return _comprehension(element, loops, indent, f"{head}(", f"){tail}")
        case Binary():
            return _broken_binary(node, indent, head, tail)
        case _:
            return [line]


def _bracketed(
    items: tuple[Expression | Keyword, ...],
    indent: str,
    head: str,
    tail: str,
    *,
    together: bool = True,
) -> list[str]:
    """Items between brackets: `together` on one line of their own, else one per line."""
    if not items:
        return [f"{indent}{head}{tail}"]
    inner = indent + INDENT
    line = inner + ", ".join(map(flat, items))
    if together and len(line) <= width():
        body = [line]
    else:
        body = [line for item in items for line in layout(item, inner, tail=",")]
    return [f"{indent}{head}", *body, f"{indent}{tail}"]


def _comprehension(
    element: Expression,
    loops: tuple[tuple[str, Expression], ...],
    indent: str,
    head: str,
    tail: str,
) -> list[str]:
    inner = indent + INDENT
    together = inner + flat(Generator(element, loops))[1:-1]
    lines = [together]
    if len(together) > width():
        clauses = [line for loop in loops for line in layout(loop[1], inner, _loop(loop))]
        lines = [*layout(element, inner), *clauses]
    return [f"{indent}{head}", *lines, f"{indent}{tail}"]


def _broken_binary(node: Binary, indent: str, head: str, tail: str) -> list[str]:
    """A sum or product in parentheses; one operand per line if one line is too short."""
    inner = indent + INDENT
    whole = inner + flat(node)
    body = [whole] if len(whole) <= width() else [inner + line for line in _operands(node)]
    return [f"{indent}{head}(", *body, f"{indent}){tail}"]


def _operands(node: Binary) -> Iterator[str]:
    """Each operand after its operator; those that bind less tightly keep their parentheses."""
    own = _PRECEDENCE[node.operator]
    if isinstance(node.left, Binary) and _PRECEDENCE[node.left.operator] == own:
        yield from _operands(node.left)
    else:
        yield flat(node.left, own)
    yield f"{node.operator} {flat(node.right, own + 1)}"
