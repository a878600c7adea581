"""Whether ONNX Runtime works on each device that it was built for, and what is missing if not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from netlang.backends.onnx.bench.providers import PROVIDERS
from netlang.backends.onnx.form import OPSET
from netlang.backends.onnx.runtime import installed_twice
from netlang.diagnostics.files import OnnxruntimeTwice
from netlang.targets.doctor import Finding

__all__ = ["Ask", "advice_for", "asked", "examine_runtime"]

_DISTRIBUTIONS = (
    "onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml",
    "onnxruntime-qnn", "onnxruntime-rocm",
)  # fmt: skip
_REMOTE = "AzureExecutionProvider"
"""Sends inputs to a service of its maker's; it is no device."""
_SECONDS = 120.0
"""How long a session may take to open, libraries of a device included."""
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[.\d]*|[\w-]+\.(?:dll|dylib)): cannot open")
_VERSIONS = re.compile(r"Require (cuDNN [\d.]+\*?) and (CUDA [\d.]+\*?)")
_OF_LIBRARY = {
    "libcudnn": "cuDNN", "libnvinfer": "TensorRT", "libcu": "CUDA", "libopenvino": "OpenVINO",
}  # fmt: skip


def asked(provider: str) -> Mapping[str, Any]:
    """The answer of the probe, with all that ONNX Runtime printed as `log`."""
    command = [sys.executable, "-m", "netlang.backends.onnx.doctor.probe", provider]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return {"refused": f"it didn't start within {_SECONDS:.0f} s"}
    log = f"{done.stdout}\n{done.stderr}"
    line = next((each for each in reversed(done.stdout.splitlines()) if each.strip()), "")
    try:
        told = json.loads(line)
    except ValueError:
        told = {"refused": _last_line(log) or f"its process ended with status {done.returncode}"}
    return {**told, "log": log}


def _last_line(log: str) -> str:
    return next((each.strip() for each in reversed(log.splitlines()) if each.strip()), "")


Ask: TypeAlias = Callable[[str], Mapping[str, Any]]


def examine_runtime(ask: Ask = asked) -> Iterator[Finding]:
    """What is installed, then each provider that it has, the CPU first."""
    installed = [name for name in _DISTRIBUTIONS if _version(name)]
    named = ", ".join(f"{name} {_version(name)}" for name in installed)
    if installed_twice():
        twice = OnnxruntimeTwice(span=None)
        yield Finding(f"installed: {named}", fine=False, why=twice.message, advice=twice.help_text)
        return
    if not installed:
        advice = "`pip install 'netlang[onnx]'`, or `'netlang[gpu]'` for an NVIDIA GPU"
        yield Finding("ONNX Runtime isn't installed", fine=False, advice=advice)
        return
    yield Finding(f"installed: {named}")
    told = ask(PROVIDERS["cpu"])
    yield _of_cpu(told)
    available = told.get("available", [])
    for name in available:
        if name not in (PROVIDERS["cpu"], _REMOTE):
            yield _of_device(name, ask(name))
    if PROVIDERS["cuda"] not in available and Path("/dev/nvidiactl").exists():
        yield Finding(
            "an NVIDIA GPU is here, and this ONNX Runtime has no CUDA",
            fine=False,
            advice=f"`pip uninstall {installed[0]}`, then `pip install 'netlang[gpu]'`",
        )


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _of_cpu(told: Mapping[str, Any]) -> Finding:
    if "got" not in told:
        advice = "`pip install --force-reinstall` the distribution that is installed"
        return Finding("cpu: doesn't start", fine=False, why=told["refused"], advice=advice)
    newest = told["opset"]
    if newest < OPSET:
        return Finding(
            f"cpu: works, with operators up to opset {newest}",
            fine=False,
            why=f"`compile` writes opset {OPSET}",
            advice=f"update ONNX Runtime, or compile with `--opset {newest}`",
        )
    return Finding(f"cpu: works, with operators up to opset {newest}")


def _of_device(provider: str, told: Mapping[str, Any]) -> Finding:
    name = next((short for short, long in PROVIDERS.items() if long == provider), provider)
    got = told.get("got", [])
    if got[:1] == [provider]:
        return Finding(f"{name}: works")
    what = f"falls back to {got[0]}" if got else "doesn't start"
    why, advice = advice_for(f"{told.get('refused', '')}\n{told.get('log', '')}")
    return Finding(f"{name}: {what}", fine=False, why=why, advice=advice)


def advice_for(log: str) -> tuple[str, str]:
    """Why a provider doesn't start, from what ONNX Runtime printed, and what to do."""
    library, versions = _LIBRARY.search(log), _VERSIONS.search(log)
    needed = " and ".join(reversed(versions.groups())) if versions else ""
    if library is not None:
        missing = library.group(1)
        project = next(
            (what for start, what in _OF_LIBRARY.items() if missing.startswith(start)), ""
        )
        of = f" of {project}" if project else ""
        return f"the library `{missing}`{of} isn't found", _installing(project, needed)
    for text, advice in _KNOWN.items():
        if text in log:
            return text, advice
    return _first_error(log), needed and f"it needs {needed}"


def _installing(project: str, needed: str) -> str:
    versions = f" (it needs {needed})" if needed else ""
    if project in ("CUDA", "cuDNN"):
        return (
            f"`pip install 'onnxruntime-gpu[cuda,cudnn]'`{versions}, and call"
            " `onnxruntime.preload_dlls()` in your program; or install them and set LD_LIBRARY_PATH"
        )
    return f"install {project or 'it'}{versions}, and put its folder into LD_LIBRARY_PATH"


_KNOWN = {
    "no CUDA-capable device is detected": (
        "see whether `nvidia-smi` lists a GPU, and in a container start it with `--gpus all`"
    ),
    "CUDA driver version is insufficient": "update the driver of the GPU",
    "no kernel image is available": (
        "this GPU is older or newer than what the distribution was built for: take another release"
    ),
}
"""What CUDA says, and what to do."""


def _first_error(log: str) -> str:
    """The first line that looks like an error, without colours."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", log)
    lines = [line.strip(" *") for line in plain.splitlines()]
    return next((line for line in lines if "rror" in line or "ail" in line), "it doesn't say why")
