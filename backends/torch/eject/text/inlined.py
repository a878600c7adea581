"""Inlines the call of a short function, with its constants in place.

The text is the function's own, character for character, except for parameter names.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import ModuleType
from typing import Any

from netlang.backends.torch.eject.text.sections import WIDTH

__all__ = ["inlined"]

_LONGEST = 4
# A script waits for its batches anyhow.
_HASTE = "non_blocking"
# Longer ones are given a name.
_LONG = 40


def inlined(
    function: Callable[..., Any], result: str, arguments: Mapping[str, str], room: int
) -> list[str] | None:
    """Lines that compute `result = function(**arguments)` when indented by `room` columns.

    None if the function is more than a few assignments and a return. Missing arguments get their
    defaults.
    """
    source = textwrap.dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if len(body) > _LONGEST or not _is_plain(body) or not _alone(function):
        return None
    values = _defaults(function) | dict(arguments)
    bound = {name: text for name, text in values.items() if len(text) > _LONG}
    found = _lines(source, body, result, values, bound)
    if any(len(line) + room > WIDTH for line in found):
        bound |= {name: text for name, text in values.items() if "(" in text}
        found = _lines(source, body, result, values, bound)
    return found


def _is_plain(body: list[ast.stmt]) -> bool:
    *first, last = body
    plain = (ast.Assign, ast.AnnAssign)
    return isinstance(last, ast.Return) and all(isinstance(each, plain) for each in first)


def _alone(function: Callable[..., Any]) -> bool:
    """Whether a function reads nothing of its module except imported modules."""
    read = (function.__globals__.get(name) for name in function.__code__.co_names)
    return all(each is None or isinstance(each, ModuleType) for each in read)


def _defaults(function: Callable[..., Any]) -> dict[str, str]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: repr(each.default) for each in parameters if each.default is not each.empty}


def _lines(
    source: str,
    body: list[ast.stmt],
    result: str,
    values: Mapping[str, str],
    bound: Mapping[str, str],
) -> list[str]:
    """The statements; the arguments in `bound` are first assigned to their parameters."""
    lines = source.splitlines()
    names = {name: text for name, text in values.items() if name not in bound}
    found = [f"{name} = {text}" for name, text in bound.items() if text != name]
    for statement in body:
        value = getattr(statement, "value", None)
        assert isinstance(value, ast.expr)
        target = result
        if isinstance(statement, ast.Assign):
            target = ast.unparse(statement.targets[0])
        elif isinstance(statement, ast.AnnAssign):
            target = ast.unparse(statement.target)
        found.append(f"{target} = {_replaced(lines, value, names)}")
    return found


def _replaced(lines: list[str], value: ast.expr, names: Mapping[str, str]) -> str:
    """An expression as one line of text, with other texts in place of some names."""
    text = "\n".join(lines)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def begin(node: ast.expr | ast.keyword) -> int:
        return starts[node.lineno - 1] + node.col_offset

    def end(node: ast.expr | ast.keyword) -> int:
        return starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    found, stop = "", end(value)
    changes = [(begin(value), begin(value), "")]
    for each in ast.walk(value):
        if isinstance(each, ast.Name) and each.id in names:
            changes.append((begin(each), end(each), names[each.id]))
        elif isinstance(each, ast.Call):
            given: list[ast.expr | ast.keyword] = [*each.args, *each.keywords]
            changes += [
                (end(before), end(keyword), "")
                for before, keyword in pairwise(given)
                if isinstance(keyword, ast.keyword) and keyword.arg == _HASTE
            ]
    for (_, start, new), (until, *_) in pairwise([*sorted(changes), (stop, stop, "")]):
        found += new + text[start:until]
    return " ".join(line.strip() for line in found.splitlines())
