"""What can go wrong between an elaborated program and PyTorch source: E0901 to E0919."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.core import Diagnostic

__all__ = ["NoLowering"]


class NoLowering(Diagnostic):
    """An operator, or an operator with these arguments, that PyTorch can't express."""

    code: ClassVar[str] = "E0901"
    title: ClassVar[str] = "`{operator}` can't be written in PyTorch here"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "compile to ONNX instead, or use another operator"

    operator: str
    reason: str
