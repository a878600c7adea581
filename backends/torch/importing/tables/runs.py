"""Tables of runs: numbers that rise by equal steps, each of them repeated, and all of that again.

The places of a feature map are such, one row for x and one for y, and those of several maps one
after the other, as detectors have them: Redmon et al. 2016, arXiv:1506.02640.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.importing.steps import Argument, BareWord, Value
from netlang.backends.torch.importing.tables.made import Emit, made, reshaped
from netlang.records import Record

__all__ = ["EvenRun", "RunTable", "numbered", "runs_in", "written_runs"]

_LINES, _RUNS = 8, 8
# Numbers that are as well listed as computed.
_FEW = 4


def numbered(emit: Emit, table: Tensor) -> Value | None:
    """The steps that compute a list of whole numbers that rise evenly, as of positions, or None."""
    count, flat = table.numel(), table.reshape(-1)
    if table.dtype not in (torch.int64, torch.float32) or count < _FEW or max(table.shape) < count:
        return None
    start, step = float(flat[0]), float(flat[1] - flat[0])
    whole = start.is_integer() and step.is_integer() and step != 0
    if not whole or not bool((flat == start + step * torch.arange(count)).all()):
        return None
    arguments: dict[str, Argument] = {"size": count, "start": int(start), "step": int(step)}
    if table.is_floating_point():
        arguments["dtype"] = BareWord("float")
    return reshaped(emit, made(emit, "arange", [], arguments, [count]), table.shape)


@final
class EvenRun(Record):
    """`count` numbers from `start` by `step`, each of them `each` times, and all that `times`."""

    start: float
    step: float
    count: int
    each: int
    times: int

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.count * self.each * self.times


@final
class RunTable(Record):
    """The runs in each row of a table, or in each column, whose elements lie in its last axis."""

    lines: tuple[tuple[EvenRun, ...], ...]
    columns: bool = False


def runs_in(table: Tensor) -> RunTable | None:
    """The runs in a table of floats; None if there are many."""
    sizes = [size for size in table.shape if size > 1]
    if not sizes or not table.is_floating_point():
        return None
    columns = prod(sizes[:-1]) > _LINES
    if columns and sizes[-1] > _LINES:
        return None
    flat = table.double().reshape(-1, sizes[-1])
    lines = [_runs(line) for line in (flat.T if columns else flat)]
    found = tuple(tuple(line) for line in lines if line is not None)
    return RunTable(found, columns) if len(found) == len(lines) else None


def _runs(row: Tensor) -> list[EvenRun] | None:
    found: list[EvenRun] = []
    while len(row):
        if len(found) == _RUNS:
            return None
        found.append(_first(row))
        row = row[found[-1].size :]
    return found


def _first(row: Tensor) -> EvenRun:
    """The longest run that a row begins with."""
    start = float(row[0])
    each = _agreeing(row, row[:1].expand_as(row))
    if each == len(row):
        return EvenRun(start, 0, 1, each, 1)
    step = float(row[each]) - start
    places = torch.arange(len(row))
    count = _agreeing(row, start + step * (places // each)) // each
    if count < 2:
        return EvenRun(start, 0, 1, each, 1)
    times = _agreeing(row, start + step * (places // each % count)) // (count * each)
    return EvenRun(start, step, count, each, times)


def _agreeing(row: Tensor, other: Tensor) -> int:
    """How many elements two rows begin with that are equal."""
    differ = (row != other).nonzero()
    return int(differ[0]) if len(differ) else len(row)


def written_runs(emit: Emit, table: RunTable, shape: Sequence[int]) -> Value:
    """The steps that compute a table, of this shape; `emit` makes one."""
    size, count = sum(each.size for each in table.lines[0]), len(table.lines)
    values = [_line(emit, line, size) for line in table.lines]
    if count == 1:
        return reshaped(emit, values[0], shape)
    alone, whole = ([size, 1], [size, count]) if table.columns else ([1, size], [count, size])
    lines = [reshaped(emit, each, alone) for each in values]
    axis = 1 if table.columns else 0
    return reshaped(emit, made(emit, "concat", lines, {"axis": axis}, whole), shape)


def _line(emit: Emit, row: Sequence[EvenRun], size: int) -> Value:
    parts = [_run(emit, each) for each in row]
    return parts[0] if len(parts) == 1 else made(emit, "concat", parts, {"axis": 0}, [size])


def _run(emit: Emit, run: EvenRun) -> Value:
    if run.count == 1:
        arguments: dict[str, Argument] = {"shape": (run.size,), "value": run.start}
        return made(emit, "full", [], arguments, [run.size])
    numbers = _evenly(emit, run)
    if run.each == run.times == 1:
        return numbers
    around = [run.times, run.count, run.each]
    alone = reshaped(emit, numbers, [1, run.count, 1])
    spread = made(emit, "expand", [alone], {"shape": tuple(around)}, around)
    return reshaped(emit, spread, [run.size])


def _evenly(emit: Emit, run: EvenRun) -> Value:
    if run.start.is_integer() and run.step.is_integer():
        whole = {"start": int(run.start), "step": int(run.step)}
        arguments: dict[str, Argument] = {"size": run.count, **whole, "dtype": BareWord("float")}
        return made(emit, "arange", [], arguments, [run.count])
    stop = run.start + run.step * (run.count - 1)
    ends: dict[str, Argument] = {"start": run.start, "stop": stop, "size": run.count}
    return made(emit, "linspace", [], ends, [run.count])
