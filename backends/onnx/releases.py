"""What each release of ONNX Runtime loads: the newest opset and the newest IR version.

Its own table (onnxruntime.ai/docs/reference/compatibility.html) follows the ONNX releases that it
was built with. What stands here was found by loading files in each release, from 1.15 to 1.32, also
a file of each operator: 1.15 takes opset 19 but has no kernels for its `Reshape` and `Shape`, and
neither 1.15 nor 1.16.0 has `MatMulNBits`, or `Softmax` and `LayerNormalization` of float16.
"""

from __future__ import annotations

import re
from typing import final

from netlang.backends.onnx.diagnostics import RuntimeTooOld, RuntimeUnknown
from netlang.build import LowPrecision
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType
from netlang.records import Record

__all__ = ["ANY_RELEASE", "NEWEST", "OLDEST", "Release", "release_of"]

_FROM: dict[int, tuple[int, int]] = {
    15: (18, 9), 16: (19, 9), 17: (20, 9), 18: (21, 10), 21: (22, 10), 23: (23, 11), 24: (25, 13),
    25: (26, 13), 32: (28, 14),
}  # fmt: skip
"""For 1.x from a first x on: opset and IR version."""
OLDEST, NEWEST = min(_FROM), 32
"""The releases 1.x that are known."""
_COMPLETE = 17
"""The first 1.x with all kernels of float16 and of weights in 4 bits."""
ANY_RELEASE = "onnxruntime"
"""Stands for a release that is as new as this netlang, whose own operators a file may have."""
_NAMED = re.compile(r"onnxruntime(?:-[a-z]+)*\s*==\s*1\.(\d{1,3})(?:\.\d{1,3})?")


@final
class Release(Record):
    """A release of ONNX Runtime, with the newest opset and IR version that it loads."""

    name: str
    minor: int
    opset: int
    ir_version: int

    def checked(self, opset: int) -> int:
        """`opset`; raises `NetlangError` if it is too new."""
        if opset > self.opset:
            advice = f"leave out `--opset`, or choose {self.opset} or an earlier one"
            raise self._too_old(f"opset {opset}", advice)
        return opset

    def require_kernels(self, floats: DType, low: LowPrecision | None) -> None:
        """Raise `NetlangError` unless it has those of a net of `floats`, written as `low` says."""
        newer = f"name `onnxruntime==1.{_COMPLETE}` or a later one"
        if self.minor < _COMPLETE and low is not None and low.int4_weights:
            raise self._too_old("weights in 4 bits", newer)
        if self.minor < _COMPLETE and floats is DType.FLOAT16:
            advice = f"{newer}, or declare the inputs as float32 and add `--fp16`"
            raise self._too_old("every operator in float16", advice)

    def _too_old(self, what: str, advice: str) -> NetlangError:
        return NetlangError(RuntimeTooOld(span=None, runtime=self.name, what=what, advice=advice))


def release_of(text: str) -> Release:
    """The release that a requirement such as ``onnxruntime==1.17`` or ``==1.17.3`` names.

    Other packages of ONNX Runtime, as ``onnxruntime-web``, count by the same numbers. Raises
    `NetlangError` for any other text and for releases that aren't known.
    """
    found = _NAMED.fullmatch(text.strip())
    minor = int(found[1]) if found else -1
    if not OLDEST <= minor <= NEWEST:
        oldest, newest = f"1.{OLDEST}", f"1.{NEWEST}"
        raise NetlangError(RuntimeUnknown(span=None, text=text, oldest=oldest, newest=newest))
    first = max(each for each in _FROM if each <= minor)
    return Release("".join(text.split()), minor, *_FROM[first])
