"""Weights on which a comparison of networks means something.

At their initial weights deep nets give 1e-9 or 1e+10 whatever they are fed, so that any two agree.
Here every parameter is drawn at random, and the running statistics are those of a batch of images
with these parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tests.analysis.oracles import torchvision_models

__all__ = [
    "allocated",
    "largest_difference",
    "on_meta",
    "pictures",
    "settle",
    "torchvision_model",
    "without_dropout",
]


def torchvision_model(name: str) -> nn.Module:
    """One of torchvision's models, untrained."""
    options: dict[str, object] = {"weights": None}
    if name in ("googlenet", "inception_v3"):
        # Their own initialisation draws from scipy, slowly, and settling overwrites it anyway.
        options |= {"aux_logits": True, "transform_input": False, "init_weights": False}
    model = getattr(torchvision_models(), name)(**options)
    assert isinstance(model, nn.Module)
    return model


class _Unfilled(TorchFunctionMode):
    """Weights are made on the meta device, where they take no memory and no time."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        where = {"device": "meta"} if func is torch.empty else {}
        return func(*args, **{**(kwargs or {}), **where})


def on_meta(name: str) -> nn.Module:
    """One of torchvision's models without values: its keys and shapes alone.

    ``torch.device("meta")`` won't do: the RegNets compute their widths with tensors.
    """
    with _Unfilled():
        return torchvision_model(name)


def allocated(name: str) -> nn.Module:
    """One of torchvision's models with weights of no particular value.

    Its own initialisation takes longer than everything that is compared, and settling overwrites
    it.
    """
    model = on_meta(name)
    # In place: what else a state_dict carries says how mnasnet is to read it.
    state = model.state_dict()
    for key, value in state.items():
        if value.is_meta:
            state[key] = torch.empty_like(value, device="cpu")
    model.load_state_dict(state, assign=True)
    return model


def pictures(shape: tuple[int, ...], seed: int) -> Tensor:
    """Random images that differ in the large: averages over noise alone are all the same.

    None lies far from the others: deep nets with gates drive outliers apart until, at 1000 times
    the output of the others, rounding is all that they show.
    """
    generator = torch.Generator().manual_seed(seed)
    count, channels, height, width = shape
    coarse = torch.randn(count, channels, 8, 8, generator=generator)
    smooth = nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    return 1.5 * smooth + 0.3 * torch.randn(shape, generator=generator)


def settle(model: nn.Module, shape: tuple[int, ...], seed: int = 0, times: int = 8) -> nn.Module:
    """Random weights and, of a pass in training mode, the statistics that belong to them if any.

    They are those of so many times as many images as `shape` has.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point() and not name.endswith("relative_coords_table"):
                value.copy_(_drawn(name, value.shape, generator))
    if not any(isinstance(module, nn.BatchNorm2d) for module in model.modules()):
        return model.train()
    with _taken_over(model), without_dropout(model.train()), torch.no_grad():
        model(pictures((times * shape[0], *shape[1:]), seed))
    return model


@contextmanager
def _taken_over(model: nn.Module) -> Iterator[None]:
    """The statistics of a batch become the running ones: with a small momentum they hardly would.

    One large batch, since a few small ones say nothing of how far images lie apart.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _drawn(name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
    values = torch.randn(shape, generator=generator)
    if name.endswith("layer_scale"):
        return 0.5 + 0.5 * torch.rand(shape, generator=generator)
    if len(shape) < 2:
        return 0.3 * values + (0 if name.endswith("bias") else 1)
    # The factor 2 keeps the variance through a ReLU: He et al. 2015, arXiv:1502.01852.
    scaled: Tensor = values * (2 / shape[1:].numel()) ** 0.5
    return scaled


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Dropout of modules and functions leaves everything in, whatever the mode.

    Stochastic depth draws ones, so that the survivors are still scaled by its probability.
    """
    dropout, bernoulli = nn.functional.dropout, Tensor.bernoulli_

    def kept(input: Tensor, *_: object, **__: object) -> Tensor:
        return input

    def ones(self: Tensor, *_: object, **__: object) -> Tensor:
        return self.fill_(1)

    nn.functional.dropout = kept
    Tensor.bernoulli_ = ones  # type: ignore[method-assign, assignment]  # for the comparison alone
    try:
        yield
    finally:
        nn.functional.dropout = dropout
        Tensor.bernoulli_ = bernoulli  # type: ignore[method-assign]  # what it was


def largest_difference(one: Tensor, other: Tensor) -> float:
    """max|a - b| as a share of max|b|."""
    return float((one - other).abs().max() / other.abs().max())
