"""The weights that a file is expected to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netlang.backends.weights import Slot, given, initial, slots
from netlang.ir.program import Program
from netlang.targets.verifying import VerifyOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Weights", "weights_for"]


@dataclass(frozen=True)
class Weights:
    """Values by key, those of tied keys included, and notes for the user."""

    arrays: Mapping[str, NDArray[Any]]
    notes: tuple[str, ...] = ()


def weights_for(program: Program, options: VerifyOptions) -> Weights:
    """The weights of the options' file; or else initial ones, of the seed.

    For a file that is written only to be compared, these are made lively: what a net starts with
    has means of 0, variances of 1 and biases of 0, so that mistakes in them wouldn't show.
    """
    build, owned = options.build, slots(program)
    notes: tuple[str, ...] = ()
    arrays = {slot.key: initial(slot, build.seed) for slot in owned if slot.tied is None}
    if build.weights is not None:
        taken = given(program.name, owned, build.weights, build.fit)
        arrays |= {
            slot.key: taken.tensors[slot.key].array(slot.dtype)
            for slot in owned
            if slot.key in taken.tensors
        }
        notes = taken.notes_on_values()
    elif options.file is None:
        arrays = _lively(owned, arrays, build.seed)
    tied = {slot.key: arrays[slot.tied] for slot in owned if slot.tied is not None}
    return Weights({**arrays, **tied}, notes)


def _lively(
    owned: tuple[Slot, ...], arrays: Mapping[str, NDArray[Any]], seed: int
) -> dict[str, NDArray[Any]]:
    import numpy as np

    generator = np.random.default_rng(seed)
    return {
        slot.key: _moved(slot, arrays[slot.key], generator) for slot in owned if slot.tied is None
    }


def _moved(
    slot: Slot, values: NDArray[np.generic], generator: np.random.Generator
) -> NDArray[np.generic]:
    """`values`, moved a little where they are vectors of floats: biases, scales, statistics."""
    import numpy as np

    if not slot.dtype.is_float or values.ndim != 1 or not slot.weight.trainable:
        return values
    moved = values.astype(np.float64) + 0.1 * np.abs(generator.standard_normal(values.shape))
    return moved.astype(values.dtype)
