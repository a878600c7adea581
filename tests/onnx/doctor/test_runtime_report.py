"""`netlang doctor --runtime`: what works, and why the rest doesn't, in words to act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from netlang.backends.onnx.bench.providers import PROVIDERS
from netlang.backends.onnx.doctor.runtime_report import advice_for, asked, examine_runtime
from tests.cli.support import Runner

CPU = PROVIDERS["cpu"]
# As ONNX Runtime 1.31 prints them, without its prefixes.
NO_CUDA = (
    "[ONNXRuntimeError] : 1 : FAIL : Failed to load library onnxruntime/capi/"
    "libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object "
    "file: No such file or directory\n"
    "Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 13.*. Please install all "
    "dependencies as mentioned in the GPU requirements page"
)
LOGS = {
    NO_CUDA: ("`libcublasLt.so.13` of CUDA isn't found", "it needs CUDA 13.* and cuDNN 9.*"),
    "with error: libcudnn.so.9: cannot open shared object file": (
        "`libcudnn.so.9` of cuDNN", "onnxruntime-gpu[cuda,cudnn]",
    ),
    "with error: libnvinfer.so.10: cannot open shared object file": (
        "`libnvinfer.so.10` of TensorRT", "install TensorRT, and put its folder into",
    ),
    "with error: libodd.so: cannot open shared object file": ("`libodd.so` isn't", "install it"),
    "CUDA failure 100: no CUDA-capable device is detected ; GPU=-1": (
        "no CUDA-capable device", "nvidia-smi",
    ),
    "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version": (
        "driver version", "update the driver",
    ),
    "\x1b[1;31mSome other error\x1b[m": ("Some other error", ""),
    "": ("it doesn't say why", ""),
}  # fmt: skip


@pytest.mark.parametrize("log", LOGS)
def test_advice(log: str) -> None:
    why, advice = advice_for(log)
    assert LOGS[log][0] in why
    assert LOGS[log][1] in advice
    assert "\x1b" not in why


def test_what_is_installed_here(run: Runner) -> None:
    done = run("doctor", "--runtime")
    assert done.status == 0
    first, second, *_ = done.out.splitlines()
    assert first.startswith("installed: onnxruntime")
    assert second.startswith("cpu: works, with operators up to opset ")
    assert int(second.split()[-1]) >= 21
    assert run("doctor").status == 2


def test_the_answer_of_a_session() -> None:
    """A provider that isn't there is replaced or refused, and a word that is none refused."""
    assert asked(CPU)["got"] == [CPU]
    assert asked("Nothing").get("got", [CPU]) == [CPU]


def test_silent_fallback() -> None:
    """It is told of each device but the one that works, and of none that isn't built for."""

    def ask(provider: str) -> Mapping[str, Any]:
        available = [PROVIDERS["cuda"], PROVIDERS["tensorrt"], PROVIDERS["openvino"], CPU]
        told: dict[str, Any] = {"available": [*available, "AzureExecutionProvider"], "log": NO_CUDA}
        got = {PROVIDERS["openvino"]: [PROVIDERS["openvino"], CPU], CPU: [CPU]}
        return {**told, "got": got.get(provider, [CPU]), "opset": 20}

    _, cpu, cuda, tensorrt, openvino = examine_runtime(ask)
    assert "compile with `--opset 20`" in cpu.advice
    assert (cuda.what, cuda.fine) == ("cuda: falls back to CPUExecutionProvider", False)
    assert "libcublasLt.so.13" in cuda.why
    assert (tensorrt.what, tensorrt.fine) == ("tensorrt: falls back to CPUExecutionProvider", False)
    assert (openvino.what, openvino.fine) == ("openvino: works", True)


def test_a_runtime_that_does_not_start() -> None:
    _, cpu = examine_runtime(lambda provider: {"refused": "illegal instruction"})
    assert (cpu.fine, cpu.why) == (False, "illegal instruction")
    assert "--force-reinstall" in cpu.advice
