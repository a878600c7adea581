"""What this machine does at most, measured with NumPy and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

__all__ = ["bandwidth", "peak"]

_SIDE = 1536
_COPIED = 1 << 27
"""Bytes of a copy, more than caches hold."""
_TIMES = 5


def peak(threads: int) -> float:
    """Multiply-accumulates a second of a product of two matrices in single precision."""
    import numpy as np
    import onnx

    from netlang.backends.onnx.runtime import runtime

    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    shape = [_SIDE, _SIDE]
    left, right, product = (
        helper.make_tensor_value_info(name, kind, shape) for name in ("left", "right", "product")
    )
    node = helper.make_node("MatMul", ["left", "right"], ["product"])
    graph = helper.make_graph([node], "peak", [left, right], [product])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = runtime().SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime().InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    matrix = np.ones(shape, np.float32)
    feeds = {"left": matrix, "right": matrix}
    return float(_SIDE**3) / _least(lambda: session.run(None, feeds))


def bandwidth() -> float:
    """Bytes a second that are read and written by a copy, with one thread."""
    import numpy as np

    source = np.ones(_COPIED, np.uint8)
    target = np.empty_like(source)
    return 2.0 * _COPIED / _least(lambda: np.copyto(target, source))


def _least(run: Callable[[], object]) -> float:
    """The least seconds of several runs."""
    found = []
    for _ in range(_TIMES):
        start = perf_counter()
        run()
        found.append(perf_counter() - start)
    return min(found)
