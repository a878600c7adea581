"""The roles of a model's parameters."""

from __future__ import annotations

from typing import Any

from torch import nn

__all__ = ["is_below", "norm_factors", "parameter_kinds", "weights_of"]


def is_below(key: str, labels: tuple[str, ...]) -> bool:
    """Whether a key equals one of the labels or lies below one."""
    return any(f"{key}.".startswith(f"{label}.") for label in labels)


def parameter_kinds(model: nn.Module) -> list[tuple[str, nn.Parameter, set[str]]]:
    """Each trained parameter with its key and kinds: its layer's for a weight, `biases`, ..."""
    norms = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.RMSNorm, nn.GroupNorm)
    output = nn.modules.linear.NonDynamicallyQuantizableLinear  # of `nn.MultiheadAttention`
    layers: dict[str, Any] = {
        "conv": nn.modules.conv._ConvNd,
        "attention": (nn.MultiheadAttention, output),
        "linear": nn.Linear,
        "recurrent": nn.RNNBase,
        "embedding": nn.Embedding,
    }
    found = []
    for path, module in model.named_modules():
        layer = next((kind for kind, types in layers.items() if isinstance(module, types)), "")
        statistics = "running_mean" in dict(module.named_buffers(recurse=False))
        norm = statistics or isinstance(module, norms)
        for name, parameter in module.named_parameters(recurse=False):
            if not parameter.requires_grad:
                continue
            bias = "bias" in name and bool(norm or layer)
            kinds = {"norms"} if norm else set()
            kinds |= {"biases"} if bias else {layer} if layer else set()
            kinds |= {f"{layer}_biases"} if bias and layer else set()
            if parameter.dim() == 2 and layer not in ("", "embedding"):
                kinds.add("matrices")
            found.append((f"{path}.{name}".lstrip("."), parameter, kinds))
    return found


def weights_of(
    model: nn.Module, of: tuple[str, ...], below: tuple[str, ...] = ()
) -> list[nn.Parameter]:
    """The trained parameters of some kinds, in the whole model or below some labels."""
    return [
        parameter
        for key, parameter, kinds in parameter_kinds(model)
        if kinds & set(of) and (not below or is_below(key, below))
    ]


def norm_factors(model: nn.Module, paths: tuple[str, ...]) -> list[nn.Parameter]:
    """The scale factors of some norms."""
    return [model.get_parameter(f"{path}.weight") for path in paths]
