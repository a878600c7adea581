"""The figures of two nets side by side."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.analysis.fields.figure import ReceptiveField
from netlang.diff.difference import Difference
from netlang.diff.weights import TensorCounts, tensors

__all__ = ["change_of", "figures"]

Row = tuple[str, str, str, str]


def figures(difference: Difference) -> Iterator[Row]:
    """Name, before, after and change: of the totals, the receptive field and the outputs."""
    for name, before, after in difference.totals:
        yield name, f"{before:,}", f"{after:,}", change_of(before, after)
    fields = difference.before.field, difference.after.field
    if any(fields):
        one, other = map(_field, fields)
        numbers = [field.figure if field else None for field in fields]
        whole = [number for number in numbers if isinstance(number, int)]
        factor = change_of(*whole) if len(whole) == 2 and one != other else ""
        yield "receptive field", one, other, "same" if one == other else factor
    ours, theirs = difference.before.outputs, difference.after.outputs
    for number in range(max(len(ours), len(theirs))):
        one, other = (
            str(side[number].sized) if number < len(side) else "-" for side in (ours, theirs)
        )
        name = (theirs[number] if number < len(theirs) else ours[number]).name
        yield f"output {name}" if name != "output" else name, one, other, "same" * (one == other)
    yield _tensors(tensors(difference))


def _field(field: ReceptiveField | None) -> str:
    return "-" if field is None else str(field)


def _tensors(found: TensorCounts) -> Row:
    """How many tensors there are, and how many of them the net before has too."""
    return "tensors", f"{found.before:,}", f"{found.after:,}", found.text


def change_of(before: int, after: int) -> str:
    """How a figure changed: in percent, or as a factor from 2 or 1/2 on."""
    if before == after:
        return "same"
    if not before or not after:
        return ""
    ratio = after / before
    if ratio >= 2:
        return f"x {ratio:.3g}" if ratio < 1000 else f"x {ratio:,.0f}"
    if ratio <= 0.5:
        return f"/ {1 / ratio:.3g}" if ratio > 0.001 else f"/ {1 / ratio:,.0f}"
    percent = 100 * (ratio - 1)
    return f"{percent:+.1f} %" if abs(percent) >= 0.05 else f"{after - before:+,}"
