"""Errors of importing ONNX files: E0986 and E0987."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["ModelNotTaken", "ModelUnreadable"]


class ModelUnreadable(Diagnostic):
    """A file that isn't ONNX, or whose parts contradict each other."""

    code: ClassVar[str] = "E0986"
    title: ClassVar[str] = "can't read `{path}`: {reason}"
    help: ClassVar[str] = "{advice}"

    path: str
    reason: str
    advice: str = "nothing is written; a source is an ONNX file of opset 9 or newer"


class ModelNotTaken(Diagnostic):
    """A file that is ONNX, with something that no spec can have."""

    code: ClassVar[str] = "E0987"
    title: ClassVar[str] = "can't import `{path}`: {reason}"
    help: ClassVar[str] = "{advice}"

    path: str
    reason: str
    advice: str
