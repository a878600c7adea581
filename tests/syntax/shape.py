"""A tree as short text, for tests that compare: fields in order, without spans and empty ones."""

from __future__ import annotations

from netlang.records import names_of
from netlang.source import Source
from netlang.syntax.ast import File, Node
from netlang.syntax.parser import parse

__all__ = ["body", "shape", "step", "tree", "value"]

HEAD = "block b {\n"


def tree(text: str) -> File:
    return parse(Source("test.net", text))


def shape(node: object) -> str:
    """`Binary("+", Name("a"), Number(1))`."""
    if isinstance(node, Node):
        given = (getattr(node, name) for name in names_of(node) if "span" not in name)
        return f"{type(node).__name__}({', '.join(shape(value) for value in given)})"
    if isinstance(node, tuple):
        return f"[{', '.join(shape(value) for value in node)}]"
    return f'"{node}"' if isinstance(node, str) else repr(node)


def body(text: str) -> str:
    """The statements of a block's body."""
    (block,) = tree(f"{HEAD}{text}\n}}\n").items
    return shape(block.body.statements)  # type: ignore[union-attr]  # a block was written


def step(text: str) -> str:
    """The only step of a path."""
    (block,) = tree(f"{HEAD}{text}\n}}\n").items
    (path,) = block.body.statements  # type: ignore[union-attr]  # a block was written
    (only,) = path.steps  # type: ignore[union-attr]  # a path was written
    return shape(only)


def value(text: str) -> str:
    """An expression."""
    (constant,) = tree(f"k = {text}\n").items
    return shape(constant.value)  # type: ignore[union-attr]  # a constant was written
