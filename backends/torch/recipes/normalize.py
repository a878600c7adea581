"""Normalizations of recipes: how their numbers are computed and applied."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from math import prod
from typing import Any, TypeAlias, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.statistics import affine, bounds, moments, white, whitening
from netlang.backends.weights.pickles import numbers_told
from netlang.backends.weights.signature import BESIDE
from netlang.diagnostics.errors import InternalError
from netlang.recipes.check.normalization import channels_of
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
# Those of a matrix.
_MOST_AXES = 2
# Less has no full precision in float32, and divided by it, 1 may be infinite.
_LEAST_DIVISOR = torch.finfo(torch.float32).tiny


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
        none: another function, a number that is NaN or infinite, a division by zero or by nearly
        that, more or fewer numbers than the shape says, or more axes than two. Whether it fits the
        inputs is told by `require_for`.
        """
        try:
            first, second = (_restored(each, beside).to(device) for each in facts["numbers"])
            found = cls(_FUNCTIONS[facts["function"]], (first, second))
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"no normalization: {error}") from None
        if found.function is affine and bool((second.abs() < _LEAST_DIVISOR).any()):
            raise ValueError("it divides by zero, or by numbers that are nearly that")
        return found

    def require_for(self, shape: tuple[int | None, ...]) -> None:
        """Raise `ValueError` if this isn't for examples of a shape; None is a size of any length.

        `affine` has two rows of a number for each channel or for each element, `white` a row and a
        square matrix for all elements.
        """
        first, second = (tuple(each.shape) for each in self.numbers)
        elements = None if None in shape[1:] or shape == (None,) else prod(s or 1 for s in shape)
        if self.function is white:
            fits = first == (elements,) and second == (elements, elements)
        else:
            fits = first == second and first in ((channels_of(shape),), (elements,))
        if not fits:
            raise ValueError(f"numbers of the shapes {first} and {second}")


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
    return LoweredNormalization(affine, (wanted.mean, wanted.std))


@lower_normalization.register
def _(wanted: Standardize) -> LoweredNormalization:
    if wanted.mean is not None and wanted.std is not None:
        return LoweredNormalization(affine, (wanted.mean, wanted.std))
    settings = {"per_element": wanted.of_elements}
    return LoweredNormalization(affine, learn=Invocation(moments, settings))


@lower_normalization.register
def _(wanted: SubtractMean) -> LoweredNormalization:
    if wanted.mean is not None:
        return LoweredNormalization(affine, (wanted.mean, (1.0,) * len(wanted.mean)))
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


def _restored(stored: Mapping[str, Any], beside: Mapping[str, Tensor]) -> Tensor:
    if len(stored["shape"]) > _MOST_AXES:
        raise ValueError("too many axes")
    shape = [int(size) for size in stored["shape"]]
    with np.errstate(over="ignore"):
        values = _values(stored, beside).astype(np.float32)
    if values.size != prod(shape) or min(shape, default=1) < 1:
        raise ValueError(f"{values.size} numbers for the shape {shape}")
    if not np.isfinite(values).all():
        raise ValueError("some are NaN or infinite")
    return torch.from_numpy(values).reshape(shape)


def _values(stored: Mapping[str, Any], beside: Mapping[str, Tensor]) -> NDArray[np.floating]:
    if "tensor" in stored:
        found: NDArray[np.floating] = beside[stored["tensor"]].float().numpy()
        return found
    if "values" in stored:
        return np.array([float(value) for value in stored["values"]])
    return np.frombuffer(b64decode(stored["float32"], validate=True), "<f4")
