"""Muon for weight matrices and AdamW for all other weights, as one optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["MuonAndAdamW"]


class MuonAndAdamW(torch.optim.Optimizer):
    """`torch.optim.Muon` for the groups of matrices and AdamW for the others."""

    def __init__(
        self,
        matrices: list[dict[str, Any]],
        others: list[dict[str, Any]],
        *,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_steps: int = 5,
        adjust_lr_fn: str = "original",
        betas: tuple[float, float] = (0.9, 0.999),
        fused: bool | None = None,
    ) -> None:
        self._muon = torch.optim.Muon(
            matrices, momentum=momentum, nesterov=nesterov, ns_steps=ns_steps,
            adjust_lr_fn=adjust_lr_fn,
        )  # fmt: skip
        rest = others or [{"params": []}]
        self._adamw = torch.optim.AdamW(rest, betas=betas, fused=fused)
        super().__init__([*self._muon.param_groups, *self._adamw.param_groups], {})
        self._share()

    def _share(self) -> None:
        """Let both use the groups and state of this optimizer, so that it is saved as one."""
        split = len(self._muon.param_groups)
        self._muon.param_groups = self.param_groups[:split]
        self._adamw.param_groups = self.param_groups[split:]
        self._muon.state = self._adamw.state = self.state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved state."""
        super().load_state_dict(state_dict)
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]  # torch overloads it: a closure makes the result a number
        """One step of both optimizers."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        self._muon.step()
        self._adamw.step()
        return loss
