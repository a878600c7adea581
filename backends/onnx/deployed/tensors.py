"""The numbers of the weights that a file holds: given, initial, or with folded steps in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from netlang.backends.onnx.deployed.folded import Folding, keys_of
from netlang.backends.onnx.graph import Graph
from netlang.backends.onnx.types import element_type
from netlang.backends.onnx.wire import LARGE, PHASES, Tensor
from netlang.backends.weights import (
    LookAhead,
    Slot,
    Stored,
    are_finite,
    initial,
    numpy_type,
    suspects,
)
from netlang.ir.types import DType
from netlang.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from netlang.passes.affine import FoldedMap

__all__ = ["SpecTensors", "TensorData", "narrowed"]


def narrowed(values: NDArray[np.generic], dtype: DType) -> NDArray[np.generic]:
    """`values` as `dtype`; what it has no room for becomes infinite."""
    import numpy as np

    wanted = numpy_type(dtype)
    if values.dtype == wanted:
        return values
    with np.errstate(over="ignore"):
        return values.astype(wanted)


class SpecTensors(Record, eq=False):
    """Where the numbers of the spec's tensors come from.

    `owned` are the tensors, `given` the values for some of them, which `ahead` looks at; the others
    are drawn from `seed`.
    """

    owned: tuple[Slot, ...]
    given: Mapping[str, Stored]
    ahead: LookAhead
    seed: int


class TensorData:
    """The numbers for each tensor of a graph.

    `folds` are the tensors that take the place of those of the spec, by key.
    """

    def __init__(self, graph: Graph, source: SpecTensors, folds: Mapping[str, FoldedMap]) -> None:
        self._graph = graph
        self._owned = {slot.key: slot for slot in source.owned}
        self._given, self._ahead, self._seed = source.given, source.ahead, source.seed
        self._folds = folds
        self._foldings: dict[FoldedMap, Folding] = {}
        self._suspect: set[str] = set()
        self._checked: set[str] = set()

    def needed(self) -> list[Slot]:
        """The tensors to write, in the order of the spec, by their names in the file."""
        names = {turned.key: name for name, turned in self._graph.turned.items()}
        found = []
        for key, slot in self._keys():
            name = names.get(key, key)
            weight = self._graph.weights.get(name)
            if weight is not None:
                # A narrow step has its weights in its own type.
                found.append(Slot(name, weight, weight.dtype or slot.dtype, slot.auxiliary))
        return found

    def _keys(self) -> Iterator[tuple[str, Slot]]:
        """Every key of the deployed net, with a tensor of the spec that has its type."""
        for key, slot in self._owned.items():
            fold = self._folds.get(key)
            if fold is None:
                yield key, slot
            elif key == fold.weight:
                # A bias stands after the weight, also where the spec has none.
                yield key, slot
                yield f"{key.removesuffix('weight')}bias", slot

    def tensor(self, slot: Slot) -> Tensor:
        """What to write for a tensor of the file.

        When its data are made and not all of the values are finite, `not_finite` tells: large ones
        that aren't looked at ahead are checked here, while they are in the processor's cache.
        """
        turned = self._graph.turned.get(slot.key)
        key = slot.key if turned is None else turned.key
        size = slot.weight.elements * numpy_type(slot.dtype).itemsize
        fold, stored = self._folds.get(key), self._given.get(key)
        if fold is not None or turned is not None:
            stored = None
        data = partial(self._data, slot, stored)
        # A file is mapped from the start of a page on; other data lie anywhere in memory.
        phase = 0 if stored is None else stored.begin % PHASES
        return Tensor(slot.key, element_type(slot.dtype), slot.weight.shape, size, data, phase)

    def _data(self, slot: Slot, stored: Stored | None) -> Iterator[NDArray[np.generic]]:
        """The data of a tensor, which the file has as it is `stored`, if any is given."""
        if stored is not None and self._ahead.covers(stored):
            yield stored.array(slot.dtype)
            return
        turned = self._graph.turned.get(slot.key)
        if turned is None and self._goes_in_pieces(slot.key):
            for piece in self._pieces(self._folds[slot.key]):
                yield narrowed(piece, slot.dtype)
            return
        values = narrowed(self.exact(slot), slot.dtype)
        yield values if turned is None else values.transpose(turned.order).copy(order="C")

    def _goes_in_pieces(self, key: str) -> bool:
        """Whether a tensor is the weight of a fold, computed from each of its values alone."""
        fold = self._folds.get(key)
        return fold is not None and key == fold.weight and fold.standardize is None

    def _pieces(self, fold: FoldedMap) -> Iterator[NDArray[np.generic]]:
        """The weight of a fold in pieces.

        A value that isn't finite makes none that is. So the pieces are looked at, which are in the
        processor's cache, and the stored weight only if one of them isn't finite.
        """
        stored = self._given.get(fold.weight)
        is_large = stored is not None and stored.data.nbytes >= LARGE
        looked_at = not is_large or fold.weight in self._checked
        self._checked.add(fold.weight)
        if stored is not None:
            stored.about_to_read()
        for piece in self._folding(fold).pieces(self._owned[fold.weight].dtype):
            if not looked_at and not are_finite(piece):
                looked_at = True
                self._note_if_not_finite(fold.weight)
            yield piece

    def exact(self, slot: Slot) -> NDArray[np.generic]:
        """The numbers of a tensor of the file in the type of the spec, before it is turned."""
        turned = self._graph.turned.get(slot.key)
        key = slot.key if turned is None else turned.key
        fold = self._folds.get(key)
        return self._deployed(key, self._owned[key if fold is None else fold.weight].dtype)

    def not_finite(self, written: Collection[Slot]) -> list[str]:
        """The given tensors, of all that went into the file, with NaN or infinite values."""
        used: dict[str, None] = {}
        for slot in written:
            turned = self._graph.turned.get(slot.key)
            key = slot.key if turned is None else turned.key
            fold = self._folds.get(key)
            used.update(dict.fromkeys((key,) if fold is None else keys_of(fold)))
        rest, small = [], {}
        for key in used:
            stored = self._given.get(key)
            if stored is not None and self._ahead.covers(stored):
                if not self._ahead.proves(stored):
                    rest.append(key)
            elif stored is not None and stored.data.nbytes < LARGE:
                small[key] = stored
        for key in rest:
            self._note_if_not_finite(key)
        suspect = self._suspect | suspects(small)
        return [key for key in used if key in suspect]

    def _deployed(self, key: str, dtype: DType) -> NDArray[np.generic]:
        """The tensor under a key of the deployed net."""
        fold = self._folds.get(key)
        if fold is None:
            values: NDArray[np.generic] = self._value(key)
            return values
        folding = self._folding(fold)
        return folding.weight(dtype) if key == fold.weight else folding.bias(dtype)

    def _folding(self, fold: FoldedMap) -> Folding:
        found = self._foldings.get(fold)
        if found is None:
            found = self._foldings[fold] = Folding(fold, self._value)
        return found

    def _value(self, key: str) -> Any:
        """A tensor of the spec, which is looked at if it is large; `not_finite` looks at others."""
        stored, slot = self._given.get(key), self._owned[key]
        if stored is None:
            return initial(slot, self._seed)
        is_large = stored.data.nbytes >= LARGE
        if is_large and key not in self._checked:  # the weight of a fold is read for its bias too
            self._checked.add(key)
            if not self._ahead.covers(stored):
                self._note_if_not_finite(key)
        return stored.array(slot.dtype)

    def _note_if_not_finite(self, key: str) -> None:
        if not self._given[key].finite():
            self._suspect.add(key)
