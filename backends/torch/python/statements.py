"""Prints statements, classes and docstrings as Python text, laid out as `ruff format` does.

On exit, the text parses, formatting it again changes nothing, and no comment or docstring ends
prematurely.
"""

from __future__ import annotations

import re
import textwrap
from itertools import groupby

from netlang.backends.torch.python.printer import INDENT, LOOSEST, flat, layout, width
from netlang.backends.torch.python.tree import (
    Assign,
    ClassDef,
    Comment,
    Do,
    Expression,
    Field,
    For,
    FunctionDef,
    If,
    Parameter,
    Return,
    Statement,
    TupleDisplay,
)
from netlang.diagnostics.texts import visible

__all__ = ["docstring", "quoted", "statement_lines"]

# A line that begins with a word, and not with the number of an item or a name that is explained.
_PROSE = re.compile(r"(?![0-9]+[.)] |[`\w]+: )[\w(\"'`]")


def statement_lines(statement: Statement, indent: str = "") -> list[str]:
    """A statement, including everything in it, as lines."""
    match statement:
        case Assign(target, value, comment, annotation):
            declared = f": {flat(annotation)}" if annotation else ""
            return _commented(
                layout(value, indent, f"{_target(target)}{declared} = "), indent, comment
            )
        case Return(value, comment):
            return _commented(_returned(value, indent), indent, comment)
        case Do(value):
            return layout(value, indent)
        case Comment(text):
            return [f"{indent}# {visible(text)}"]
        case Field(name, annotation):
            return [f"{indent}{name}: {flat(annotation)}"]
        case If(test, body):
            return [f"{indent}if {flat(test, LOOSEST)}:", *_block(body, indent)]
        case For(target, iterable, body):
            return [f"{indent}for {target} in {flat(iterable)}:", *_block(body, indent)]
        case FunctionDef():
            return _function(statement, indent)
        case ClassDef():
            return _class(statement, indent)


def _target(target: Expression) -> str:
    """The target of an assignment; several names stand without parentheses."""
    several = isinstance(target, TupleDisplay) and len(target.items) > 1
    return flat(target)[1:-1] if several else flat(target)


def _returned(value: Expression, indent: str) -> list[str]:
    if isinstance(value, TupleDisplay) and len(value.items) > 1:
        line = f"{indent}return {', '.join(map(flat, value.items))}"
        if len(line) <= width():
            return [line]
    return layout(value, indent, "return ")


def _commented(lines: list[str], indent: str, comment: str) -> list[str]:
    """A comment after a one-line statement, or above it if there is no room."""
    if not comment:
        return lines
    text = f"# {visible(comment)}"
    if len(lines) == 1 and len(lines[0]) + 2 + len(text) <= width():
        return [f"{lines[0]}  {text}"]
    above = textwrap.wrap(text[2:], width() - len(indent) - 2)
    return [*(f"{indent}# {line}" for line in above), *lines]


def _block(body: tuple[Statement, ...], indent: str) -> list[str]:
    return [line for statement in body for line in statement_lines(statement, indent + INDENT)]


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
    if len(head[0]) > width():
        inner = indent + INDENT
        together = inner + ", ".join(parameters)
        each = [together] if len(together) <= width() else [f"{inner}{p}," for p in parameters]
        head = [f"{indent}def {function.name}(", *each, f"{indent}{tail}"]
    return [*head, *_docstring(function.doc, indent + INDENT), *_block(function.body, indent)]


def _class(definition: ClassDef, indent: str) -> list[str]:
    lines = [f"{indent}class {definition.name}({flat(definition.base)}):"]
    condition = f", where {' or '.join(definition.where)}." if definition.where else ""
    doc = f"{definition.doc.removesuffix('.')}{condition}" if condition else definition.doc
    doc += f"\n\n{definition.example}" if definition.example else ""
    lines += _docstring(doc, indent + INDENT)
    for number, statement in enumerate(definition.body):
        if isinstance(statement, FunctionDef) or number == 0:
            lines.append("")
        lines += statement_lines(statement, indent + INDENT)
    return lines


def _docstring(text: str, indent: str) -> list[str]:
    return docstring(text, indent) if text else []


def docstring(text: str, indent: str = "") -> list[str]:
    """`text` between triple quotes, which nothing in it can end."""
    first, *rest = _wrapped(
        _dedented(text.strip().expandtabs().splitlines()), width() - len(indent)
    )
    safe = [quoted(line) for line in (first, *rest)]
    if not rest:
        return [f'{indent}"""{safe[0]}{" " if safe[0].endswith(chr(34)) else ""}"""']
    body = [f"{indent}{line}" if line else "" for line in safe[1:]]
    return [f'{indent}"""{safe[0]}', *body, f'{indent}"""']


def quoted(line: str) -> str:
    """A line for a docstring; nothing in it is an escape or ends the quotes."""
    return visible(line.replace("\\", "\\\\")).replace('"""', '\\"\\"\\"').rstrip()


def _dedented(lines: list[str]) -> list[str]:
    """The lines, all but the first without their common indentation."""
    rest = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    shared = min(rest, default=0)
    return [lines[0].strip(), *(line[shared:].rstrip() for line in lines[1:])]


def _wrapped(lines: list[str], most: int) -> list[str]:
    """Long lines broken between words; the first one leaves room for the quotes."""
    found: list[str] = []
    for _, group in groupby(lines, bool):
        paragraph, quotes = list(group), 0
        if not found:
            quotes = 3 if len(lines) > 1 else 6
        # By itself, each long line of prose would leave a word or two on the next.
        together = _is_prose(paragraph) and max(map(len, paragraph)) > most - quotes
        for text in [" ".join(paragraph)] if together else paragraph:
            found.extend(_broken(text, most, 0 if found else quotes))
    return found


def _broken(text: str, most: int, quotes: int) -> list[str]:
    first, *rest = textwrap.wrap(
        text,
        most,
        initial_indent=" " * quotes,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
    return [first[quotes:], *rest]


def _is_prose(paragraph: list[str]) -> bool:
    """Whether line breaks say nothing: there is no indentation, list, table or example."""
    return all(_PROSE.match(line) and "  " not in line for line in paragraph)
