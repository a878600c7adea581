"""Part of a checkpoint: tensors with a common name prefix, read only if they are as expected."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, prod
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.train.files.encoding import DTYPES
from netlang.backends.torch.train.files.reader import TensorDescription, TensorSource
from netlang.backends.torch.train.processes.rows import Kept, own_of, shape_of
from netlang.backends.torch.train.storage import Json

__all__ = ["CheckpointPart", "mapping_of", "number_of", "plain_number", "whole_of"]


@final
class CheckpointPart:
    """The tensors of `file` under `prefix`. `ValueError` says what isn't as expected.

    Nothing is read before its type and size are known to be right, so a file can't ask for more
    memory than the run needs anyway.
    """

    def __init__(self, file: TensorSource, prefix: str) -> None:
        self._file = file
        self._prefix = prefix
        self.names = {name[len(prefix) :] for name in file.entries if name.startswith(prefix)}

    def within(self, prefix: str) -> CheckpointPart:
        """A part of this part."""
        return CheckpointPart(self._file, self._prefix + prefix)

    def like(self, expected: Mapping[str, Kept]) -> dict[str, Tensor]:
        """All tensors, if they match `expected` one for one in type and shape.

        If a process keeps only some rows of a tensor, only these are read.
        """
        if self.names != expected.keys():
            odd = sorted(self.names ^ expected.keys())[0]
            raise ValueError(f"it {'lacks' if odd in expected else 'has'} `{self._prefix}{odd}`")
        for name, kept in expected.items():
            self._require_like(name, kept)
        found = self._file.load({self._prefix + name: kept for name, kept in expected.items()})
        return {name: found[self._prefix + name] for name in expected}

    def one(self, name: str, expected: Kept) -> Tensor:
        """The tensor of that name, if it has the type and shape of `expected`."""
        self._require_like(name, expected)
        return self._file.load({self._prefix + name: expected})[self._prefix + name]

    def _require_like(self, name: str, expected: Kept) -> None:
        entry = self._entry(name)
        if (DTYPES[entry.dtype], entry.shape) != (own_of(expected).dtype, shape_of(expected)):
            raise ValueError(f"`{self._prefix}{name}` is {entry.dtype} of shape {entry.shape}")

    def at_most(self, name: str, elements: int) -> Tensor:
        """The tensor of that name, if it isn't larger than that."""
        if prod(self._entry(name).shape) > elements:
            raise ValueError(f"`{self._prefix}{name}` is too large")
        return self._file.read(self._prefix + name)

    def text(self, name: str, most: int) -> bytes:
        """Bytes that were stored as a tensor."""
        found = self.at_most(name, most)
        if found.dtype != torch.uint8:
            raise ValueError(f"`{self._prefix}{name}` isn't a text")
        return found.numpy().tobytes()

    def _entry(self, name: str) -> TensorDescription:
        if name not in self.names:
            raise ValueError(f"it lacks `{self._prefix}{name}`")
        return self._file.entries[self._prefix + name]


def mapping_of(fact: Json) -> dict[str, Json]:
    """A fact that must be a table."""
    if not isinstance(fact, dict):
        raise ValueError(f"{str(fact)[:40]!r} isn't a table")
    return fact


def whole_of(fact: Json) -> int:
    """A fact that must be a whole number, at least 0."""
    if not isinstance(fact, int) or isinstance(fact, bool) or fact < 0:
        raise ValueError(f"{str(fact)[:40]!r} isn't a whole number")
    return fact


def number_of(fact: Json) -> float:
    """A fact that must be a number, as `plain_number` stores it."""
    if fact in ("inf", "-inf", "nan"):
        return float(str(fact))
    if not isinstance(fact, int | float) or isinstance(fact, bool):
        raise ValueError(f"{str(fact)[:40]!r} isn't a number")
    try:
        return float(fact)
    except OverflowError:
        raise ValueError("one of its numbers is too large") from None


def plain_number(value: float) -> Json:
    """A number for JSON, which has no infinity."""
    return value if isfinite(value) else str(value)
