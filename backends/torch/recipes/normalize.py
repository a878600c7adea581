"""Normalizations of recipes: how their numbers are computed and applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, TypeAlias, final

import torch
from torch import Tensor

from netlang.backends.normalization import NormalizationNumbers, numbers_in
from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.statistics import affine, bounds, moments, white, whitening
from netlang.backends.weights.pickles import numbers_told
from netlang.backends.weights.signature import BESIDE
from netlang.diagnostics.errors import InternalError
from netlang.recipes.words.normalizations import (
    Imagenet,
    MinMax,
    Normalization,
    PcaWhitening,
    Standardize,
    SubtractMean,
    ZcaWhitening,
)

__all__ = ["LoweredNormalization", "Normalizer", "lower_normalization", "normalizer_for"]

Row: TypeAlias = tuple[float, ...]

_FUNCTIONS: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "affine": affine,
    "white": white,
}
# Numbers that no header has room for are kept as tensors.
_IN_FACTS = 1 << 17


@final
@dataclass(frozen=True)
class LoweredNormalization:
    """`function` of an input and two tensors, given or computed by `learn` from batches."""

    function: Callable[[Tensor, Tensor, Tensor], Tensor]
    given: tuple[Row, Row] | None = None
    learn: Invocation | None = None


@final
@dataclass(frozen=True, eq=False)
class Normalizer:
    """A normalization with its numbers, on the device where it is used."""

    function: Callable[[Tensor, Tensor, Tensor], Tensor]
    numbers: tuple[Tensor, Tensor]

    def apply(self, x: Tensor) -> Tensor:
        """The normalized batch of inputs, ``[B, ...]`` float32."""
        return self.function(x, *self.numbers)

    def facts(self) -> dict[str, Any]:
        """All its data for JSON but the tensors `beside` it, without loss."""
        numbers = [_stored(name, each) for name, each in self._named()]
        return {"function": self.function.__name__, "numbers": numbers}

    def beside(self) -> dict[str, Tensor]:
        """The tensors that the facts name."""
        return {
            name: each.detach().cpu().float()
            for name, each in self._named()
            if each.numel() > _IN_FACTS
        }

    def _named(self) -> list[tuple[str, Tensor]]:
        return [(f"{BESIDE}normalization/{i}", each) for i, each in enumerate(self.numbers)]

    @classmethod
    def from_facts(
        cls, facts: Mapping[str, Any], beside: Mapping[str, Tensor], device: torch.device
    ) -> Normalizer:
        """The normalizer that `facts` describe, whoever wrote them.

        `beside` are the tensors that the facts name. Raises `ValueError` if the facts describe
        none.
        """
        stored = {name: each.float().numpy() for name, each in beside.items()}
        return cls.of(numbers_in(facts, stored), device)

    @classmethod
    def of(cls, numbers: NormalizationNumbers, device: torch.device) -> Normalizer:
        """The normalizer with given numbers."""
        pair = (torch.from_numpy(each).to(device) for each in (numbers.first, numbers.second))
        return cls(_FUNCTIONS[numbers.function], (next(pair), next(pair)))


def normalizer_for(
    wanted: Normalization, batches: Iterable[Tensor], device: torch.device
) -> Normalizer:
    """The normalizer of a recipe.

    `batches` are the training inputs, prepared as for a test. They are read only if the recipe
    doesn't give the numbers.
    """
    lowered = lower_normalization(wanted)
    if lowered.given is not None:
        numbers = tuple(torch.tensor(row) for row in lowered.given)
    elif lowered.learn is not None:
        numbers = lowered.learn(batches)
    else:
        raise InternalError(f"{wanted.name} has no numbers")
    first, second = (each.to(device) for each in numbers)
    return Normalizer(lowered.function, (first, second))


@singledispatch
def lower_normalization(wanted: Normalization) -> LoweredNormalization:
    """What a normalization computes, and from which numbers."""
    raise InternalError(f"no rule computes {wanted.name}")


@lower_normalization.register
def _(wanted: Imagenet) -> LoweredNormalization:
    return LoweredNormalization(affine, wanted.given)


@lower_normalization.register
def _(wanted: Standardize) -> LoweredNormalization:
    if wanted.given is not None:
        return LoweredNormalization(affine, wanted.given)
    settings = {"per_element": wanted.of_elements}
    return LoweredNormalization(affine, learn=Invocation(moments, settings))


@lower_normalization.register
def _(wanted: SubtractMean) -> LoweredNormalization:
    if wanted.given is not None:
        return LoweredNormalization(affine, wanted.given)
    settings = {"per_element": wanted.of_elements, "centre_only": True}
    return LoweredNormalization(affine, learn=Invocation(moments, settings))


@lower_normalization.register
def _(wanted: MinMax) -> LoweredNormalization:
    low, high = float(wanted.to.start), float(wanted.to.stop)
    settings = {"low": low, "high": high, "per_element": wanted.of_elements}
    return LoweredNormalization(affine, learn=Invocation(bounds, settings))


@lower_normalization.register(PcaWhitening)
@lower_normalization.register(ZcaWhitening)
def _(wanted: PcaWhitening | ZcaWhitening) -> LoweredNormalization:
    settings = {"eps": wanted.eps, "zca": isinstance(wanted, ZcaWhitening)}
    return LoweredNormalization(white, learn=Invocation(whitening, settings))


def _stored(name: str, tensor: Tensor) -> dict[str, Any]:
    values = tensor.detach().cpu().float().numpy()
    if values.size > _IN_FACTS:
        return {"shape": list(values.shape), "tensor": name}
    return numbers_told(values)
