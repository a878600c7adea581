"""ONNX Runtime, of which exactly one distribution may be installed."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import OnnxruntimeTwice
from netlang.targets import needs

__all__ = ["installed_twice", "quantization", "runtime"]

DISTRIBUTIONS = ("onnxruntime", "onnxruntime-gpu")


def runtime() -> ModuleType:
    """The module `onnxruntime`. Raises `NetlangError` if it is missing or installed twice."""
    if installed_twice():
        raise NetlangError(OnnxruntimeTwice(span=None))
    with needs("onnx"):
        return import_module("onnxruntime")


def quantization() -> ModuleType:
    """The module `onnxruntime.quantization`, with the parts of it that aren't loaded with it."""
    runtime()
    with needs("onnx"):
        for part in ("calibrate", "qdq_quantizer"):
            import_module(f"onnxruntime.quantization.{part}")
        return import_module("onnxruntime.quantization")


def installed_twice() -> bool:
    """Whether both distributions are installed: they write the same files, so neither is intact."""
    return all(map(_installed, DISTRIBUTIONS))


def _installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
