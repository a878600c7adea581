"""ONNX Runtime, as the one distribution of it that may be installed."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.files import OnnxruntimeTwice
from netlang.targets import needs

__all__ = ["runtime"]

DISTRIBUTIONS = ("onnxruntime", "onnxruntime-gpu")


def runtime() -> ModuleType:
    """The module `onnxruntime`; raises `NetlangError` if it is missing or installed twice."""
    if all(map(_installed, DISTRIBUTIONS)):
        raise NetlangError(OnnxruntimeTwice(span=None))
    with needs("onnx"):
        return import_module("onnxruntime")


def _installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
