"""What the parameters of a model are for."""

from __future__ import annotations

from torch import nn

__all__ = ["is_below", "parameter_kinds"]


def is_below(key: str, labels: tuple[str, ...]) -> bool:
    """Whether a key is one of the labels or lies below one."""
    return any(f"{key}.".startswith(f"{label}.") for label in labels)


def parameter_kinds(model: nn.Module) -> list[tuple[str, nn.Parameter, set[str]]]:
    """Every trained parameter with its key and kinds: `norms`, `biases`, `matrices`."""
    norms = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)
    layers = (nn.Linear, nn.modules.conv._ConvNd, nn.RNNBase, nn.MultiheadAttention)
    found = []
    for path, module in model.named_modules():
        statistics = "running_mean" in dict(module.named_buffers(recurse=False))
        norm, layer = statistics or isinstance(module, norms), isinstance(module, layers)
        for name, parameter in module.named_parameters(recurse=False):
            kinds = {"norms"} if norm else set()
            kinds |= {"biases"} if "bias" in name and (norm or layer) else set()
            kinds |= {"matrices"} if parameter.dim() == 2 and layer else set()
            if parameter.requires_grad:
                found.append((f"{path}.{name}".lstrip("."), parameter, kinds))
    return found
