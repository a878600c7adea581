"""A process that runs one ONNX file, as lines of JSON on its standard input ask it to.

The first line says what to load, each other one how often to run it; every line is answered by one.
ONNX Runtime may print to standard error. With a process for each file, the memory that it takes is
its own, and several can be timed in turn.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["main"]


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
        session, feeds, told = _opened(first)
    except Exception as error:  # ONNX Runtime's own classes have no common base
        yield {"refused": str(error)}
        return
    yield told
    for request in requests:
        try:
            yield {"seconds": [_timed(session, feeds) for _ in range(request["runs"])]}
        except Exception as error:  # as above
            yield {"refused": str(error)}
    if first["profile"]:
        session.end_profiling()


def _opened(
    request: Mapping[str, Any],
) -> tuple[Any, dict[str, NDArray[Any]], dict[str, object]]:
    """The file as a session, with inputs for it, and what is told of it."""
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
    session = onnxruntime.InferenceSession(request["path"], options, providers=request["providers"])
    load = perf_counter() - start
    session.run(None, feeds)
    told = {"load": load, "providers": session.get_providers(), "memory": _growth(before)}
    return session, feeds, told


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


def _timed(session: Any, feeds: Mapping[str, NDArray[Any]]) -> float:
    start = perf_counter()
    session.run(None, feeds)
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
