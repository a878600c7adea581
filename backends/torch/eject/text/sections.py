"""Lines of a script with the runtime functions that they call, and the breaking of long lines."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, final

__all__ = ["WIDTH", "Section", "wrapped"]

WIDTH = 100
_SIGNS = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.MatMult), (ast.operator,)


@final
@dataclass
class Section:
    """Lines of a script, the runtime functions that they call, and their imports."""

    lines: list[str] = field(default_factory=list)
    functions: list[Callable[..., Any]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)

    def add(self, *lines: str, calls: tuple[Callable[..., Any], ...] = ()) -> None:
        """Add lines; long ones are broken as by `ruff format`."""
        for line in lines:
            self.lines += wrapped(line)
        self.functions += [each for each in calls if each not in self.functions]

    def returns(self, text: str) -> None:
        """Add a return as the last line; a value just assigned to `x` is returned directly."""
        last = self.lines[-1]
        if text == "x" and last.startswith("    x = "):
            self.lines[-1] = f"    return {last.removeprefix('    x = ')}"
        else:
            self.add(f"    return {text}")

    def take(self, other: Section) -> None:
        """Add all of another section, whose lines are broken already."""
        self.lines += other.lines
        self.add(calls=tuple(other.functions))
        self.imports |= other.imports


def wrapped(line: str) -> list[str]:
    """A line of code, broken over several lines as by `ruff format` if it is too long.

    It stays as it is if there is nowhere to break it.
    """
    # A line that begins with a sign is a part of what was broken before.
    if len(line) <= WIDTH or line.lstrip().startswith(('"""', "#", "+ ", "- ", "* ", "/ ")):
        return [line]
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    if text.startswith("def "):
        name, _, rest = text.partition("(")
        return [f"{indent}{name}(", f"{indent}    {rest.removesuffix('):')}", f"{indent}):"]
    whole = f"{text}\n    pass" if text.endswith(":") else text
    (statement,) = ast.parse(whole).body
    values = (getattr(statement, name, None) for name in ("iter", "value", "exc"))
    value = next((each for each in values if each is not None), None)
    if not isinstance(value, ast.expr):
        return [line]
    start, stop = value.col_offset, value.end_col_offset or 0
    head, targets = text[:start], getattr(statement, "targets", [None])
    if isinstance(targets[0], ast.Tuple) and len(f"{indent}{head}(") > WIDTH:
        names = [f"{indent}    {ast.unparse(each)}," for each in targets[0].elts]
        return [f"{indent}(", *names, *_broken(value, text, indent, ") = ", text[stop:])]
    return _broken(value, text, indent, head, text[stop:])


def _broken(node: ast.expr, text: str, indent: str, head: str, tail: str) -> list[str]:
    """An expression of `text` between a head and a tail, broken over several lines if necessary."""
    own = text[node.col_offset : node.end_col_offset]
    if len(indent + head + own + tail) <= WIDTH:
        return [f"{indent}{head}{own}{tail}"]
    if isinstance(node, ast.BinOp):
        terms = _terms(node, text, f"{indent}    ")
        if max(map(len, terms)) > WIDTH or not _goes_on(node):
            for call in _ends(node):
                before = head + text[node.col_offset : call.col_offset]
                after = text[call.end_col_offset : node.end_col_offset] + tail
                begun = f"{indent}{before}{text[call.col_offset : call.func.end_col_offset]}("
                if call.args and len(begun) <= WIDTH and len(f"{indent}){after}") <= WIDTH:
                    return _broken(call, text, indent, before, after)
        return [f"{indent}{head}(", *terms, f"{indent}){tail}"]
    inner = f"{indent}    "
    body = _items(node, text, inner)
    if body is not None and _is_bare(node):
        return [f"{indent}{head}(", *body, f"{indent}){tail}"]
    if body is not None:
        return [f"{indent}{head}{own[0]}", *body, f"{indent}{own[-1]}{tail}"]
    if not isinstance(node, ast.Call) or not (node.args or node.keywords):
        return [f"{indent}{head}{own}{tail}"]
    begin = text[node.col_offset : node.func.end_col_offset]
    if head.endswith(" = ") and len(f"{indent}{head}{begin}(") > WIDTH:
        return [f"{indent}{head}(", *_broken(node, text, inner, "", ""), f"{indent}){tail}"]
    given: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    together = inner + ", ".join(text[each.col_offset : each.end_col_offset] for each in given)
    body = [together]
    if len(together) > WIDTH:
        body = [line for each in given for line in _item(each, text, inner)]
    return [f"{indent}{head}{begin}(", *body, f"{indent}){tail}"]


