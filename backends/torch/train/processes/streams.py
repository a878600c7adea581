"""The random streams from which a net draws, one per process, as stored in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import torch
from torch import Tensor

from netlang.backends.torch.train.devices import random_state, restore_random_state
from netlang.backends.torch.train.world import World

__all__ = ["restore_streams", "streams_of"]


def streams_of(world: World, device: torch.device) -> dict[str, Tensor]:
    """The streams of all processes by name: `random/cpu`, for the second process `random/cpu/1`."""
    found = {}
    for name, own in random_state(device).items():
        for rank, stream in enumerate(world.gathered(own)):
            found[f"random/{name}" + (f"/{rank}" if rank else "")] = stream
    return found


def restore_streams(streams: Mapping[str, Tensor], world: World, device: torch.device) -> None:
    """Continue this process's streams, given by name without `random/`.

    A new process begins a stream derived from the first one's and its own number.
    """
    if world.rank == 0:
        restore_random_state(dict(streams), device)
        return
    ending = f"/{world.rank}"
    own = {
        name.removesuffix(ending): stream
        for name, stream in streams.items()
        if name.endswith(ending)
    }
    if "cpu" in own:
        restore_random_state(own, device)
        return
    seed = sha256(streams["cpu"].numpy().tobytes() + ending.encode()).digest()
    torch.manual_seed(int.from_bytes(seed[:8], "little", signed=True))
