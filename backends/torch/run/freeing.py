"""Makes functions of emitted source let go of values that nothing reads any more.

Emitted source keeps a value that has a name until its function returns, which is what a reader
expects, and what training needs anyway. Where there are thousands, and no gradients, that is most
of the memory. What a function computes stays the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["freeing"]


def freeing(tree: ast.Module) -> ast.Module:
    """A module whose methods delete each of their variables after its last use.

    Lines keep their numbers. Changes the tree in place.
    """
    for kind in tree.body:
        for each in kind.body if isinstance(kind, ast.ClassDef) else ():
            if isinstance(each, ast.FunctionDef) and each.name != "__init__":
                each.body = _freed(each)
    return tree


def _freed(function: ast.FunctionDef) -> list[ast.stmt]:
    """The statements of a function, with a `del` after those that read a variable last.

    Nothing is added if functions stand in it, which may read its variables later.
    """
    last: dict[str, int] = {}
    bound = {each.arg for each in function.args.args}
    for place, statement in enumerate(function.body):
        for each in ast.walk(statement):
            if isinstance(each, ast.Name):
                last[each.id] = place
            elif isinstance(each, ast.Lambda | ast.FunctionDef | ast.ClassDef):
                return function.body
        if isinstance(statement, ast.Assign):
            bound |= {name for target in statement.targets for name in _bound(target)}
    ends: dict[int, list[str]] = {}
    for name, place in last.items():
        if name in bound:
            ends.setdefault(place, []).append(name)
    body: list[ast.stmt] = []
    for place, statement in enumerate(function.body):
        body.append(statement)
        if place in ends and not isinstance(statement, ast.Return):
            targets: list[ast.expr] = [ast.Name(name, ast.Del()) for name in ends[place]]
            body.append(_at(statement, ast.Delete(targets)))
    return body


def _bound(target: ast.expr) -> Iterator[str]:
    """The variables that an assignment to this binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _bound(each)


def _at(statement: ast.stmt, made: ast.Delete) -> ast.Delete:
    return ast.fix_missing_locations(ast.copy_location(made, statement))