def _is_bare(node: ast.expr) -> bool:
    """Whether it is a tuple without parentheses: it begins where its first item does."""
    return isinstance(node, ast.Tuple) and node.elts[0].col_offset == node.col_offset


def _items(node: ast.expr, text: str, indent: str) -> list[str] | None:
    """The items in the brackets of a list, dictionary or comprehension; None for all else."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        items = [
            f"**{text[v.col_offset : v.end_col_offset]}"
            if k is None
            else text[k.col_offset : v.end_col_offset]
            for k, v in pairs
        ]
        return [f"{indent}{each}," for each in items]
    if isinstance(node, ast.List | ast.Tuple):
        return [line for each in node.elts for line in _item(each, text, indent)]
    if isinstance(node, ast.DictComp | ast.ListComp | ast.GeneratorExp):
        starts = [each.target.col_offset - len("for ") for each in node.generators]
        places = [node.col_offset + 1, *starts, (node.end_col_offset or 0) - 1]
        parts = [text[start:stop].strip() for start, stop in pairwise(places)]
        together = indent + " ".join(parts)
        return [together] if len(together) <= WIDTH else [f"{indent}{each}" for each in parts]
    return None


def _item(item: ast.expr | ast.keyword, text: str, indent: str) -> list[str]:
    """One of several items, followed by a comma."""
    if isinstance(item, ast.keyword):
        return _broken(item.value, text, indent, f"{item.arg}=", ",")
    whole, places = text[item.col_offset : item.end_col_offset], _links(item)
    if len(places) < 2 or len(f"{indent}{whole},") <= WIDTH:
        return _broken(item, text, indent, "", ",")
    calls = pairwise([item.col_offset, *places, item.end_col_offset or 0])
    *first, last = (f"{indent}{text[start:stop]}" for start, stop in calls)
    return [*first, f"{last},"]


def _links(node: ast.expr) -> list[int]:
    """Where methods of what a call returns begin, as `.to(x)` in `y.view(2).to(x)`."""
    places: list[int] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
        places.insert(0, node.end_col_offset or 0)
    return places[1:]


def _goes_on(node: ast.BinOp) -> bool:
    """Whether a sum has more than two terms, or a product more than two factors."""
    alike = next(kinds for kinds in _SIGNS if isinstance(node.op, kinds))
    return isinstance(node.left, ast.BinOp) and isinstance(node.left.op, alike)


def _ends(node: ast.expr) -> Iterator[ast.Call]:
    """The calls that a sum or product ends and begins with, without brackets around them.

    Also the one that begins its last operand, `f(x)` of `a + f(x) / b`.
    """
    last = first = node
    inner = node.right if isinstance(node, ast.BinOp) else node
    while isinstance(inner, ast.BinOp) and inner.left.col_offset == inner.col_offset:
        inner = inner.left
    while isinstance(last, ast.BinOp) and last.right.end_col_offset == last.end_col_offset:
        last = last.right
    while isinstance(first, ast.BinOp) and first.left.col_offset == first.col_offset:
        first = first.left
    yield from (each for each in (last, inner, first) if isinstance(each, ast.Call))


def _terms(node: ast.expr, text: str, indent: str) -> list[str]:
    """A sum or product; one operand per line if it doesn't fit on one."""
    own = text[node.col_offset : node.end_col_offset]
    if len(indent + own) <= WIDTH or not isinstance(node, ast.BinOp):
        return [f"{indent}{own}"]
    # Parentheses around an operand belong to no node.
    after = text[node.left.end_col_offset : node.end_col_offset]
    closed = len(after) - len(after.lstrip(") "))
    left = text[node.col_offset : node.left.end_col_offset] + after[:closed].rstrip()
    first = _terms(node.left, text, indent) if left.count("(") == 0 else [f"{indent}{left}"]
    rest = after[closed:].strip()
    if len(indent + rest) <= WIDTH or node.right.end_col_offset != node.end_col_offset:
        return [*first, f"{indent}{rest}"]
    sign, _, _ = rest.partition(" ")
    begun, *others = _terms(node.right, text, indent)
    return [*first, f"{indent}{sign} {begun.lstrip()}", *others]
