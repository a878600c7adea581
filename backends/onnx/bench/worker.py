"""A process that runs one ONNX file, as lines of JSON on its standard input ask it to.

The first line says what to load, each other one how often to run it; every line is answered by one.
ONNX Runtime may print to standard error. With a process for each file, the memory that it takes is
its own, and several can be timed in turn.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bound", "main", "not_finite"]


def main() -> None:
    """Answer requests until there are no more."""
    # ONNX Runtime prints to standard output where a provider can't start.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for answer in _answers(map(json.loads, sys.stdin)):
            print(json.dumps(answer), file=answers, flush=True)


def _answers(requests: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    first = next(requests, None)
    if first is None:
        return
    try:
        session, once, told = _opened(first)
    except Exception as error:  # ONNX Runtime's own classes have no common base
        yield {"refused": str(error)}
        return
    yield told
    for request in requests:
        try:
            yield {"seconds": [_timed(once) for _ in range(request["runs"])]}
        except Exception as error:  # as above
            yield {"refused": str(error)}
    if first["profile"]:
        session.end_profiling()


def _opened(
    request: Mapping[str, Any],
) -> tuple[Any, Callable[[], object], dict[str, object]]:
    """The file as a session, what runs it once, and what is told of it."""
    import onnxruntime

    feeds = _feeds(request["inputs"])
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = request["threads"]
    if request["profile"]:
        options.enable_profiling = True
        options.profile_file_prefix = request["profile"]
    before = _most_memory()
    start = perf_counter()
    session = onnxruntime.InferenceSession(
        request["path"], options,
        providers=[request["provider"]], provider_options=[request["options"]],
    )  # fmt: skip
    load = perf_counter() - start
    once, outputs = _runner(session, feeds, request["device"])
    once()
    memory = _growth(before)
    names = [each.name for each in session.get_outputs()]
    return session, once, {
        "load": load, "providers": session.get_providers(), "memory": memory,
        "not_finite": not_finite(dict(zip(names, outputs(), strict=True))),
    }  # fmt: skip


def _runner(
    session: Any, feeds: Mapping[str, NDArray[Any]], device: str
) -> tuple[Callable[[], object], Callable[[], Sequence[object]]]:
    """What runs a session once, and what gives its outputs."""
    if not device:
        once = partial(session.run, None, feeds)
        return once, once
    binding, once_bound = bound(session, feeds, device)
    return once_bound, binding.copy_outputs_to_cpu


def not_finite(outputs: Mapping[str, object]) -> list[str]:
    """The outputs with NaN or infinite values."""
    import numpy as np

    return [
        name
        for name, values in outputs.items()
        if isinstance(values, np.ndarray) and values.dtype.kind == "f"
        if not np.isfinite(values).all()
    ]


def bound(
    session: Any, feeds: Mapping[str, NDArray[Any]], device: str
) -> tuple[Any, Callable[[], None]]:
    """The inputs and outputs in memory of a device, and a run that reads and writes there.

    A session with a CUDA graph records it in the first of these runs.
    """
    from onnxruntime import OrtValue, RunOptions

    binding = session.io_binding()
    for name, values in feeds.items():
        binding.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(values, device))
    outputs = [each.name for each in session.get_outputs()]
    for name in outputs:
        binding.bind_output(name, device)
    # A graph of CUDA keeps the addresses that it was recorded with: first, the outputs get theirs.
    unrecorded = RunOptions()
    unrecorded.add_run_config_entry("gpu_graph_id", "-1")
    session.run_with_iobinding(binding, unrecorded)
    for name, value in zip(outputs, binding.get_outputs(), strict=True):
        binding.bind_ortvalue_output(name, value)

    def once() -> None:
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()

    return binding, once


def _feeds(inputs: Mapping[str, tuple[str, list[int]]]) -> dict[str, NDArray[Any]]:
    """Random inputs of given types and shapes: floats from N(0, 1), else 0 and 1."""
    import numpy as np

    generator = np.random.default_rng(0)
    found = {}
    for name, (kind, shape) in inputs.items():
        is_float = np.dtype(kind).kind == "f"
        values = generator.standard_normal(shape) if is_float else generator.integers(0, 2, shape)
        found[name] = values.astype(kind)
    return found


def _timed(once: Callable[[], object]) -> float:
    start = perf_counter()
    once()
    return perf_counter() - start


def _most_memory() -> int | None:
    """The most bytes that this process has held in memory, where the system tells."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            told = dict(line.split(":", 1) for line in file)
        return 1024 * int(told["VmHWM"].split()[0])
    except (OSError, KeyError):
        return None  # what `getrusage` tells elsewhere includes the process that started this one


def _growth(before: int | None) -> int | None:
    now = _most_memory()
    return None if now is None or before is None else now - before


if __name__ == "__main__":
    main()
