"""Parameter groups of a model: which are trained, at which rate, with which weight decay."""

from __future__ import annotations

from typing import Any

from torch import nn

from netlang.backends.torch.runtime.kinds import is_below, parameter_kinds

__all__ = ["freeze", "parameter_groups", "set_training"]


def freeze(model: nn.Module, labels: tuple[str, ...]) -> None:
    """Exclude everything below the labels from training."""
    for name, parameter in model.named_parameters():
        if is_below(name, labels):
            parameter.requires_grad_(False)


def set_training(model: nn.Module, frozen: tuple[str, ...]) -> None:
    """Set training mode; frozen parts compute as in evaluation and keep their statistics."""
    model.train()
    for name, module in model.named_modules():
        if is_below(name, frozen):
            module.train(False)


def parameter_groups(
    model: nn.Module,
    lr: float,
    weight_decay: float = 0.0,
    no_decay: tuple[str, ...] = (),
    rates: tuple[tuple[str, float], ...] = (),
    matrices: bool | None = None,
    below: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Groups by rate and decay: `no_decay` names kinds of weights, `rates` factors by label.

    If several labels match, the last one counts. `matrices` selects only matrices, or all others,
    and `below` what lies below some labels.
    """
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for key, parameter, kinds in parameter_kinds(model):
        factors = [factor for label, factor in rates if is_below(key, (label,))]
        rate = lr * (factors[-1] if factors else 1.0)
        decay = 0.0 if kinds & set(no_decay) else weight_decay
        fresh: dict[str, Any] = {"params": [], "lr": rate, "weight_decay": decay}
        if matrices in (None, "matrices" in kinds) and (not below or is_below(key, below)):
            groups.setdefault((rate, decay), fresh)["params"].append(parameter)
    return list(groups.values())
