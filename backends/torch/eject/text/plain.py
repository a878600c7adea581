"""Definitions as a script contains them: compact, without annotations and long docstrings.

The code itself stays the same, character for character.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["plain"]

_WIDTH = 100


def plain(source: str) -> str:
    """A top-level function, class or constant of a module, as a script contains it."""
    node = ast.parse(source).body[0]
    if isinstance(node, ast.FunctionDef):
        return _function(node, source.splitlines())
    if isinstance(node, ast.ClassDef) and _is_named_tuple(node):
        return _named_tuple(node)
    if isinstance(node, ast.ClassDef):
        return _class(node, source.splitlines())
    return source


def _class(node: ast.ClassDef, lines: list[str]) -> str:
    """The class with its methods as a script contains them."""
    made, done = [], 0
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            first, last = each.lineno - 1, each.end_lineno or 0
            text = _function(each, lines)
            made += [*lines[done:first], *text.split("\n")[first:]]
            done = last
    return "\n".join([*made, *lines[done:]])


def _function(node: ast.FunctionDef, lines: list[str]) -> str:
    """A header on one line if it fits, the first line of the docstring, and the body."""
    space = " " * node.col_offset
    above = lines[: node.lineno - 1]
    body = node.body[1:] if ast.get_docstring(node) else node.body
    text = (ast.get_docstring(node) or "").split("\n", 1)[0]
    about = [f'{space}    """{text}"""'] if text else []
    last = node.body[0].end_lineno if text else body[0].lineno - 1
    header = [space + line for line in _header(node, "\n".join(lines))]
    return "\n".join([*above, *header, *about, *lines[last : node.end_lineno]])


def _header(node: ast.FunctionDef, source: str) -> list[str]:
    """The header as `ruff format` breaks it."""
    given, room = list(_parameters(node.args, source)), _WIDTH - node.col_offset
    whole = f"def {node.name}({', '.join(given)}):"
    if len(whole) <= room:
        return [whole]
    together = f"    {', '.join(given)}"
    inner = [together] if len(together) <= room else [f"    {each}," for each in given]
    return [f"def {node.name}(", *inner, "):"]


def _parameters(given: ast.arguments, source: str) -> Iterator[str]:
    """The parameters with their defaults as `source` has them."""
    first = [*given.posonlyargs, *given.args]
    required = len(first) - len(given.defaults)
    defaults: list[ast.expr | None] = [*[None] * required, *given.defaults]
    for place, (each, default) in enumerate(zip(first, defaults, strict=True), 1):
        yield _parameter(each, default, source)
        yield from ("/",) if place == len(given.posonlyargs) else ()
    if given.vararg or given.kwonlyargs:
        yield f"*{given.vararg.arg if given.vararg else ''}"
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _parameter(each, default, source)
    yield from (f"**{given.kwarg.arg}",) if given.kwarg else ()


def _parameter(each: ast.arg, default: ast.expr | None, source: str) -> str:
    return f"{each.arg}={ast.get_source_segment(source, default)}" if default else each.arg


def _is_named_tuple(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in node.bases)


def _named_tuple(node: ast.ClassDef) -> str:
    fields = [
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]
    return f'{node.name} = namedtuple("{node.name}", "{" ".join(fields)}")'
