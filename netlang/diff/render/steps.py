"""Every step that differs, one line each."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.analysis.render.describe import describe
from netlang.diagnostics.texts import visible
from netlang.diff.difference import Difference, StepChange
from netlang.diff.steps import Step
from netlang.ir.dims import evaluate
from netlang.ir.types import Types

__all__ = ["render_steps"]

_HEADS = ("", "step", "operator", "output", "params", "MACs")


def render_steps(difference: Difference) -> str:
    """The steps that were added (+), removed (-) or changed (~), in the order of the net after."""
    rows = [_HEADS, *(tuple(map(visible, row)) for row in _rows(difference))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _rows(difference: Difference) -> Iterator[tuple[str, ...]]:
    changes = {change.other: change for change in difference.changes}
    removed = list(difference.removed)
    reached = 0
    for number, step in enumerate(difference.after.steps):
        one = difference.match.back[number]
        if one is not None and one not in difference.match.moved:
            reached = max(reached, one)
        while removed and removed[0] < reached:
            yield _row("-", difference.before.steps[removed.pop(0)])
        if one is None:
            yield _row("+", step)
        elif number in changes:
            yield _changed(difference, changes[number])
    for number in removed:
        yield _row("-", difference.before.steps[number])


def _row(sign: str, step: Step) -> tuple[str, ...]:
    return (
        sign,
        step.path,
        describe(step.op, step.tied),
        _shapes(step.types),
        f"{step.totals.params:,}",
        f"{evaluate(step.totals.macs, {}):,}",
    )


def _changed(difference: Difference, change: StepChange) -> tuple[str, ...]:
    before, after = difference.pair(change)
    cells = zip(_row("~", before)[1:], _row("~", after)[1:], strict=True)
    sign = "~" if change.edited or change.resized else "="
    return (sign, *(old if old == new else f"{old} -> {new}" for old, new in cells))


def _shapes(types: Types) -> str:
    return ", ".join(map(str, types))
