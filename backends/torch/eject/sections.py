"""Lines of a script with the runtime functions that they call, and how long lines are broken."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeGuard, final

__all__ = ["Section", "wrapped"]

_WIDTH = 100


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
    """A statement; if it is too long, the arguments of its call are on lines of their own."""
    if len(line) <= _WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    try:
        statement = ast.parse(line.strip()).body[0]
    except SyntaxError:
        return [line]
    call = getattr(statement, "value", None)
    if isinstance(statement, ast.Assign) and _has_sum(call):
        return _sum(indent, ast.unparse(statement.targets[0]), call)
    if not isinstance(call, ast.Call) or not (call.args or call.keywords):
        return [line]
    head = line[: len(indent) + call.func.end_col_offset]  # type: ignore[operator]  # parsed text
    arguments = [*map(ast.unparse, call.args), *(_keyword(each) for each in call.keywords)]
    inside = indent + "    "
    packed = inside + ", ".join(arguments) + ","
    middle = [packed] if len(packed) <= _WIDTH else [f"{inside}{each}," for each in arguments]
    return [f"{head}(", *middle, f"{indent})"]


def _has_sum(value: ast.expr | None) -> TypeGuard[ast.BinOp]:
    """Whether it is a sum, or the product of one and something else."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        value = value.left
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add)


def _sum(indent: str, target: str, value: ast.expr) -> list[str]:
    """A sum with each of its parts on a line; a factor behind it stays on the last one."""
    factor = ""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        factor, value = f" * {_grouped(value.right)}", value.left
    parts: list[str] = []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        parts.insert(0, f"+ {ast.unparse(value.right)}")
        value = value.left
    inside = [f"{indent}    {each}" for each in (ast.unparse(value), *parts)]
    return [f"{indent}{target} = (", *inside, f"{indent}){factor}"]


def _grouped(value: ast.expr) -> str:
    text = ast.unparse(value)
    return text if isinstance(value, ast.Name | ast.Constant | ast.Call) else f"({text})"


def _keyword(keyword: ast.keyword) -> str:
    value = ast.unparse(keyword.value)
    return f"{keyword.arg}={value}" if keyword.arg else f"**{value}"
