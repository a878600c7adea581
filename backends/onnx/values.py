"""The numbers of the weights that a file holds: given, initial, or with folded steps in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.folded import folded_bias, folded_weight, keys_of
from netlang.backends.onnx.types import element_type
from netlang.backends.onnx.wire import LARGE, PHASES, Tensor
from netlang.backends.weights import Slot, Stored, initial, numpy_type, suspects
from netlang.ir.types import DType
from netlang.ir.weights import Weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from netlang.passes.affine import FoldedMap

__all__ = ["Values"]


class Values:
    """The numbers for each key of a file.

    `owned` are the tensors of the spec, `given` the values for some of them; the others are drawn
    from `seed`. `folds` are the tensors that take the place of those of the spec, by key.
    """

    def __init__(
        self,
        owned: tuple[Slot, ...],
        given: Mapping[str, Stored],
        folds: Mapping[str, FoldedMap],
        seed: int,
    ) -> None:
        self._owned = {slot.key: slot for slot in owned}
        self._given, self._folds, self._seed = given, folds, seed
        self._suspect: set[str] = set()

    def needed(self, weights: Mapping[str, Weight], floats: DType) -> list[Slot]:
        """The tensors to write for the `weights` of a graph: in the order of the spec."""
        return list(self._needed(weights, floats))

    def _needed(self, weights: Mapping[str, Weight], floats: DType) -> Iterator[Slot]:
        for key, slot in self._owned.items():
            fold = self._folds.get(key)
            if fold is None:
                if key in weights:
                    yield slot
            elif key == fold.weight:
                # A bias stands after the weight, also where the spec has none.
                for each in (key, f"{key.removesuffix('weight')}bias"):
                    if each in weights:
                        yield Slot(each, weights[each], floats, False)

    def tensor(self, slot: Slot) -> Tensor:
        """What to write for a tensor of the file.

        When its data are made and not all of the values are finite, `not_finite` tells: the check
        of large ones is done here, while the values are in the processor's cache.
        """
        weight, stored = slot.weight, self._given.get(slot.key)
        size = weight.elements * numpy_type(slot.dtype).itemsize
        fold = self._folds.get(slot.key)

        def data() -> NDArray[np.generic]:
            if fold is None:
                return self._value(slot.key, size >= LARGE)
            make = folded_weight if slot.key == fold.weight else folded_bias
            return make(fold, slot.dtype, self._float)

        plain = fold is None and stored is not None and size >= LARGE
        phase = stored.address % PHASES if plain and stored is not None else 0
        return Tensor(slot.key, element_type(slot.dtype), weight.shape, size, data, phase)

    def not_finite(self, written: Collection[Slot]) -> list[str]:
        """The given tensors, of all that went into the file, with NaN or infinite values."""
        used: dict[str, None] = {}
        for slot in written:
            fold = self._folds.get(slot.key)
            used.update(dict.fromkeys((slot.key,) if fold is None else keys_of(fold)))
        small = {
            key: stored
            for key in used
            if (stored := self._given.get(key)) and stored.data.nbytes < LARGE
        }
        suspect = self._suspect | suspects(small)
        return [key for key in used if key in suspect]

    def _float(self, key: str) -> Any:
        """A tensor of the spec that goes into a fold."""
        return self._value(key, check=True)

    def _value(self, key: str, check: bool) -> NDArray[np.generic]:
        stored, slot = self._given.get(key), self._owned[key]
        if stored is None:
            return initial(slot, self._seed)
        if check and not stored.finite():
            self._suspect.add(key)
        return stored.array(slot.dtype)
