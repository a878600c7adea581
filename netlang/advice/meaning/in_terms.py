"""Projections in the terms of their block: `conv(width * 2, 1x1, stride=stride)`, not its numbers.

What is refused is one call of a block. What is written there must be right for the others too.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netlang.advice.edits import argument_of, enclosing
from netlang.advice.meaning.strides import PathsFromCommon, channels_of_path, strides_of
from netlang.diagnostics.carried import Projection
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["in_terms"]

_OUT = "out"


def in_terms(
    file: ast.File,
    projection: Projection,
    origins: tuple[Span, ...],
    paths: PathsFromCommon | None,
    merge: ast.Apply,
) -> Projection | None:
    """A projection with the formulas of the branch that has the shape.

    `origins` end the branches, and `paths` lead to them. None where the numbers depend on what the
    block is given, and no formula is known.
    """
    others = [origin for number, origin in enumerate(origins, 1) if number != projection.branch]
    found = _channels(file, projection, others, paths, merge)
    if found is None or found.kernel is None:
        return found
    stride = _stride(file, projection.branch - 1, paths, merge) if paths is not None else None
    if stride is not None:
        return replace(found, stride=int(stride) if stride.isdecimal() else stride)
    return found if not _varies(file, merge) else None


def _channels(
    file: ast.File,
    projection: Projection,
    others: list[Span],
    paths: PathsFromCommon | None,
    merge: ast.Apply,
) -> Projection | None:
    if not projection.channels.isdecimal():
        return projection
    beside = [origin for origin in others if _is_beside(file, origin, merge)]
    written = next((out for origin in beside if (out := _out(file, origin)) is not None), None)
    if written is not None and written.span.text == projection.channels:
        return projection
    formula = _channels_formula(file, projection.branch - 1, paths, merge) if paths else None
    if formula is not None:
        return replace(projection, channels=formula)
    return projection if not _varies(file, merge) else None


def _channels_formula(
    file: ast.File, branch: int, paths: PathsFromCommon, merge: ast.Apply
) -> str | None:
    """The channels of another branch as written, the first that has them so."""
    for number, path in enumerate(paths.paths):
        span = channels_of_path(paths.start, path) if number != branch else None
        if span is not None and not span.text.isdecimal() and _has_same_meaning(file, span, merge):
            return span.text
    return None


def _stride(file: ast.File, branch: int, paths: PathsFromCommon, merge: ast.Apply) -> str | None:
    """What divides the places of a branch as the others do, in every call, if it is known."""
    if not all(_is_beside(file, node.span, merge) for path in paths.paths for node in path):
        return None
    all_strides = [strides_of(paths.start, path) for path in paths.paths]
    own = all_strides.pop(branch)
    if own is None:
        return None
    needed = {
        _quotient(file, other, own, merge) if other is not None else None for other in all_strides
    }
    return needed.pop() if len(needed) == 1 else None


def _quotient(
    file: ast.File, strides: list[Span], divisors: list[Span], merge: ast.Apply
) -> str | None:
    """The stride that makes the places of one path of those of another one."""
    texts, by = ([each.text for each in side] for side in (strides, divisors))
    if all(each.isdecimal() for each in (*texts, *by)):
        whole, rest = divmod(prod(map(int, texts)), prod(map(int, by)))
        return str(whole) if not rest else None
    if not all(_has_same_meaning(file, each, merge) for each in (*strides, *divisors)):
        return None
    if texts == by:
        return "1"
    return texts[0] if len(texts) == 1 and not by else None


def _calls(file: ast.File, origin: Span) -> list[ast.Apply]:
    """The steps of the path of a value, up to it."""
    path = enclosing(file, origin, ast.Path)
    steps = path.steps if path is not None else ()
    return [
        step.action
        for step in steps
        if step.span.start <= origin.start and isinstance(step.action, ast.Apply)
    ]


def _out(file: ast.File, origin: Span) -> ast.Expr | None:
    """The number of channels as written in the last step of a path that decides it."""
    deciding = (call for call in reversed(_calls(file, origin)) if call.name in ("conv", "linear"))
    call = next(deciding, None)
    return argument_of(call, _OUT) if call is not None else None


def _varies(file: ast.File, merge: ast.Apply) -> bool:
    """Whether what surrounds a merge is elaborated more than once: a block, a net with parameters,
    a loop, a repeat."""
    net = enclosing(file, merge.span, ast.NetDef)
    if net is None or net.parameters:
        return True
    return any(enclosing(file, merge.span, kind) is not None for kind in (ast.For, ast.Repeat))


def _has_same_meaning(file: ast.File, span: Span, merge: ast.Apply) -> bool:
    """Whether an argument that is written at `span` means the same in the merge."""
    argument = enclosing(file, span, ast.Argument)
    if argument is None or argument.value.span != span or isinstance(argument.value, ast.Spread):
        return False
    return _is_beside(file, span, merge) and _moves(file, argument.value, merge)


def _is_beside(file: ast.File, span: Span, merge: ast.Apply) -> bool:
    """Whether what is written at `span` is elaborated where a merge is, and as often."""
    return all(
        enclosing(file, span, kind) is enclosing(file, merge.span, kind)
        for kind in (ast.BlockDef, ast.NetDef, ast.Repeat, ast.For, ast.If)
    )


def _definition(file: ast.File, span: Span) -> ast.Node | None:
    return enclosing(file, span, ast.BlockDef) or enclosing(file, span, ast.NetDef)


def _moves(file: ast.File, written: ast.Expr, merge: ast.Apply) -> bool:
    """Whether a formula means the same in a merge, and in each of its branches."""
    names = {node.name for node in walk(written) if isinstance(node, ast.Name)}
    here = any(isinstance(node, ast.Here) for node in walk(written))
    return not here and names.isdisjoint(_names_elsewhere(file, merge))


def _names_elsewhere(file: ast.File, merge: ast.Apply) -> Iterator[str]:
    """The names of the definition around a merge that are given where the merge can't read them."""
    for node in walk(_definition(file, merge.span) or ()):
        if isinstance(node, ast.Constant):
            suite = enclosing(file, node.span, ast.Suite)
            if suite is not None and not _contains(suite.span, merge.span):
                yield node.name
        elif isinstance(node, ast.For) and not _contains(node.span, merge.span):
            yield from (each.name for each in walk(node.targets) if isinstance(each, ast.Name))


def _contains(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
