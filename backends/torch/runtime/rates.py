"""Learning rates and momenta of an optimizer."""

from __future__ import annotations

import torch

__all__ = ["set_rates"]


def set_rates(
    optimizer: torch.optim.Optimizer, scale: float, momentum: float | None = None
) -> None:
    """Multiply each group's initial rate; for momentum, None stands for the group's own."""
    for group in optimizer.param_groups:
        group["lr"] = group.setdefault("initial_lr", group["lr"]) * scale
        own = group["betas"][0] if "betas" in group else group.get("momentum")
        own = group.setdefault("initial_momentum", own)
        if "betas" in group:
            group["betas"] = (own if momentum is None else momentum, group["betas"][1])
        elif "momentum" in group:
            group["momentum"] = own if momentum is None else momentum
