"""Trees as Python text, laid out as `ruff format` lays it out by default.

Holds on exit: the text parses, and formatting it again changes nothing. What doesn't fit on a line
of 88 columns is broken at its outermost bracket: all on one further line if it fits there, else
one item a line with a trailing comma.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator

from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    ClassDef,
    Comment,
    Constant,
    Do,
    Expression,
    Field,
    For,
    FunctionDef,
    Generator,
    If,
    Index,
    Keyword,
    ListDisplay,
    Name,
    Parameter,
    Return,
    Slice,
    Star,
    Statement,
    TupleDisplay,
    Unary,
)
from netlang.diagnostics.core import InternalError

__all__ = ["WIDTH", "flat", "printable", "statement_lines"]

WIDTH = 88
_INDENT = " " * 4
_PRECEDENCE = {"|": 0, "+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2, "@": 2, "**": 4}


def printable(text: str) -> str:
    """`text` with every character that an editor wouldn't show as itself written as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _constant(value: int | float | bool | str | None) -> str:
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'
    if isinstance(value, float):
        if not math.isfinite(value):
            return f'float("{value}")'
        return re.sub(r"e([+-])0*(\d)", lambda m: f"e{m[1].strip('+')}{m[2]}", text)
    return text


def flat(node: Expression | Keyword, binding: int = 0) -> str:
    """An expression on one line; in parentheses where it binds less than `binding`."""
    match node:
        case Name(id):
            return id
        case Constant(value):
            return _constant(value)
        case Keyword(name, value):
            return f"{name}={flat(value)}"
        case Attribute(value, name):
            return f"{flat(value, 9)}.{name}"
        case Index(value, item):
            inside = ", ".join(map(flat, item.items)) if isinstance(item, TupleDisplay) else None
            return f"{flat(value, 9)}[{flat(item) if inside is None else inside}]"
        case Slice():
            return _slice(node)
        case Call(function, (Generator() as only,), ()):
            return f"{flat(function, 9)}{flat(only)}"
        case Call(function, arguments, keywords):
            return f"{flat(function, 9)}({', '.join(map(flat, (*arguments, *keywords)))})"
        case Unary(operator, value):
            return f"{operator}{flat(value, 3)}"
        case Binary():
            return _binary(node, binding)
        case TupleDisplay(items):
            return f"({', '.join(map(flat, items))}{',' if len(items) == 1 else ''})"
        case ListDisplay(items):
            return f"[{', '.join(map(flat, items))}]"
        case Star(value):
            return f"*{flat(value, 9)}"
        case Generator(element, loops):
            return f"({' '.join([flat(element), *(f'{_loop(l)}{flat(l[1])}' for l in loops)])})"
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
    """Colons stand alone between names and numbers, and like an operator between anything else."""
    parts = [node.start, node.stop, *([node.step] if node.step else [])]
    if all(part is None or isinstance(part, Name | Constant) for part in parts):
        return ":".join(flat(part) if part else "" for part in parts)
    text = flat(parts[0]) if parts[0] else ""
    for part in parts[1:]:
        text += (" :" if text else ":") + (f" {flat(part)}" if part else "")
    return text


def _simple(node: Expression) -> bool:
    """What the style guide for ``**`` calls a simple operand."""
    if isinstance(node, Attribute):
        return _simple(node.value)
    return isinstance(node, Name) or (
        isinstance(node, Constant) and isinstance(node.value, int | float)
    )


def _loop(loop: tuple[str, Expression]) -> str:
    return f"for {loop[0]} in "


def layout(node: Expression | Keyword, indent: str, head: str = "", tail: str = "") -> list[str]:
    """An expression after `head` and before `tail`, broken where it doesn't fit."""
    line = f"{indent}{head}{flat(node)}{tail}"
    if len(line) <= WIDTH:
        return [line]
    match node:
        case Keyword(name, value):
            return layout(value, indent, f"{head}{name}=", tail)
        case Star(value):
            return layout(value, indent, f"{head}*", tail)
        case Call(function, (Generator() as only,), ()):
            return layout(only, indent, f"{head}{flat(function, 9)}", tail)
        case Call(function, arguments, keywords):
            return _bracketed(
                (*arguments, *keywords), indent, f"{head}{flat(function, 9)}(", f"){tail}"
            )
        case ListDisplay(items):
            return _bracketed(items, indent, f"{head}[", f"]{tail}")
        case TupleDisplay(items):
            return _bracketed(items, indent, f"{head}(", f"){tail}")
        case Generator(element, loops):
            return _comprehension(element, loops, indent, f"{head}(", f"){tail}")
        case Binary():
            return _broken_binary(node, indent, head, tail)
        case _:
            return [line]


def _bracketed(
    items: tuple[Expression | Keyword, ...], indent: str, head: str, tail: str
) -> list[str]:
    """Items between brackets: on one line of their own, else each on one."""
    if not items:
        return [f"{indent}{head}{tail}"]
    inner = indent + _INDENT
    together = inner + ", ".join(map(flat, items))
    if len(together) <= WIDTH:
        body = [together]
    elif len(items) == 1 and isinstance(items[0], Star | Call):
        body = layout(items[0], inner, tail=",")
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
    inner = indent + _INDENT
    together = inner + flat(Generator(element, loops))[1:-1]
    lines = [together]
    if len(together) > WIDTH:
        clauses = [line for loop in loops for line in layout(loop[1], inner, _loop(loop))]
        lines = [*layout(element, inner), *clauses]
    return [f"{indent}{head}", *lines, f"{indent}{tail}"]


