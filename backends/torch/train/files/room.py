"""Checks before the first step that the tensors of a run fit into the header of a file."""

from __future__ import annotations

from netlang.backends.torch.train.files.encoding import header_of, in_order
from netlang.backends.torch.train.files.memory import kept_of
from netlang.backends.torch.train.processes.rows import Kept
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.storage import metadata_of
from netlang.backends.weights.header import LONGEST_HEADER

__all__ = ["require_room"]

# A checkpoint has at most six tensors of each weight, of which at least one is there at the start.
_MOST_OF_EACH = 16


def require_room(state: State, *, validated: bool) -> None:
    """Raise `NetlangError` if a checkpoint of the run would have too many tensors.

    All processes call it. With `validated`, the best weights are kept too. With sharded weights
    each process writes a part, so nothing can be known beforehand.
    """
    if state.layout.sharded:
        return
    tensors, metadata = state.tensors(), metadata_of(state.facts())
    # Of most nets nothing more has to be known.
    if len(header_of(in_order(tensors), metadata)) * _MOST_OF_EACH <= LONGEST_HEADER:
        return
    tensors = _remembered(state) | tensors
    if validated:
        best = {f"best/{key}": kept for key, kept in state.kept(state.scored).items()}
        tensors = best | tensors
    header_of(in_order(tensors), metadata)


def _remembered(state: State) -> dict[str, Kept]:
    """The tensors that the optimizer will keep, by their names in a checkpoint."""
    return {
        f"optimizer/{index}/{name}": value
        for index, kept in enumerate(kept_of(state.optimizer))
        for name, value in kept.items()
    }
