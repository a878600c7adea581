"""What of a source can't be said, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.torch.importing.diagnostics import NotSaid
from netlang.backends.torch.importing.steps import Missing
from netlang.diagnostics.errors import NetlangError
from netlang.records import replace

__all__ = ["NO_HOLE", "missing_table", "not_said"]

NO_HOLE = "nothing is written: an output is what no spec can give, so that a hole can't either"


def not_said(missing: Sequence[Missing], nodes: int, advice: str = "") -> NetlangError:
    """The error of a source that has what can't be said; `advice` is what to do but for holes."""
    count = sum(len(each.places) for each in missing)
    found = NotSaid(span=None, count=count, total=max(count, nodes), rows=missing_table(missing))
    return NetlangError(replace(found, advice=advice) if advice else found)


def missing_table(missing: Sequence[Missing]) -> tuple[str, ...]:
    """A line for each kind of node: what, how often, where, why, and what to do."""
    rows = [("operator", "nodes", "first in", "why")]
    for each in missing:
        why = f"{each.reason}; {each.advice}" if each.advice else each.reason
        rows.append((each.operator, str(len(each.places)), each.places[0] or "the net", why))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return tuple(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row[:3], widths, strict=True)), row[3]])
        for row in rows
    )
