"""A tensor whose rows are spread over processes, and how the first one assembles the whole.

No process holds more than some megabytes of another's rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias, final

import torch
from torch import Tensor, distributed

from netlang.backends.torch.train.world import World

__all__ = [
    "Kept",
    "Rows",
    "bytes_of",
    "dealt",
    "flat_bytes",
    "like",
    "on_cpu",
    "own_of",
    "rows_of_each",
    "shape_of",
]

# Bytes in flight at once.
_CHUNK = 1 << 26


@final
@dataclass(frozen=True)
class Rows:
    """This process's rows of a tensor of `shape`, starting with row `first`."""

    own: Tensor
    shape: tuple[int, ...]
    first: int


Kept: TypeAlias = Tensor | Rows
"""A tensor as a process keeps it: whole, or some rows of it."""


def own_of(kept: Kept) -> Tensor:
    """This process's part of a tensor."""
    return kept.own if isinstance(kept, Rows) else kept


def shape_of(kept: Kept) -> tuple[int, ...]:
    """The shape of the whole tensor."""
    return kept.shape if isinstance(kept, Rows) else tuple(kept.shape)


def like(kept: Kept, own: Tensor) -> Kept:
    """The part of another tensor that corresponds to `kept`."""
    return replace(kept, own=own) if isinstance(kept, Rows) else own


def on_cpu(kept: Kept) -> Kept:
    """A copy in main memory."""
    if isinstance(kept, Rows):
        return replace(kept, own=kept.own.detach().to("cpu", copy=True))
    return kept.detach().to("cpu", copy=True)


def rows_of_each(length: int, size: int) -> list[range]:
    """The rows of each of `size` processes: equally many of `length`, fewer for the last ones.

    This is how `torch.chunk` and FSDP divide them.
    """
    share = -(-length // size)
    return [range(min(length, r * share), min(length, (r + 1) * share)) for r in range(size)]


def bytes_of(kept: Mapping[str, Kept], world: World) -> Iterator[memoryview]:
    """The bytes of whole tensors, one after the other, in the first process; nothing elsewhere.

    All processes must go through the same tensors in the same order.
    """
    for each in kept.values():
        own = flat_bytes(own_of(each))
        if world.writes:
            yield own.numpy().data
        if isinstance(each, Rows):
            row = each.own.element_size() * prod(each.shape[1:])
            yield from _of_others(own, [row * len(r) for r in _rows(each, world)], world)


def _of_others(own: Tensor, lengths: list[int], world: World) -> Iterator[memoryview]:
    """The parts of the other processes, in their order."""
    for rank, length in enumerate(lengths[1:], 1):
        for start in range(0, length, _CHUNK):
            part = slice(start, min(length, start + _CHUNK))
            if world.rank == rank:
                distributed.send(own[part], 0, group=world.control)
            elif world.writes:
                buffer = torch.empty(part.stop - part.start, dtype=torch.uint8)
                distributed.recv(buffer, rank, group=world.control)
                yield buffer.numpy().data


def dealt(whole: Tensor | None, into: Kept, world: World) -> None:
    """Fill each process's rows from the `whole` tensor, which the first process has."""
    own = own_of(into)
    target = torch.empty_like(own, device="cpu", memory_format=torch.contiguous_format)
    if world.writes:
        assert whole is not None
        rows = _rows(into, world)[0] if isinstance(into, Rows) else None
        target.copy_(whole if rows is None else whole[rows.start : rows.stop])
    flat = flat_bytes(target)
    if not isinstance(into, Rows):
        for start in range(0, len(flat), _CHUNK):
            distributed.broadcast(flat[start : start + _CHUNK], 0, group=world.control)
    else:
        for rank, rows in enumerate(_rows(into, world)[1:], 1):
            if world.writes:
                assert whole is not None
                flat = flat_bytes(whole[rows.start : rows.stop])
            if world.rank in (0, rank):
                _passed_on(flat, rank, world)
    own.copy_(target)


def _passed_on(flat: Tensor, rank: int, world: World) -> None:
    for start in range(0, len(flat), _CHUNK):
        part = flat[start : start + _CHUNK]
        if world.writes:
            distributed.send(part, rank, group=world.control)
        else:
            distributed.recv(part, 0, group=world.control)


def _rows(kept: Rows, world: World) -> list[range]:
    return rows_of_each(kept.shape[0], world.size)


def flat_bytes(tensor: Tensor) -> Tensor:
    """The bytes of a tensor in main memory; a view if it is there already."""
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
