"""A process that asks ONNX Runtime for one execution provider, and prints what it got as JSON.

ONNX Runtime says why a provider can't start on its standard output and error alone, so each has a
process of its own, whose output is read. The last line is the answer.
"""

from __future__ import annotations

import json
import sys

from onnx import TensorProto, helper

__all__ = ["main"]

_OLDEST, _NEWEST = 7, 40


def main() -> None:
    """Print the version, the providers there are, those of a session and the newest opset."""
    import onnxruntime

    (wanted,) = sys.argv[1:]
    found: dict[str, object] = {
        "version": onnxruntime.__version__,
        "available": onnxruntime.get_available_providers(),
    }
    try:
        session = onnxruntime.InferenceSession(_model(_OLDEST), providers=[wanted])
        found["got"] = session.get_providers()
    except Exception as error:  # ONNX Runtime's own classes have no common base
        found["refused"] = str(error)
    if wanted == "CPUExecutionProvider":
        found["opset"] = _newest(onnxruntime.InferenceSession)
    print(f"\n{json.dumps(found)}")


def _newest(open_session: type) -> int:
    """The newest version of ONNX's operators that it takes."""
    for opset in range(_NEWEST, _OLDEST, -1):
        try:
            open_session(_model(opset), providers=["CPUExecutionProvider"])
        except Exception:  # as above; it refuses what it doesn't know
            continue
        return opset
    return _OLDEST


def _model(opset: int) -> bytes:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "probe", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=4)
    content: bytes = model.SerializeToString()
    return content


if __name__ == "__main__":
    main()
