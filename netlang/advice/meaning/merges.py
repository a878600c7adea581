"""Merges whose branches read like the steps of one branch."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.diagnostics.language.meaning import LinesAsBranches, MergeOfOne, RepeatAsBranches
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["braced", "lines_as_branches", "merge_of_one", "repeat_as_branches"]


def braced(first: Span, last: Span, description: str) -> Fix:
    """Braces around what stands from `first` to `last`."""
    source = first.source
    opening = Edit(Span(source, first.start, first.start), "{ ")
    closing = Edit(Span(source, last.end, last.end), " }")
    return Fix(description, (opening, closing))


def repeat_as_branches(action: ast.Apply, statement: ast.Repeat) -> RepeatAsBranches:
    """`add { repeat 2 { linear(8) -> relu }; identity }`: braces make it one branch."""
    count = statement.count.span
    head = Span(statement.span.source, statement.span.start, count.end)
    description = f"write `{{ {head.text} {{ ... }} }}` for one branch"
    fix = braced(statement.span, statement.span, description)
    return RepeatAsBranches(span=head, merge=action.name, fix=fix)


def lines_as_branches(
    action: ast.Apply,
    statement: ast.If | ast.For,
    suite: ast.Suite,
    made: Sequence[ast.Statement],
) -> LinesAsBranches:
    """The lines of an `if` or `for` in a merge: braces make them one branch."""
    what = "for" if isinstance(statement, ast.For) else "if"
    if isinstance(statement, ast.If) and suite is statement.otherwise:
        what = "else"
    description = "put its steps in braces for one branch, or each branch in its own"
    fix = braced(made[0].span, made[-1].span, description)
    return LinesAsBranches(
        span=Span(suite.span.source, made[0].span.start, made[-1].span.end),
        merge=action.name,
        what=what,
        count=len(made),
        fix=fix,
    )


def merge_of_one(action: ast.Apply, branch: ast.Path, *, alike: bool) -> MergeOfOne:
    """`add { linear(8) -> relu }`: the other branch was forgotten, or the merge isn't needed.

    `alike` says that the branch ends in the shape that it starts from.
    """
    text = branch.span.text
    suite = action.body
    assert suite is not None
    own_line = "\n" in suite.span.text
    alike = alike and text != "identity"
    if alike and not own_line:
        end = branch.span.end
        edit = Edit(Span(branch.span.source, end, end), "; identity")
        advice = f"write `{action.name} {{ ...; identity }}` for the value itself as the other"
    elif alike:
        source, start = branch.span.source, branch.span.start
        margin = " " * (source.location(start).column - 1)
        edit = Edit(Span(source, branch.span.end, branch.span.end), f"\n{margin}identity")
        advice = "add `identity` on a line of its own for the value itself as the other branch"
    else:
        edit = Edit(action.span, suite.span.text if "\n" in text else f"{{ {text} }}")
        advice = f"leave `{action.name}` out, or add the branch that is missing"
    return MergeOfOne(span=branch.span, merge=action.name, fix=Fix(advice, (edit,)))
