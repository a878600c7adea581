"""What only one of the nets has, in a few lines: whole scopes as such, and chains of steps.

A *piece* is the largest subtree of which nothing has a partner; pieces of one scope that follow
each other are a *run*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

from netlang.analysis.render.describe import describe
from netlang.diff.difference import Difference
from netlang.diff.line import ToldLine
from netlang.diff.patterns import pattern, skeleton
from netlang.diff.steps import NET_INPUT, NetSteps, Parts, Step
from netlang.diff.tree import Tree, is_automatic
from netlang.records import Record

__all__ = ["extra_lines"]

# Operators of a scope that are named, and paths of pieces on one line.
_MOST_OPERATORS, _MOST_PATHS = 7, 4
_FEW = 3


class Extra(Record, eq=False):
    """A subtree at its path, and what it is in words."""

    parts: Parts
    tree: Tree
    text: str
    short: str


Run: TypeAlias = tuple[Extra, ...]


def extra_lines(difference: Difference, *, added: bool) -> Iterator[ToldLine]:
    """The lines on what was added, or else on what was removed."""
    side = difference.after if added else difference.before
    partners = difference.match.back if added else difference.match.partners
    tree = difference.match.trees[added]
    pieces = list(_pieces(tree, (), side, partners))
    groups: dict[object, list[Run]] = {}
    for run in _runs(pieces):
        groups.setdefault(_manner(run, side), []).append(run)
    for runs in groups.values():
        yield _line(runs, side, partners, "added" if added else "removed")


def _pieces(
    tree: Tree, parts: Parts, side: NetSteps, partners: Sequence[int | None]
) -> Iterator[Extra]:
    for child in tree.children:
        path = (*parts, child.label)
        lone = [partners[number] is None for number in range(child.first, child.end)]
        if all(lone):
            yield Extra(path, child, *_texts(child, path, side))
        elif any(lone):
            yield from _pieces(child, path, side, partners)


def _texts(tree: Tree, parts: Parts, side: NetSteps) -> tuple[str, str]:
    """What a subtree is: with arguments and without."""
    if not tree.children:
        step = side.steps[tree.first]
        return describe(step.op, step.tied), step.op.name
    block = side.blocks.get(parts)
    if block is not None:
        return describe(block), block.name
    names = [name for name in _made_of(tree, parts, side) if name != "identity"]
    if len(names) > _MOST_OPERATORS:
        names = [*names[: _MOST_OPERATORS - 2], "...", names[-1]]
    text = " -> ".join(names) or "identity"
    return text, text


def _made_of(tree: Tree, parts: Parts, side: NetSteps) -> Iterator[str]:
    """The blocks and operators of a scope, in order, with their arguments if they are few."""
    for child in tree.children:
        path = (*parts, child.label)
        block = side.blocks.get(path)
        if block is not None:
            yield describe(block) if len(tree.children) <= _FEW else block.name
        elif child.children:
            yield from _made_of(child, path, side)
        else:
            yield side.steps[child.first].op.name


def _runs(pieces: Sequence[Extra]) -> Iterator[Run]:
    """Pieces that follow each other in one scope; a scope with a name of its own is alone."""
    start = 0
    for number, (piece, after) in enumerate(pairwise([*pieces, None])):
        assert piece is not None
        goes_on = (
            after is not None
            and after.tree.first == piece.tree.end
            and after.parts[:-1] == piece.parts[:-1]
            and not _is_named_scope(piece)
            and not _is_named_scope(after)
        )
        if not goes_on:
            yield tuple(pieces[start : number + 1])
            start = number + 1


def _is_named_scope(piece: Extra) -> bool:
    return bool(piece.tree.children) and not is_automatic(piece.parts[-1])


def _manner(run: Run, side: NetSteps) -> object:
    """What the runs on one line have in common."""
    kinds = tuple(dict.fromkeys((skeleton(each.parts), each.short) for each in run))
    return kinds, _operator_before(run[0], side)


def _operator_before(piece: Extra, side: NetSteps) -> str:
    before = _before(piece, side)
    return "" if before is None else before.op.name


def _before(piece: Extra, side: NetSteps) -> Step | None:
    """The step that a piece reads first."""
    sources = side.steps[piece.tree.first].sources
    if not sources or sources[0][0] == NET_INPUT:
        return None
    return side.steps[sources[0][0]]


def _line(
    runs: Sequence[Run], side: NetSteps, partners: Sequence[int | None], verb: str
) -> ToldLine:
    pieces = [piece for run in runs for piece in run]
    steps = tuple(number for each in pieces for number in range(each.tree.first, each.tree.end))
    return ToldLine(verb, _where(pieces), f"{_what(runs)}{_place(runs, side, partners)}", steps)


def _where(pieces: Sequence[Extra]) -> str:
    """The paths of pieces; of many without a name, the scope that they are in."""
    groups: dict[object, list[Parts]] = {}
    for piece in pieces:
        groups.setdefault(skeleton(piece.parts), []).append(piece.parts)
    found = [pattern(group) for group in groups.values()]
    if len(found) > _MOST_PATHS:
        found = [*found[: _MOST_PATHS - 1], "..."]
    return ", ".join(found)


def _what(runs: Sequence[Run]) -> str:
    """The pieces of the runs in words: with arguments where all agree."""
    columns = [
        [
            list(group)
            for _, group in groupby(run, key=lambda each: (skeleton(each.parts), each.short))
        ]
        for run in runs
    ]
    counts = [len(column) for column in columns]
    if len(set(counts)) > 1:
        return f"{sum(map(len, runs))} x {runs[0][0].short}"
    words = []
    for groups in zip(*columns, strict=True):
        same = [piece for group in groups for piece in group]
        text = same[0].text if len({piece.text for piece in same}) == 1 else same[0].short
        words.append((len(same), text))
    if len(words) > _MOST_OPERATORS:
        words = [*words[: _MOST_OPERATORS - 2], (1, "..."), words[-1]]
    if len({count for count, _ in words}) == 1 and words[0][0] > 1:
        return f"{words[0][0]} x {' -> '.join(text for _, text in words)}"
    return " -> ".join(f"{count} x {text}" if count > 1 else text for count, text in words)


def _nearest(parts: Parts, piece: Parts) -> str:
    """The path of what stands before a piece: of the step, or of the scope beside the piece."""
    same = 0
    while same < min(len(parts), len(piece)) - 1 and parts[same] == piece[same]:
        same += 1
    return ".".join(parts[: same + 1])


def _place(runs: Sequence[Run], side: NetSteps, partners: Sequence[int | None]) -> str:
    """Behind what the runs stand."""
    before = [_before(run[0], side) for run in runs]
    first = before[0]
    if first is None:
        return ""
    if len(runs) == 1:
        return f", after {_nearest(first.parts, runs[0][0].parts)}"
    if not is_automatic(first.parts[-1]):
        names = {step.parts[-1] for step in before if step is not None}
        if len(names) == 1:
            return f", after {names.pop()}"
    places = {id(step) for step in before}
    alike = [
        step
        for number, step in enumerate(side.steps)
        if step.op.name == first.op.name and partners[number] is not None
    ]
    each = "each " if places >= {id(step) for step in alike} else ""
    return f", after {each}{first.op.name}"
