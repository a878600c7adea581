"""Errors about the weights that a net is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from netlang.diagnostics.core import Diagnostic

__all__ = [
    "NotAStateDict",
    "UnknownWeightsFormat",
    "UnreadableWeights",
    "UnsafeWeights",
    "WeightsMismatch",
]


@final
@dataclass(frozen=True, kw_only=True)
class WeightsMismatch(Diagnostic):
    """Keys are missing, unknown, or their tensors have another shape or type."""

    code: ClassVar[str] = "E0921"
    title: ClassVar[str] = "{source} doesn't fit net `{net}`: {counts}\n\n{table}"
    help: ClassVar[str] = "{advice}"

    source: str
    net: str
    counts: str
    table: str
    advice: str


@final
@dataclass(frozen=True, kw_only=True)
class UnreadableWeights(Diagnostic):
    """The file doesn't exist or isn't what its name says."""

    code: ClassVar[str] = "E0922"
    title: ClassVar[str] = "can't read weights from `{source}`: {reason}"
    help: ClassVar[str] = "give a .safetensors file, or a state dict saved by torch.save (.pth)"

    source: str
    reason: str


@final
@dataclass(frozen=True, kw_only=True)
class UnknownWeightsFormat(Diagnostic):
    """Neither safetensors nor a PyTorch file, by its suffix."""

    code: ClassVar[str] = "E0923"
    title: ClassVar[str] = "can't read weights from `{source}`: the suffix `{suffix}` is not known"
    help: ClassVar[str] = "expected .safetensors, or .pth, .pt or .bin for a PyTorch state dict"

    source: str
    suffix: str


@final
@dataclass(frozen=True, kw_only=True)
class UnsafeWeights(Diagnostic):
    """A pickle with more in it than tensors: unpickling could run code."""

    code: ClassVar[str] = "E0924"
    title: ClassVar[str] = (
        "`{source}` is refused: it holds other Python objects than tensors, and reading those could"
        " run code"
    )
    help: ClassVar[str] = (
        "if you trust the file, load it with PyTorch and save `model.state_dict()` as safetensors"
    )

    source: str


@final
@dataclass(frozen=True, kw_only=True)
class NotAStateDict(Diagnostic):
    """A PyTorch file that holds something else than tensors by key."""

    code: ClassVar[str] = "E0925"
    title: ClassVar[str] = "`{source}` is not a state dict: it holds {found}"
    help: ClassVar[str] = "save `model.state_dict()` alone, with torch.save or as safetensors"

    source: str
    found: str
