"""What each release of ONNX Runtime loads: the newest opset and the newest IR version.

Its own table (onnxruntime.ai/docs/reference/compatibility.html) follows the ONNX releases that it
was built with. What stands here was found by loading files in each release, from 1.15 to 1.32, also
a file of each operator: 1.15 takes opset 19 but has no kernels for its `Reshape` and `Shape`.
"""

from __future__ import annotations

import re
from typing import final

from netlang.backends.onnx.diagnostics import OpsetTooNew, RuntimeUnknown
from netlang.diagnostics.errors import NetlangError
from netlang.records import Record

__all__ = ["NEWEST", "OLDEST", "Release", "release_of"]

_FROM: dict[int, tuple[int, int]] = {
    15: (18, 9), 16: (19, 9), 17: (20, 9), 18: (21, 10), 21: (22, 10), 23: (23, 11), 24: (25, 13),
    25: (26, 13), 32: (28, 14),
}  # fmt: skip
"""For 1.x from a first x on: opset and IR version."""
OLDEST, NEWEST = min(_FROM), 32
"""The releases 1.x that are known."""
_NAMED = re.compile(r"onnxruntime(?:-[a-z]+)*\s*==\s*1\.(\d{1,3})(?:\.\d{1,3})?")


@final
class Release(Record):
    """A release of ONNX Runtime, with the newest opset and IR version that it loads."""

    name: str
    opset: int
    ir_version: int

    def checked(self, opset: int) -> int:
        """`opset`; raises `NetlangError` if it is too new."""
        if opset > self.opset:
            raise NetlangError(
                OpsetTooNew(span=None, opset=opset, runtime=self.name, newest=self.opset)
            )
        return opset


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
    return Release("".join(text.split()), *_FROM[first])
