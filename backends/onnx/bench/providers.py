"""ONNX Runtime's execution providers: which are there, and which one a session really got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.backends.onnx.diagnostics import ProviderMissing, ProviderReplaced
from netlang.backends.onnx.runtime import runtime
from netlang.diagnostics.errors import NetlangError

__all__ = ["CUDA_GRAPH", "PROVIDERS", "require_installed", "require_provider"]

PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""ONNX Runtime's names by those of the command line."""

CUDA_GRAPH: Mapping[str, Mapping[str, str]] = {
    "cuda": {"enable_cuda_graph": "1"},
    "tensorrt": {"trt_cuda_graph_enable": "1"},
}
"""The options with which a provider records its kernels once and then replays them."""


def require_installed(name: str) -> None:
    """Raise `NetlangError` if this installation of ONNX Runtime doesn't have the provider."""
    there = runtime().get_available_providers()
    if PROVIDERS[name] not in there:
        known = [short for short, long in PROVIDERS.items() if long in there]
        raise NetlangError(ProviderMissing(span=None, name=name, available=", ".join(known)))


def require_provider(name: str, got: Sequence[str]) -> None:
    """Raise `NetlangError` if a session that was asked for a provider got another one.

    ONNX Runtime then runs on the CPU without saying so but in a log.
    """
    if got and got[0] != PROVIDERS[name]:
        raise NetlangError(ProviderReplaced(span=None, name=name, got=got[0]))
