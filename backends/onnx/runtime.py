"""ONNX Runtime, as the one distribution of it that may be installed."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from netlang.diagnostics.core import NetlangError

__all__ = ["runtime"]

DISTRIBUTIONS = ("onnxruntime", "onnxruntime-gpu")


def runtime() -> ModuleType:
    """The module `onnxruntime`; raises `NetlangError` if it is missing or installed twice."""
    from netlang.diagnostics.files import ExtraMissing, OnnxruntimeTwice

    found = [name for name in DISTRIBUTIONS if _installed(name)]
    if len(found) > 1:
        raise NetlangError(OnnxruntimeTwice(span=None))
    try:
        return import_module("onnxruntime")
    except ModuleNotFoundError as error:
        raise NetlangError(ExtraMissing(span=None, package="onnxruntime", extra="onnx")) from error


def _installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
