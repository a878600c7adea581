"""Definitions as a script contains them: compact, without annotations and long docstrings.

The code itself stays the same, character for character.
"""

from __future__ import annotations

import ast

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
    header = [space + line for line in _header(node)]
    return "\n".join([*above, *header, *about, *lines[last : node.end_lineno]])


def _header(node: ast.FunctionDef) -> list[str]:
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        argument.annotation = None
    for rest in (node.args.vararg, node.args.kwarg):
        if rest is not None:
            rest.annotation = None
    # In the quotes that the functions have: their defaults are plain words.
    arguments = ast.unparse(node.args).replace("'", '"')
    whole = f"def {node.name}({arguments}):"
    if len(whole) <= _WIDTH:
        return [whole]
    return [f"def {node.name}(", f"    {arguments},", "):"]


def _is_named_tuple(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in node.bases)


def _named_tuple(node: ast.ClassDef) -> str:
    fields = [
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]
    return f'{node.name} = namedtuple("{node.name}", "{" ".join(fields)}")'
