"""Labels that name another value than the one that they stand in front of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from netlang.advice.edits import around, enclosing, labels_reused
from netlang.advice.meaning.merges import braced
from netlang.diagnostics.diagnostic import Edit, Fix, Note
from netlang.diagnostics.language.meaning import LabelOfPart, LabelOfValue
from netlang.source import Span, shown
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["comes_again", "label_of_part", "label_of_value"]


class _Place(Enum):
    """What the statements are among which a path stands."""

    STEPS = "steps"
    BRANCHES = "branches"  # or what a block is given as its body: braces are right in both
    OUTPUT = "output"


def label_of_part(
    read: Span, path: ast.Path, index: int, file: ast.File, *, again: bool
) -> LabelOfPart:
    """`stem: linear(8) -> relu` and `stem` read at `read`: the value before the relu, or after it?

    `again` says that it is read by `reuse`, which takes a step and no scope.
    """
    step = path.steps[index]
    after = path.followers()[index]
    assert step.label is not None
    assert after is not None
    label, name = step.label.span.text, shown(after.action.span)
    again = again or step.label.parts[-1].span.text in labels_reused(file)
    place = _place(path, file)
    advice = _ALONE[place]
    if again:
        advice += ", or write a block for all of them"
    else:
        advice = f"write `{label}: {{ ... }}` around the steps for the end of the path, or {advice}"
    return LabelOfPart(
        span=read,
        label=label,
        step=shown(step.action.span),
        after=name,
        advice=advice,
        notes=(Note(after.action.span, f"the path of `{label}` goes on here"),),
        fix=Fix(advice, _edits(path, index, place, again=again)),
    )


# How a step is left alone with its label, by the place of its path.
_ALONE = {
    _Place.STEPS: "put the steps after it on a line of their own",
    _Place.BRANCHES: "put the path in braces, with the steps after it on a line of their own",
    _Place.OUTPUT: "move the path out of the output, and put the steps after it on their own line",
}


def _edits(path: ast.Path, index: int, place: _Place, *, again: bool) -> tuple[Edit, ...]:
    """Braces around the rest of the path; a line break after the step where others have labels."""
    step, steps = path.steps[index], path.steps[index + 1 :]
    if not again and all(each.label is None for each in steps):
        return braced(step.action.span, steps[-1].span, "").edits
    return _broken(step.span, steps[0].span, path, place)


def label_of_value(path: ast.Path, file: ast.File) -> LabelOfValue:
    """`stem: x -> linear(8)`: the label belongs to what is made of `x`."""
    first, last = path.steps[0], path.steps[-1]
    assert first.label is not None
    label, value = first.label.span.text, shown(first.action.span)
    source = first.span.source
    edits: tuple[Edit, ...]
    if last.label is None:
        away = Edit(Span(source, first.span.start, first.action.span.start), "")
        edits = (away, Edit(Span(source, last.span.start, last.span.start), f"{label}: "))
        advice = f"label the step that makes it: `{value} -> {label}: {shown(last.action.span)}`"
        if len(path.steps) > 2:
            advice = f"label the last step, or all of it: `{label}: {{ {value} -> ... }}`"
    else:
        place = _place(path, file)
        start = f"{first.action.span.text} -> "
        edits = _broken(first.span, path.steps[1].span, path, place, start)
        advice = _NAMED[place].format(named=f"{label}: {value}", value=value, label=label)
    return LabelOfValue(
        span=first.label.span, label=label, value=value, advice=advice, fix=Fix(advice, edits)
    )


# How a value is given another name, by the place of the path that starts with it.
_NAMED = {
    _Place.STEPS: "name the value on a line of its own, `{named}`, and begin with it",
    _Place.BRANCHES: "put the path in braces, and name the value first: "
    "`{{ {named}; {value} -> ... }}`",
    _Place.OUTPUT: "leave `{label}` out, or name the value on a line of its own before the output",
}


def _place(path: ast.Path, file: ast.File) -> _Place:
    """What is written around a path, `if` and `for` aside: they are of the same kind as it."""
    kinds: tuple[type[ast.Node], ...] = (
        ast.Scope, ast.Repeat, ast.Apply, ast.Output, ast.Auxiliary, ast.BlockDef, ast.NetDef
    )  # fmt: skip
    around = [node for kind in kinds if (node := enclosing(file, path.span, kind)) is not None]
    nearest = min(around, key=lambda node: node.span.end - node.span.start, default=None)
    if nearest is None or isinstance(nearest, ast.Output | ast.Auxiliary):
        return _Place.OUTPUT
    return _Place.BRANCHES if isinstance(nearest, ast.Apply) else _Place.STEPS


def _broken(
    before: Span, after: Span, path: ast.Path, place: _Place, start: str = ""
) -> tuple[Edit, ...]:
    """A break of a path between two steps; `start` begins what goes on.

    Two branches would be made of one, so there the two stand in braces; an output has one path.
    """
    source = before.source
    if place is _Place.OUTPUT:
        return ()
    gap = Span(source, before.end, after.start)
    if place is _Place.BRANCHES:
        opening, closing = braced(path.span, path.span, "").edits
        return (opening, Edit(gap, f"; {start}"), closing)
    line = source.text.rfind("\n", 0, path.span.start) + 1
    margin = source.text[line : path.span.start]
    separator = "; " if margin.strip() else f"\n{margin}"
    return (Edit(gap, f"{separator}{start}"),)


def comes_again(file: ast.File, label: ast.Label) -> bool:
    """Whether a step with this label, which a path ends in, would have that of another step, too.

    That is itself, the next time of a loop, or one elsewhere, which may also lie inside the label
    or around it: `s` and `s.conv`.
    """
    loops: list[ast.For | ast.Repeat] = []
    for node in around(file, label.span):
        if isinstance(node, ast.Step) and node.label not in (None, label):
            break  # a labelled scope: what it labels is its own
        if isinstance(node, ast.For | ast.Repeat):
            loops.append(node)
    read = {node.name for node in walk(label) if isinstance(node, ast.Name)}
    if any(read <= _counted(each for each in loops if each is not loop) for loop in loops):
        return True
    text, labels = label.span.text, frozenset[str]()
    for kind in (ast.BlockDef, ast.NetDef):
        definition = enclosing(file, label.span, kind)
        if definition is not None:
            labels = _labels(definition)
    return f"{text}." in labels or any(each in labels for each in _beginnings(text))


@lru_cache(maxsize=4)
def _labels(definition: ast.BlockDef | ast.NetDef) -> frozenset[str]:
    """The labels of steps as they are written, and, with a dot after them, what they lie inside."""
    found = set[str]()
    for node in walk(definition.body):
        if isinstance(node, ast.Step) and node.label and not isinstance(node.action, ast.Here):
            text = node.label.span.text
            found.add(text)
            found.update(f"{each}." for each in _beginnings(text))
    return frozenset(found)


def _beginnings(label: str) -> Iterator[str]:
    """`s`, `s.conv` and `s.conv.0` for the last."""
    parts = label.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _counted(loops: Iterable[ast.For | ast.Repeat]) -> set[str]:
    """The names that loops bind."""
    targets = (walk(loop.targets) for loop in loops if isinstance(loop, ast.For))
    return {each.name for nodes in targets for each in nodes if isinstance(each, ast.Name)}
