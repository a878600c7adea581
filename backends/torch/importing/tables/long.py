"""Tables that are too long to be listed: each rule that may say one is tried."""

from __future__ import annotations

from torch import Tensor

from netlang.backends.torch.importing.steps import Value
from netlang.backends.torch.importing.tables.borders import bordered
from netlang.backends.torch.importing.tables.constants import shortest
from netlang.backends.torch.importing.tables.made import Emit
from netlang.backends.torch.importing.tables.masks import window_mask
from netlang.backends.torch.importing.tables.one_hot import one_hot
from netlang.backends.torch.importing.tables.runs import runs_in, written_runs
from netlang.backends.torch.importing.tables.sums import rows_and_columns, summed

__all__ = ["is_tiring", "long_table"]

_READABLE = 100


def is_tiring(table: Tensor) -> bool:
    """Whether a table has more numbers than a reader sees the rule of."""
    return shortest(table).numel() > _READABLE


def long_table(emit: Emit, table: Tensor) -> Value | None:
    """The steps that compute a table, which `emit` makes; None if no rule does."""
    mask = window_mask(emit, table)
    if mask is not None:
        return mask
    runs = runs_in(table)
    if runs is not None:
        return written_runs(emit, runs, tuple(table.shape))
    if not table.is_floating_point():
        return bordered(emit, table)
    marked = one_hot(emit, table)
    if marked is not None:
        return marked
    parts = rows_and_columns(table)
    return summed(emit, parts, tuple(table.shape)) if parts is not None else None
