"""Tables of zeros with a one in each row, which stands at a place that follows from the row.

MaxViT picks the biases of relative places by such a table; Tu et al. 2022, arXiv:2204.01697.
"""

from __future__ import annotations

import torch
from torch import Tensor

from netlang.backends.torch.importing.steps import BareWord, Value
from netlang.backends.torch.importing.tables.made import Emit, listed, made, reshaped
from netlang.backends.torch.importing.tables.sums import rows_and_columns, summed
from netlang.ops.constants.listed import MOST_LISTED

__all__ = ["one_hot"]


def one_hot(emit: Emit, table: Tensor) -> Value | None:
    """The steps that compare places with those of the ones, or None if the table isn't of these."""
    count = table.shape[-1] if table.dim() > 1 else 0
    if count < 2 or not bool(((table == 0) | (table == 1)).all()):
        return None
    ones = table.sum(-1, keepdim=True)
    if bool((ones > 1).any()):
        return None
    # Where there is none, no place is compared with success.
    places = torch.where(ones == 1, table.argmax(-1, keepdim=True).float(), -1.0)
    found = rows_and_columns(places)
    if found is not None and bool(found.rows.any()) and bool(found.columns.any()):
        at = summed(emit, found, places.shape)
    elif places.numel() <= MOST_LISTED:
        at = listed(emit, places)
    else:
        return None
    numbers = made(emit, "arange", [], {"size": count, "dtype": BareWord("float")}, [count])
    every = reshaped(emit, numbers, [*(1 for _ in table.shape[1:]), count])
    same = made(emit, "equal", [at, every], {}, table.shape)
    return made(emit, "to_float", [same], {}, table.shape)
