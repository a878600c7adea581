"""Reads numbers from a device without waiting for it."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

__all__ = ["Reading"]


@final
class Reading:
    """A copy of a number at the current point of the device's queue, to be read later."""

    def __init__(self, number: Tensor) -> None:
        self._event: torch.cuda.Event | None = None
        if number.device.type == "cuda":
            self._copy = torch.empty((), dtype=number.dtype, pin_memory=True)
            self._copy.copy_(number, non_blocking=True)
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch's
            self._event.record()
        else:
            self._copy = number.clone()

    def value(self) -> float:
        """The number. Waits only if the device hasn't reached that point yet."""
        if self._event is not None:
            self._event.synchronize()
        return self._copy.item()
