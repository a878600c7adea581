"""Carries weights from one net to another: by matched steps, and by their keys.

A tensor of the same shape is copied, under its new key if that has changed. Of a tensor that has
grown, the new elements are zeros or repeat the old ones, as asked. What the old net lacks is drawn
from a seed. On exit, every tensor that the new net needs is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.diagnostics import CannotWiden, NoNewWeights, ShapeChanged
from netlang.backends.weights.initial import initial
from netlang.backends.weights.slots import Slot
from netlang.backends.weights.stored import Stored
from netlang.diagnostics.errors import NetlangError
from netlang.diff.weights import Pairing
from netlang.targets.migrating import Migrated, MigrationOptions, Widen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["carried"]

# Where these stand in a weight: an axis of inputs that a repetition is divided by, and the axes of
# a window, which grow on both sides.
_INPUTS = {"conv": 1, "linear": 1, "conv_transpose": 0}
_WINDOW = 2


@final
@dataclass
class _Carrying:
    """What has been carried so far, and what became of each tensor."""

    stored: Mapping[str, Stored]
    widen: Widen
    seed: int
    zeros: frozenset[str]
    tensors: dict[str, Stored] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    widened: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def take(self, slot: Slot, pairing: Pairing | None) -> None:
        """Fill one tensor of the new net."""
        former = slot.key if pairing is None else pairing.former
        old = self.stored.get(former) if former is not None else None
        if former is None or old is None:
            if slot.required or (pairing is not None and former is None):
                self._fresh(slot)
            return
        if old.shape == slot.weight.shape and old.fits(slot.dtype):
            self._keep(slot, former, old)
        elif pairing is None or self.widen == "fresh" or not old.fits(slot.dtype):
            self._fresh(slot)
        elif self.widen == "refuse":
            raise NetlangError(
                ShapeChanged(
                    span=None, key=slot.key, before=list(old.shape), after=list(slot.weight.shape)
                )
            )
        else:
            self._widen(slot, former, old, pairing.operator)

    def _keep(self, slot: Slot, former: str, old: Stored) -> None:
        self.used.add(former)
        self.tensors[slot.key] = old
        if former != slot.key:
            self.renamed[former] = slot.key

    def _fresh(self, slot: Slot) -> None:
        import numpy as np

        module = slot.key.rpartition(".")[0]
        value = initial(slot, self.seed)
        if module in self.zeros and not slot.weight.buffer:
            value = np.zeros_like(value)
        self.fresh.append(slot.key)
        self.tensors[slot.key] = Stored(value.shape, slot.dtype.value, slot.dtype, value)

    def _widen(self, slot: Slot, former: str, old: Stored, operator: str) -> None:
        shape = slot.weight.shape
        shrunk = any(was > now for was, now in zip(old.shape, shape, strict=False))
        if shrunk or len(old.shape) != len(shape):
            raise NetlangError(
                CannotWiden(span=None, key=slot.key, before=list(old.shape), after=list(shape))
            )
        array = old.array(slot.dtype)
        grow = _padded if self.widen == "zeros" else _repeated
        value = grow(array, slot, operator)
        self.used.add(former)
        self.widened.append(slot.key)
        if former != slot.key:
            self.renamed[former] = slot.key
        self.tensors[slot.key] = Stored(value.shape, slot.dtype.value, slot.dtype, value)


def carried(
    slots: Iterable[Slot],
    pairings: Mapping[str, Pairing],
    stored: Mapping[str, Stored],
    options: MigrationOptions,
) -> tuple[dict[str, Stored], Migrated]:
    """The tensors of the new net by key, and what became of them.

    `pairings` say which tensor of the old net each one was; a tensor without a pairing, as of an
    auxiliary head, is the one under its own key. Of the options, `widen`, `seed` and `zeros` count.
    Raises `NetlangError` for a tensor that has grown and may not, or can't.
    """
    wanted = frozenset(options.zeros)
    work = _Carrying(stored, options.widen, options.seed, wanted)
    for slot in slots:
        if slot.tied is None:
            work.take(slot, pairings.get(slot.key))
    modules = {key.rpartition(".")[0] for key in work.fresh}
    for path in sorted(wanted - modules):
        raise NetlangError(NoNewWeights(span=None, path=path))
    dropped = tuple(key for key in stored if key not in work.used)
    copied = len(work.tensors) - len(work.widened) - len(work.fresh)
    return work.tensors, Migrated(
        copied, dict(work.renamed), tuple(work.widened), tuple(work.fresh), dropped
    )


def _padded(array: NDArray[np.generic], slot: Slot, operator: str) -> NDArray[Any]:
    """The old elements, with zeros beside them; buffers get their initial values there.

    A window grows on both sides, so that its middle stays where it is.
    """
    import numpy as np

    made = np.zeros(slot.weight.shape, numpy_type(slot.dtype))
    if slot.weight.buffer:
        made = initial(slot, 0).copy()
    places = [
        slice(_start(axis, old, new, operator), _start(axis, old, new, operator) + old)
        for axis, (old, new) in enumerate(zip(array.shape, made.shape, strict=True))
    ]
    made[tuple(places)] = array
    return made


def _start(axis: int, old: int, new: int, operator: str) -> int:
    return (new - old) // 2 if _is_window(axis, operator) else 0


def _is_window(axis: int, operator: str) -> bool:
    return axis >= _WINDOW and operator in ("conv", "conv_transpose")


def _repeated(array: NDArray[Any], slot: Slot, operator: str) -> NDArray[Any]:
    """The old channels over and over; what reads repeated ones is divided by how many there are.

    So a widened net computes what it did: Chen, Goodfellow, Shlens 2016, Net2Net,
    arXiv:1511.05641. Windows grow with zeros.
    """
    import numpy as np

    dtype, made = numpy_type(slot.dtype), array
    for axis, (old, new) in enumerate(zip(array.shape, slot.weight.shape, strict=True)):
        if new == old or _is_window(axis, operator):
            continue
        places = np.arange(new) % old
        made = np.take(made, places, axis)
        if slot.weight.name == "weight" and _INPUTS.get(operator) == axis:
            shape = [1] * made.ndim
            shape[axis] = new
            copies = np.bincount(places, minlength=old)[places].reshape(shape)
            made = (made / copies).astype(dtype)
    return _padded(made, slot, operator) if made.shape != slot.weight.shape else made
