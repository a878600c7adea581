"""Warns about merges that are left with one branch where an `else` was forgotten: W0110."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.advice.edits import inserted
from netlang.diagnostics.diagnostic import Caution
from netlang.diagnostics.warnings.text import LoneBranch
from netlang.ir.program import Function
from netlang.ir.repeats import first_times
from netlang.lint.site import About
from netlang.source import Span

__all__ = ["lone_branch"]


def lone_branch(about: About, function: Function) -> Iterator[Caution]:
    """`add { conv(..); if in.channels != out { conv(out, 1x1) } }` where the condition is false.

    Only where the branch ends in the type that it starts from, so that the value itself could be
    added. `if fits { identity }` says what is there and what isn't.
    """
    merges = about.steps.optional_branches.get(function.span.start, ())
    if not merges or function.span.source is not about.module.source:
        return
    nodes = list(first_times(function.items))
    for merge, branch, missing in merges:
        inside = [node for node in nodes if _within(node.span, branch.span)]
        if not inside or any(node.span == merge.span for node in nodes):
            continue
        first, last = inside[0], inside[-1]
        read = function.input_types(first)
        if len(read) == len(last.types) == 1 and read == last.types:
            yield LoneBranch(
                span=missing.condition.span,
                merge=merge.name,
                fix=inserted(
                    missing.span,
                    " else { identity }",
                    "write `else { identity }` for the value itself",
                ),
            )


def _within(span: Span, around: Span) -> bool:
    return span.source is around.source and around.start <= span.start and span.end <= around.end
