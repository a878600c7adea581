"""Lines of a script with the runtime functions that they call, and how long lines are broken."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, final

from netlang.diagnostics.core import InternalError

__all__ = ["WIDTH", "Section", "wrapped"]

WIDTH = 100


@final
@dataclass
class Section:
    """Lines of a script, the functions of the runtime that they call, and the imports they need."""

    lines: list[str] = field(default_factory=list)
    functions: list[Callable[..., Any]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)

    def add(self, *lines: str, calls: tuple[Callable[..., Any], ...] = ()) -> None:
        """More lines; those that are too long are broken at the arguments of a call."""
        for line in lines:
            self.lines += wrapped(line)
        self.functions += [each for each in calls if each not in self.functions]

    def take(self, other: Section) -> None:
        """All of another section."""
        self.add(*other.lines, calls=tuple(other.functions))
        self.imports |= other.imports


def wrapped(line: str) -> list[str]:
    """A statement; if it is too long, the arguments of its longest call are on lines of their own.

    Raises `InternalError` where there is no such call.
    """
    if len(line) <= WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    whole = f"{text}\n    pass" if text.endswith(":") else text
    nodes = ast.walk(ast.parse(whole))
    calls = [each for each in nodes if isinstance(each, ast.Call) and (each.args or each.keywords)]
    if not calls:
        raise InternalError(f"a line of a script that can't be broken: {line}")
    call = max(calls, key=lambda each: (each.end_col_offset or 0) - each.col_offset)
    start, stop = call.func.end_col_offset or 0, call.end_col_offset or 0
    parts: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    given = [text[each.col_offset : each.end_col_offset] for each in parts]
    return [f"{indent}{text[:start]}(", *_packed(given, f"{indent}    "), f"{indent}){text[stop:]}"]


def _packed(items: list[str], indent: str) -> list[str]:
    """Items with commas behind them, on as few lines as they fit on."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 <= WIDTH:
            lines[-1] += f" {item},"
        else:
            lines.append(f"{indent}{item},")
    return lines
