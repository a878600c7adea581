"""Transfers batches to the training device, overlapping with computation where possible."""

from __future__ import annotations

from typing import Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.data.loading.ring import Ring

__all__ = ["Transfer"]


class _Runtime(Protocol):
    def cudaHostRegister(self, address: int, size: int, flags: int) -> int: ...

    def cudaHostUnregister(self, address: int) -> int: ...


@final
class Transfer:
    """Copies slots of a ring to a device; on a GPU from pinned memory, on a separate stream."""

    def __init__(self, ring: Ring, device: torch.device) -> None:
        self._device = device
        self._slots = torch.from_numpy(ring.slots)
        self._stream: torch.cuda.Stream | None = None
        self._copied: dict[int, torch.cuda.Event] = {}
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)
            _pin(self._slots)

    def images(self, slot: int, count: int) -> Tensor:
        """The first images of a slot, ``[count, C, H, W]`` in channels_last layout."""
        host = self._slots[slot, :count]
        if self._stream is None:
            # A copy on the CPU too: the slot is used again.
            moved = host.clone() if self._device.type == "cpu" else host.to(self._device)
        else:
            moved = self._beside(host, slot, self._stream)
        return moved.movedim(-1, -3)

    def labels(self, labels: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(labels).to(self._device, non_blocking=True)

    def _beside(self, host: Tensor, slot: int, stream: torch.cuda.Stream) -> Tensor:
        computing = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(stream):
            moved = host.to(self._device, non_blocking=True)
            self._copied[slot] = stream.record_event()
        computing.wait_stream(stream)
        # Its memory isn't given to the next copy before the computing is done with it.
        moved.record_stream(computing)
        return moved

    def await_free(self, slot: int) -> None:
        """Wait until a slot has been copied and can be written again."""
        event = self._copied.pop(slot, None)
        if event is not None:
            event.synchronize()

    def close(self) -> None:
        """Unpin the memory."""
        if self._stream is not None:
            self._stream.synchronize()
            if self._slots.is_pinned():
                _runtime().cudaHostUnregister(self._slots.data_ptr())


def _pin(memory: Tensor) -> None:
    """Pin memory, so that a GPU can read it directly; if that is refused, copies are slower."""
    _runtime().cudaHostRegister(memory.data_ptr(), memory.nbytes, 0)


def _runtime() -> _Runtime:
    runtime: _Runtime = torch.cuda.cudart()
    return runtime
