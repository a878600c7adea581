"""Labels that name another value than the one that they stand in front of."""

from __future__ import annotations

from netlang.advice.meaning.merges import braced
from netlang.diagnostics.diagnostic import Edit, Fix, Note
from netlang.diagnostics.language.meaning import LabelOfPart, LabelOfValue
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["label_of_part", "label_of_value"]


def label_of_part(read: Span, path: ast.Path, index: int, *, again: bool) -> LabelOfPart:
    """`stem: linear(8) -> relu` and `stem` read at `read`: the value before the relu, or behind?

    `again` says that it is read by `reuse`, which takes a step and no scope.
    """
    step = path.steps[index]
    after = next(each for each in path.steps[index + 1 :] if each.label is None)
    assert step.label is not None
    label, name = step.label.span.text, _short(after.action.span)
    advice = "put the steps after it on a line of their own"
    if again:
        advice += ", or write a block for all of them"
    else:
        advice = f"write `{label}: {{ ... }}` around the steps for the end of the path, or {advice}"
    return LabelOfPart(
        span=read,
        label=label,
        step=_short(step.action.span),
        after=name,
        advice=advice,
        notes=(Note(after.action.span, f"the path of `{label}` goes on here"),),
        fix=Fix(advice, _edits(path, index, again=again)),
    )


def _edits(path: ast.Path, index: int, *, again: bool) -> tuple[Edit, ...]:
    """Braces around the rest of the path; a break behind the step where others have labels."""
    step, steps = path.steps[index], path.steps[index + 1 :]
    if not again and all(each.label is None for each in steps):
        return braced(step.action.span, steps[-1].span, "").edits
    return (_broken(step.span, steps[0].span, path),)


def label_of_value(path: ast.Path) -> LabelOfValue:
    """`stem: x -> linear(8)`: the label belongs to what is made of `x`."""
    first, last = path.steps[0], path.steps[-1]
    assert first.label is not None
    label, value = first.label.span.text, _short(first.action.span)
    source = first.span.source
    edits: tuple[Edit, ...]
    if last.label is None:
        away = Edit(Span(source, first.span.start, first.action.span.start), "")
        edits = (away, Edit(Span(source, last.span.start, last.span.start), f"{label}: "))
        advice = f"label the step that makes it: `{value} -> {label}: {_short(last.action.span)}`"
        if len(path.steps) > 2:
            advice = f"label the last step, or all of it: `{label}: {{ {value} -> ... }}`"
    else:
        second = path.steps[1]
        edits = (_broken(first.span, second.span, path, f"{first.action.span.text} -> "),)
        advice = f"name the value on a line of its own, `{label}: {value}`, and begin with it"
    return LabelOfValue(
        span=first.label.span, label=label, value=value, advice=advice, fix=Fix(advice, edits)
    )


def _broken(before: Span, after: Span, path: ast.Path, start: str = "") -> Edit:
    """A break of a path between two steps; `start` begins what goes on."""
    source = before.source
    line = source.text.rfind("\n", 0, path.span.start) + 1
    margin = source.text[line : path.span.start]
    separator = "; " if margin.strip() else f"\n{margin}"
    return Edit(Span(source, before.end, after.start), f"{separator}{start}")


def _short(span: Span) -> str:
    """The text of a step in a message."""
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
