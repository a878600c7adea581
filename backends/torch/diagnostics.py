"""Errors between an elaborated program and its PyTorch source: E0901 to E0919."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["NoLowering", "NotAModuleName"]


class NoLowering(Diagnostic):
    """An operator, or an operator with certain arguments, that PyTorch can't express."""

    code: ClassVar[str] = "E0901"
    title: ClassVar[str] = "`{operator}` can't be written in PyTorch here"
    caption: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "compile to ONNX instead, or use another operator"

    operator: str
    reason: str


class NotAModuleName(Diagnostic):
    """A module with the name of an attribute that ``nn.Module`` itself sets."""

    code: ClassVar[str] = "E0902"
    title: ClassVar[str] = "no module of PyTorch can be called `{label}`"
    caption: ClassVar[str] = "`train()` and `eval()` set an attribute of this name"
    help: ClassVar[str] = "use another label, or compile to ONNX instead"

    label: str