def _broken_binary(node: Binary, indent: str, head: str, tail: str) -> list[str]:
    """A sum or product in parentheses, one operand a line where one line is too short."""
    inner = indent + _INDENT
    whole = inner + flat(node)
    body = [whole]
    if len(whole) > WIDTH:
        body = [
            line
            for operator, operand in _operands(node)
            for line in layout(operand, inner, f"{operator} " if operator else "")
        ]
    return [f"{indent}{head}(", *body, f"{indent}){tail}"]


def _operands(node: Binary) -> Iterator[tuple[str, Expression]]:
    own = _PRECEDENCE[node.operator]
    if isinstance(node.left, Binary) and _PRECEDENCE[node.left.operator] == own:
        yield from _operands(node.left)
    else:
        yield "", node.left
    yield node.operator, node.right


def statement_lines(statement: Statement, indent: str = "") -> list[str]:
    """A statement with everything in it, as lines."""
    match statement:
        case Assign(target, value, comment):
            names = target.items if isinstance(target, TupleDisplay) else (target,)
            head = f"{', '.join(map(flat, names))}{',' if target is not names[0] and len(names) == 1 else ''} = "
            return _commented(layout(value, indent, head), indent, comment)
        case Return(value, comment):
            return _commented(_returned(value, indent), indent, comment)
        case Do(value):
            return layout(value, indent)
        case Comment(text):
            return [f"{indent}# {printable(text)}"]
        case Field(name, annotation):
            return [f"{indent}{name}: {flat(annotation)}"]
        case If(test, body):
            return [f"{indent}if {flat(test)}:", *_block(body, indent)]
        case For(target, iterable, body):
            return [f"{indent}for {target} in {flat(iterable)}:", *_block(body, indent)]
        case FunctionDef():
            return _function(statement, indent)
        case ClassDef():
            return _class(statement, indent)


def _returned(value: Expression, indent: str) -> list[str]:
    if isinstance(value, TupleDisplay) and len(value.items) > 1:
        line = f"{indent}return {', '.join(map(flat, value.items))}"
        if len(line) <= WIDTH:
            return [line]
    return layout(value, indent, "return ")


def _commented(lines: list[str], indent: str, comment: str) -> list[str]:
    """A comment behind a statement of one line, or above it where there is no room."""
    if not comment:
        return lines
    text = f"# {printable(comment)}"
    if len(lines) == 1 and len(lines[0]) + 2 + len(text) <= WIDTH:
        return [f"{lines[0]}  {text}"]
    return [f"{indent}{text}", *lines]


def _block(body: tuple[Statement, ...], indent: str) -> list[str]:
    return [line for statement in body for line in statement_lines(statement, indent + _INDENT)]


def _parameter(parameter: Parameter) -> str:
    text = parameter.name
    if parameter.annotation:
        text += f": {flat(parameter.annotation)}"
    if parameter.default:
        text += f"{' = ' if parameter.annotation else '='}{flat(parameter.default)}"
    return text


def _function(function: FunctionDef, indent: str) -> list[str]:
    parameters = [_parameter(parameter) for parameter in function.parameters]
    tail = f") -> {flat(function.returns)}:"
    head = [f"{indent}def {function.name}({', '.join(parameters)}{tail}"]
    if len(head[0]) > WIDTH:
        inner = indent + _INDENT
        together = inner + ", ".join(parameters)
        each = [together] if len(together) <= WIDTH else [f"{inner}{p}," for p in parameters]
        head = [f"{indent}def {function.name}(", *each, f"{indent}{tail}"]
    return [*head, *_docstring(function.doc, indent + _INDENT), *_block(function.body, indent)]


def _class(definition: ClassDef, indent: str) -> list[str]:
    lines = [f"{indent}class {definition.name}({flat(definition.base)}):"]
    lines += _docstring(definition.doc, indent + _INDENT)
    for number, statement in enumerate(definition.body):
        if (isinstance(statement, FunctionDef) and (number or definition.doc)) or (
            number == 0 and definition.doc
        ):
            lines.append("")
        lines += statement_lines(statement, indent + _INDENT)
    return lines


def _docstring(text: str, indent: str) -> list[str]:
    return docstring(text, indent) if text else []


def docstring(text: str, indent: str = "") -> list[str]:
    """`text` between triple quotes, such that nothing in it can end them."""
    first, *rest = _wrapped(_dedented(text.strip().expandtabs().splitlines()), WIDTH - len(indent))
    safe = [_quoted(line) for line in (first, *rest)]
    if not rest:
        return [f'{indent}"""{safe[0]}{" " if safe[0].endswith(chr(34)) else ""}"""']
    body = [f"{indent}{line}" if line else "" for line in safe[1:]]
    return [f'{indent}"""{safe[0]}', *body, f'{indent}"""']


def _quoted(line: str) -> str:
    return printable(line.replace("\\", "\\\\")).replace('"""', '\\"\\"\\"').rstrip()


def _dedented(lines: list[str]) -> list[str]:
    """Lines after the first without the indentation that they share."""
    rest = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    shared = min(rest, default=0)
    return [lines[0].strip(), *(line[shared:].rstrip() for line in lines[1:])]


def _wrapped(lines: list[str], width: int) -> list[str]:
    """Long lines broken between words; there is room for the quotes in the first."""
    found: list[str] = []
    for number, line in enumerate(lines):
        room = width if number or len(lines) > 1 else width - 3
        pieces = textwrap.wrap(
            line, room - (0 if number else 3), break_long_words=False, break_on_hyphens=False
        )
        found.extend(pieces or [""])
    return found
