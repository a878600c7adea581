"""The core's view of a backend that compares a file with what a spec computes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import final

from netlang.build import BuildOptions
from netlang.ir.program import Program
from netlang.records import Record, field
from netlang.targets.backends import Backend, backend

__all__ = ["Verified", "VerifyOptions", "VerifyingBackend", "verifying_backend"]


@final
class VerifyOptions(Record):
    """What to compare: `file`, or without one what the backend itself writes with `build`.

    `build` says which weights the file is expected to have. `sizes` are those of the inputs;
    without them, the default ones and up to three others are tried. A `large` file is trusted: its
    weights may have more than 2 GiB.
    """

    build: BuildOptions
    file: Path | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    large: bool = False


@final
class Verified(Record):
    """How well a file agrees with its spec: at which `inputs`, and in how many of the `steps`.

    `largest` is the largest difference, as a share of the largest value of its step, which is at
    `place`; `rounding` is how far PyTorch in the net's precision (float32 if that is float64) is
    from PyTorch in double precision there, None where double precision can't be had. `precision` is
    what the file computes in, where that isn't the type of the net. `notes` are for the user.
    """

    name: str
    inputs: tuple[str, ...]
    steps: int
    compared: int
    largest: float
    place: str
    rounding: float | None
    precision: str = ""
    notes: tuple[str, ...] = ()


class VerifyingBackend(Backend):
    """A backend whose files can be compared, step by step, with PyTorch and the IR."""

    @abstractmethod
    def verify(self, program: Program, options: VerifyOptions) -> Verified:
        """Compare a file with the spec.

        Raises `NetlangError` at the first step with another shape or value, and if the file can't
        be read or isn't of this net.
        """


def verifying_backend() -> VerifyingBackend:
    """The backend for ONNX."""
    found = backend("onnx")
    assert isinstance(found, VerifyingBackend)
    return found
