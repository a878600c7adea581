"""Tells numbers that rounding has decided from those that are wrong.

Where a net picks the larger one of two nearly equal numbers, such as the place of a maximum that is
put back there, rounding may pick the other one, and what follows is another number. It is one that
changes just as much when each weight and input is changed at random in its last digits; Parker
1997, Monte Carlo Arithmetic: exploiting randomness in floating-point arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn

__all__ = ["FAILURES", "MOST_RUNS", "Rounding", "tensors_of"]

FAILURES = (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError)
"""What Python and PyTorch raise where sizes or places don't fit each other."""

MOST_RUNS = 12
"""With changes this much larger than rounding, each run turns about half of what that turned."""
_CHANGE = 2.0**-18  # of a number; PyTorch and ONNX Runtime are some 2^-21 apart after some layers
_AT_ONCE = 2  # times a change, since a run has some of those that meet in a number


@final
class Rounding:
    """What the spec's module gives for an example whose numbers are changed in their last digits.

    `found` are its outputs with its weights as they are. The module is run at most `most` times, if
    it is asked for, and `tried` says whether these are all that make sense.
    """

    def __init__(
        self,
        copy: nn.Module,
        example: Sequence[Tensor],
        found: Sequence[Tensor],
        most: int,
    ) -> None:
        self._copy, self._example = copy, example
        self._found, self._most = found, most
        self._changes = [torch.zeros(()) for _ in found]
        self._runs = 0

    @property
    def tried(self) -> bool:
        """Whether a difference that isn't explained is a fault."""
        return self._most == MOST_RUNS

    def explains(self, number: int, apart: Tensor, bound: float) -> bool:
        """Whether all differences of an output that are over `bound` are those of rounding."""
        while not bool((apart <= bound + _AT_ONCE * self._changes[number]).all()):
            if self._runs == self._most or not self._run():
                return False
        return True

    def _run(self) -> bool:
        """Whether the module takes changed numbers; how much its outputs change is kept."""
        generator = torch.Generator().manual_seed(self._runs)
        self._runs += 1
        with self._changed_weights(generator):
            example = [_changed(each.clone(), generator) for each in self._example]
            try:
                found = list(tensors_of(self._copy(*example)))
            except FAILURES:
                return False
        if [each.shape for each in found] != [each.shape for each in self._found]:
            return False
        both = zip(self._changes, self._found, found, strict=True)
        self._changes = [
            torch.maximum(change, (other.float() - own.float()).abs_())
            for change, own, other in both
        ]
        return True

    @contextmanager
    def _changed_weights(self, generator: torch.Generator) -> Iterator[None]:
        # In memory of their own: the source may have the same weights.
        kept = [(each, each.data) for each in self._copy.state_dict(keep_vars=True).values()]
        try:
            for each, before in kept:
                each.data = _changed(before.clone(), generator)
            yield
        finally:
            for each, before in kept:
                each.data = before


def _changed(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """The tensor itself, whose numbers are changed in their last digits if they are no integers."""
    if tensor.is_floating_point():
        noise = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        tensor.mul_(noise.mul_(_CHANGE).add_(1))
    return tensor


def tensors_of(held: object) -> Iterator[Tensor]:
    """The tensors of an output, in the order of its items."""
    if isinstance(held, Tensor):
        yield held
    elif isinstance(held, Mapping):
        yield from tensors_of(list(held.values()))
    elif isinstance(held, list | tuple):
        for each in held:
            yield from tensors_of(each)
