"""A process that runs one ONNX file, as lines of JSON on its standard input ask it to.

The first line says what to load, each other one how often to run it; every line is answered by one.
ONNX Runtime may print to standard error. With a process for each file, the memory that it takes is
its own, and several can be timed in turn.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["main"]


def main() -> None:
    """Answer requests until there are no more."""
    requests = map(json.loads, sys.stdin)
    first = next(requests, None)
    if first is None:
        return
    try:
        session, feeds = _opened(first)
    except Exception as error:  # ONNX Runtime's own classes have no common base
        _answer(refused=str(error))
        return
    for request in requests:
        try:
            _answer(seconds=[_timed(session, feeds) for _ in range(request["runs"])])
        except Exception as error:  # as above
            _answer(refused=str(error))
    if first["profile"]:
        session.end_profiling()


def _opened(request: Mapping[str, Any]) -> tuple[Any, dict[str, NDArray[Any]]]:
    """The file as a session, with inputs for it."""
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
    _answer(load=load, providers=session.get_providers(), memory=_growth(before))
    return session, feeds


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


def _answer(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
