"""ONNX Runtime's execution providers: which are there, and which one a session really got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.backends.onnx.diagnostics import ProviderMissing, ProviderReplaced
from netlang.backends.onnx.runtime import runtime
from netlang.diagnostics.errors import NetlangError

__all__ = ["PROVIDERS", "provider_named", "require_provider"]

PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""ONNX Runtime's names by those of the command line."""


def provider_named(name: str) -> str:
    """ONNX Runtime's name. Raises `NetlangError` if this installation doesn't have the provider."""
    wanted = PROVIDERS[name]
    there = runtime().get_available_providers()
    if wanted not in there:
        known = [short for short, long in PROVIDERS.items() if long in there]
        raise NetlangError(ProviderMissing(span=None, name=name, available=", ".join(known)))
    return wanted


def require_provider(name: str, got: Sequence[str]) -> None:
    """Raise `NetlangError` if a session that was asked for a provider got another one.

    ONNX Runtime then runs on the CPU without saying so but in a log.
    """
    if got and got[0] != PROVIDERS[name]:
        raise NetlangError(ProviderReplaced(span=None, name=name, got=got[0]))
