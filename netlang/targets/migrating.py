"""The core's view of a backend that carries weights from one net to another."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from netlang.build import WHOLE, Fit
from netlang.records import Record
from netlang.targets.backends import Backend, backend

if TYPE_CHECKING:
    from netlang.diff import Difference

__all__ = ["Migrated", "MigratingBackend", "MigrationOptions", "Widen", "migrating_backend"]

Widen: TypeAlias = Literal["refuse", "zeros", "repeat", "fresh"]


@final
class MigrationOptions(Record):
    """Where the weights of the old net are, where those of the new one go, and how.

    `widen` says what becomes of tensors that have grown: the new elements are zeros, or repeat the
    old ones; with ``fresh``, tensors of another shape are drawn anew from `seed`, as new ones are.
    New weights of the steps at the paths `zeros` are zeros. `fit` is how the old ones are read.
    """

    weights: Path
    out: Path
    widen: Widen = "refuse"
    zeros: tuple[str, ...] = ()
    fit: Fit = WHOLE
    seed: int = 0


@final
class Migrated(Record):
    """What became of the tensors: how many were `copied`, and which keys have changed.

    `widened`, `fresh` and `dropped` are keys: of tensors that have grown, that were drawn, and that
    nothing in the new net was. `notes` on the weights are for the user.
    """

    copied: int
    renamed: Mapping[str, str]
    widened: tuple[str, ...]
    fresh: tuple[str, ...]
    dropped: tuple[str, ...]
    notes: tuple[str, ...] = ()


class MigratingBackend(Backend):
    """A backend that reads and writes weights."""

    @abstractmethod
    def migrate(self, difference: Difference, options: MigrationOptions) -> Migrated:
        """Write the weights of the net after, made of those of the net before.

        Raises `NetlangError` if the weights aren't those of the net before, or for a tensor that
        has grown and may not.
        """


def migrating_backend() -> MigratingBackend:
    """The backend for PyTorch."""
    found = backend("torch")
    assert isinstance(found, MigratingBackend)
    return found
