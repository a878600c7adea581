"""The calls of a `forward`, and which of them are one loop over equal modules of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.python.tree import (
    Call,
    Constant,
    Expression,
    Index,
    Name,
    Operand,
    Slice,
)
from netlang.backends.torch.rewrite.scopes import Readers
from netlang.ir.program import Ref
from netlang.ir.types import Types

__all__ = ["Unit", "with_loops"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One call in `forward`: its operands, its expression over them, and its properties."""

    result: int
    operands: tuple[Ref, ...]
    value: Expression
    path: str
    types: Types
    light: bool
    overwritable: bool
    auxiliary: bool
    # The variable and what it runs through, where `value` is applied for one after the other.
    loop: tuple[str, Expression] | None = None
    # How many modules the list has of which one is applied.
    items: int = 0


def with_loops(units: Sequence[Unit], readers: Readers, taken: PythonScope) -> tuple[Unit, ...]:
    """The units, those that pass all their values to the next of a list as a loop."""
    # Constants and identities have no name of their own.
    made = {unit.result for unit in units if unit.operands and unit.value != Operand(0)}
    runs = list(_runs(units, readers, made))
    variable = taken.fresh("block") if len(runs) < len(units) else ""
    return tuple(_joined(run, variable) for run in runs)


def _runs(units: Sequence[Unit], readers: Readers, made: set[int]) -> Iterator[tuple[Unit, ...]]:
    run: tuple[Unit, ...] = ()
    for unit in units:
        if run and _follows(run[-1], unit, readers) and _is_own(run[0], readers, made):
            run = (*run, unit)
            continue
        if run:
            yield run
        run = (unit,)
    if run:
        yield run


def _follows(before: Unit, unit: Unit, readers: Readers) -> bool:
    """Whether a unit applies the next module of a list to all that the one before gave."""
    values = tuple(Ref(before.result, index) for index in range(len(before.types)))
    one, other = _place(before), _place(unit)
    return (
        one is not None
        and other == (one[0], one[1] + 1)
        and 0 < unit.items == before.items
        and unit.operands == values
        and len(unit.types) == len(values)
        and unit.auxiliary == before.auxiliary
        and all(readers.of(value) == [unit.result] for value in values)
    )


def _is_own(first: Unit, readers: Readers, made: set[int]) -> bool:
    """Whether nothing else reads what a loop begins with: its names are given to what follows."""
    return len(set(first.operands)) == len(first.types) and all(
        readers.of(ref) == [first.result] and ref.producer in made for ref in first.operands
    )


def _place(unit: Unit) -> tuple[Expression, int] | None:
    """The list, and the place in it, of the module that a unit applies and nothing else."""
    operands = tuple(map(Operand, range(len(unit.operands))))
    match unit.value:
        case Call(Index(container, Constant(int(place))), arguments, ()) if arguments == operands:
            return container, place
        case _:
            return None


def _joined(run: tuple[Unit, ...], variable: str) -> Unit:
    if len(run) == 1:
        return run[0]
    first, last = run[0], run[-1]
    place = _place(first)
    assert place is not None
    container, start = place
    stop = start + len(run)
    ends = Constant(start) if start else None, Constant(stop) if stop < first.items else None
    part = container if ends == (None, None) else Index(container, Slice(*ends))
    value = Call(Name(variable), tuple(map(Operand, range(len(first.operands)))))
    return Unit(
        last.result, first.operands, value, first.path, last.types,
        light=False, overwritable=False, auxiliary=first.auxiliary, loop=(variable, part),
    )  # fmt: skip
