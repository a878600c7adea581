"""Parameters of a model in groups: which are trained, at which rate, with which weight decay."""

from __future__ import annotations

from typing import Any

from torch import nn

__all__ = ["freeze", "parameter_groups", "set_training"]


def freeze(model: nn.Module, labels: tuple[str, ...]) -> None:
    """Don't train what lies below the labels."""
    for name, parameter in model.named_parameters():
        if any(f"{name}.".startswith(f"{label}.") for label in labels):
            parameter.requires_grad_(False)


def set_training(model: nn.Module, frozen: tuple[str, ...]) -> None:
    """Training mode, but frozen parts compute what they do in evaluation and keep statistics."""
    model.train()
    for name, module in model.named_modules():
        if any(f"{name}.".startswith(f"{label}.") for label in frozen):
            module.train(False)


def parameter_groups(
    model: nn.Module,
    lr: float,
    weight_decay: float = 0.0,
    no_decay: tuple[str, ...] = (),
    rates: tuple[tuple[str, float], ...] = (),
    matrices: bool | None = None,
) -> list[dict[str, Any]]:
    """Groups by rate and decay: `no_decay` names kinds of weights, `rates` factors by label.

    `matrices` takes the weights with two axes of layers alone, or all but those.
    """
    norms = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)
    layers = (nn.Linear, nn.modules.conv._ConvNd, nn.RNNBase, nn.MultiheadAttention)
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for path, module in model.named_modules():
        statistics = any(name == "running_mean" for name, _ in module.named_buffers(recurse=False))
        norm = statistics or isinstance(module, norms)
        for name, parameter in module.named_parameters(recurse=False):
            key = f"{path}.{name}.".lstrip(".")
            bias = "bias" in name and (norm or isinstance(module, layers))
            bare = (norm and "norms" in no_decay) or (bias and "biases" in no_decay)
            factors = [factor for label, factor in rates if key.startswith(f"{label}.")]
            rate = lr * (factors[-1] if factors else 1.0)
            decay = 0.0 if bare else weight_decay
            fresh: dict[str, Any] = {"params": [], "lr": rate, "weight_decay": decay}
            matrix = parameter.dim() == 2 and isinstance(module, layers)
            if parameter.requires_grad and matrices in (None, matrix):
                groups.setdefault((rate, decay), fresh)["params"].append(parameter)
    return list(groups.values())
