"""Whether the tensors of a run fit into the header of a file, known before its first step."""

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
    """Raise `NetlangError` where a checkpoint of the run would have too many tensors.

    All processes call it. With `validated` weights the best ones are kept. Of weights that are
    shared out each process writes a part, so there nothing is known beforehand.
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
    """What the optimizer will keep, by the names that it has in a checkpoint."""
    return {
        f"optimizer/{index}/{name}": value
        for index, kept in enumerate(kept_of(state.optimizer))
        for name, value in kept.items()
    }
