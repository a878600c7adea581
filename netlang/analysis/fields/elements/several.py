"""Several tables as one: their hull, or their concatenation."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.analysis.fields.elements.table import (
    PICKS,
    Columns,
    ElementBudget,
    Runs,
    Table,
    nothing,
)

__all__ = ["concatenated", "hull_of"]


def hull_of(tables: Sequence[Table | None], work: ElementBudget) -> Table | None:
    """Element by element, the hull of several tables."""
    known = [table for table in tables if table is not None]
    if not known:
        return None
    first, *others = known
    if all(other is first or other == first for other in others):
        return first
    known = _alike(known, work)
    places = {axis: at for table in known for axis, at in table.places.items()}
    runs = {axis: each for table in known for axis, each in table.runs.items()}
    spread = [table.spread(places, runs, work) for table in known]
    work.take(len(spread) * len(spread[0].columns[0]))
    low, high, ended = (
        list(map(pick, *(table.columns[number] for table in spread)))
        for number, pick in enumerate(PICKS)
    )
    return Table(spread[0].places, (low, high, ended), _moving(known), runs)


def _moving(tables: Sequence[Table]) -> frozenset[int]:
    return frozenset[int]().union(*(table.moving for table in tables))


def _alike(tables: Sequence[Table], work: ElementBudget) -> list[Table]:
    """The tables with one row per place along axes whose runs differ between them."""
    found = list(tables)
    for axis in {axis for table in tables for axis in table.runs}:
        if len({table.runs.get(axis) for table in tables if axis in table.places}) > 1:
            found = [table.written_out(axis, work) for table in found]
    return found


def concatenated(
    tables: Sequence[Table | None], counts: Sequence[int], axis: int, at: range, work: ElementBudget
) -> Table | None:
    """Concatenated along an axis, with so many places of each; None reads nothing."""
    known = [table for table in tables if table is not None]
    if not known:
        return None
    first = known[0]
    alike = all(table is first or table == first for table in known)
    if alike and len(known) == len(tables) and axis not in first.places:
        return first
    known = _alike([table.written_out(axis, work) for table in known], work)
    pieces = iter(known)
    places = {a: each for table in known for a, each in table.places.items() if a != axis}
    outer = {a: each for table in known for a, each in table.runs.items()}
    rest = Table(places, ([], [], []), frozenset(), outer)
    before, behind = rest.around(axis)
    rows: list[Columns] = []
    runs: list[int] = []
    for table, count in zip(tables, counts, strict=True):
        piece = next(pieces) if table is not None else None
        differs = piece is not None and axis in piece.places
        own: Runs = (1,) * count if differs else (count,) * min(1, count)
        runs += own
        if piece is None:
            rows.append(nothing(before * behind * len(own)))
        else:
            wanted = {**places, axis: range(count)}
            rows.append(piece.spread(wanted, {**outer, axis: own}, work).columns)
    columns = _behind_each_other(rows, before)
    work.take(len(columns[0]))
    found = dict(sorted({**places, axis: at}.items()))
    return Table(found, columns, _moving(known), {**outer, axis: tuple(runs)})


def _behind_each_other(pieces: Sequence[Columns], before: int) -> Columns:
    low, high, ended = (
        [
            place
            for row in range(before)
            for piece in pieces
            for place in _row(piece[number], row, before)
        ]
        for number in range(3)
    )
    return low, high, ended


def _row(column: list[int], row: int, count: int) -> list[int]:
    size = len(column) // count
    return column[row * size : (row + 1) * size]
