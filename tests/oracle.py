"""Weights on which a comparison of networks means something.

At their initial weights deep nets give 1e-9 or 1e+10 whatever they are fed, so that any two agree.
Here every parameter and running statistic is drawn at random, and the statistics are then settled by
a few passes in training mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tests.analysis.oracles import torchvision_models

__all__ = ["largest_difference", "pictures", "settle", "torchvision_model", "without_dropout"]

_PASSES = 8


def torchvision_model(name: str) -> nn.Module:
    """One of torchvision's models, untrained."""
    options: dict[str, object] = {"weights": None}
    if name == "googlenet":
        # Its own initialisation draws from scipy, slowly, and settling overwrites it anyway.
        options |= {"aux_logits": True, "transform_input": False, "init_weights": False}
    model = getattr(torchvision_models(), name)(**options)
    assert isinstance(model, nn.Module)
    return model


def pictures(shape: tuple[int, ...], seed: int) -> Tensor:
    """Random images that differ in the large: averages over noise alone are all the same."""
    generator = torch.Generator().manual_seed(seed)
    count, channels, height, width = shape
    coarse = torch.randn(count, channels, 4, 4, generator=generator)
    smooth = nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    level = torch.randn(count, channels, 1, 1, generator=generator)
    return level + smooth + 0.3 * torch.randn(shape, generator=generator)


def settle(model: nn.Module, shape: tuple[int, ...], seed: int = 1) -> nn.Module:
    """Random weights and, of a few passes in training mode, the statistics that belong to them."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(_drawn(name, value.shape, generator))
    with without_dropout(model.train()), torch.no_grad():
        for number in range(_PASSES):
            model(pictures(shape, seed + number))
    return model


def _drawn(name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
    values = torch.randn(shape, generator=generator)
    if name.endswith("running_var"):
        return values.abs() + 0.5
    if len(shape) < 2:
        return 0.3 * values + (0 if name.endswith(("bias", "running_mean")) else 1)
    fan_in = int(torch.tensor(shape[1:]).prod())
    return values / fan_in**0.5


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Dropout of modules and functions leaves everything in, whatever the mode."""
    original = nn.functional.dropout

    def kept(input: Tensor, *_: object, **__: object) -> Tensor:
        return input

    nn.functional.dropout = kept
    try:
        yield
    finally:
        nn.functional.dropout = original


def largest_difference(one: Tensor, other: Tensor) -> float:
    """max|a - b| as a share of max|b|."""
    return float((one - other).abs().max() / other.abs().max())
