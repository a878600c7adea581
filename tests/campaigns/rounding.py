"""Whether rounding explains a difference: Monte Carlo arithmetic (Parker 1997).

The module runs in double precision several times, each time with every intermediate result changed
by a random share of about one rounding of the precision of the net. Outputs that scatter are ones
that this precision doesn't determine: a step function next to its step, a normalisation of values
that are all the same. How far they scatter is what two correct implementations may differ by.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from tests.campaigns.exemptions import CANCELLING, NORMALISING, SELECTING, SHARE, SUMMING
from tests.campaigns.subject import named_outputs

__all__ = ["MANY", "SAMPLES", "disturbed", "scatter"]

SAMPLES = 12
EXACT = 0.3
_FLOATS = (torch.float32, torch.float16, torch.bfloat16)
# Where a few samples don't explain a difference: one of many equal elements is the largest, say.
MANY = 200


class _Rounded(TorchDispatchMode):
    """Changes every result that an operator computes; views and selections round nothing."""

    def __init__(self, generator: torch.Generator, share: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self._generator, self._share = generator, share
        # In some runs a sum that is all but 0 is 0, which no random share makes of it.
        self._exact = bool(torch.rand(1, generator=generator) < EXACT)

    def __torch_dispatch__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if kwargs.get("dtype") in _FLOATS:
            kwargs = {**kwargs, "dtype": torch.float64}  # `x.float()`, in a net of whole numbers
        result = func(*args, **kwargs)
        schema = func._schema  # type: ignore[attr-defined]  # every operator of torch has one
        views = any(each.alias_info and not each.alias_info.is_write for each in schema.returns)
        if views or schema.name in SELECTING:
            return result
        if isinstance(result, Tensor):
            result = self._changed(result)
            # The gates of an LSTM are computed in place: `aten::sigmoid_`.
            named = schema.name.removesuffix("_")
            if self._exact and named in SUMMING:
                result = self._nothing_left(result, args[0])
            return self._cancelled(result, args[0]) if named in CANCELLING else result
        if isinstance(result, tuple):
            changed = tuple(self._changed(x) if isinstance(x, Tensor) else x for x in result)
            return self._normalised(changed, args[0]) if schema.name in NORMALISING else changed
        return result

    def _normalised(self, result: tuple[object, ...], given: object) -> tuple[object, ...]:
        """The value changed by roundings of x / sqrt(var + eps), which x - mean may cancel."""
        value, _, factor = result
        assert isinstance(value, Tensor)
        assert isinstance(factor, Tensor)
        assert isinstance(given, Tensor)
        if not factor.numel():
            return result  # with running statistics, which are no part of what is rounded here
        # The mean rounds for all of a group alike, the product for each element.
        noise = self._common_or_own(value)
        return (value.add_(self._share * noise * _scaled(given.abs(), factor)), *result[1:])

    def _cancelled(self, value: Tensor, given: object) -> Tensor:
        """Changed once more, by a rounding of what cancelled."""
        assert isinstance(given, Tensor)
        if given.shape == value.shape:
            noise = 2 * torch.rand(value.shape, generator=self._generator, dtype=torch.float64) - 1
            return value.add_(self._share * noise * given.abs().clamp(min=1))
        # An interpolation rounds places: all of one axis are off to one side, or each to its own.
        return value.add_(self._share * self._common_or_own(value) * _near(given, value))

    def _common_or_own(self, value: Tensor) -> Tensor:
        """Noise in -1..1, in half of the runs the same for all elements."""
        noise = 2 * torch.rand(value.shape, generator=self._generator, dtype=torch.float64) - 1
        common = 2 * torch.rand(2, generator=self._generator, dtype=torch.float64) - 1
        return common[0].expand_as(noise) if common[1] > 0 else noise

    def _nothing_left(self, value: Tensor, given: object) -> Tensor:
        """A sum with what is small beside its terms made 0."""
        if not isinstance(given, Tensor) or value.dtype != torch.float64 or not given.numel():
            return value
        return value.masked_fill_(value.abs() < self._share * given.abs().max(), 0.0)

    def _changed(self, value: Tensor) -> Tensor:
        if value.dtype != torch.float64:
            return value
        noise = torch.rand(value.shape, generator=self._generator, dtype=torch.float64)
        return value.mul_(1 + self._share * (2 * noise - 1))


def disturbed(generator: torch.Generator, share: float) -> AbstractContextManager[object]:
    """Every result in double precision that torch computes inside is changed by `share` of it."""
    return _Rounded(generator, share)


def _scaled(given: Tensor, factor: Tensor) -> Tensor:
    """The input of a normalisation times its factors."""
    if given.dim() > 1 and factor.shape == (given.shape[1],):
        # A factor for each channel of the batch, as instances have them too.
        return given * factor.reshape(1, -1, *(1,) * (given.dim() - 2))
    # A factor for each group, or one for each place beside the axes that are normalised.
    return (given.reshape(factor.numel(), -1) * factor.reshape(-1, 1)).reshape(given.shape)


def _near(given: Tensor, value: Tensor) -> Tensor:
    """The largest size among the elements that an interpolated one may have a share of."""
    spread = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[given.dim() - 3]
    largest = spread(given.abs(), 3, 1, 1)
    return functional.interpolate(largest, value.shape[2:])


def scatter(
    module: nn.Module,
    feeds: Mapping[str, NDArray[np.generic]],
    samples: int = SAMPLES,
    share: float = SHARE,
) -> list[NDArray[np.float64]]:
    """How far each element of each output scatters over so many samples.

    `share` is what a result is changed by: a few roundings, of single precision unless said.
    """
    double = copy.deepcopy(module).double()
    generator = torch.Generator().manual_seed(0)
    runs = [_run(double, feeds, generator, share) for _ in range(samples)]
    return [
        np.max(each, axis=0) - np.min(each, axis=0)
        for each in (np.stack(values) for values in zip(*runs, strict=True))
    ]


def _run(
    module: nn.Module,
    feeds: Mapping[str, NDArray[np.generic]],
    generator: torch.Generator,
    share: float,
) -> list[NDArray[np.float64]]:
    values = [torch.tensor(each) for each in feeds.values()]
    values = [each.double() if each.is_floating_point() else each for each in values]
    with torch.no_grad(), _Rounded(generator, share):
        outputs = named_outputs(module(*values))
    return [each.numpy().astype(np.float64) for each in outputs]
