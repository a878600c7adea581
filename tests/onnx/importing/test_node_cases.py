"""Some of ONNX's cases of its own operators; all of them are the long run, `node_cases`."""

from __future__ import annotations

import warnings
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from tests.onnx.importing.node_cases import all_cases, outcome

FEW = {
    "flatten": "Flatten", "gemm": "Gemm", "hardsigmoid": "HardSigmoid", "loop": "Loop",
    "leakyrelu": "LeakyRelu", "spacetodepth": "SpaceToDepth", "topk": "TopK",
}  # fmt: skip


def test_some_of_the_cases(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in FEW:
            import_module(f"onnx.backend.test.case.node.{name}")
        found = import_module("onnx.backend.test.case.node")._NodeTestCases
    cases = [case for case in found if case.model.graph.node[0].op_type in FEW.values()]
    counts = Counter(outcome(case, tmp_path)[0] for case in cases)
    assert set(counts) == {"ok", "refused"}
    assert counts["ok"] > counts["refused"]


@pytest.mark.slow
def test_all_of_the_cases(tmp_path: Path) -> None:
    counts = Counter(outcome(case, tmp_path)[0] for case in all_cases())
    assert set(counts) == {"ok", "refused"}
    assert counts["ok"] >= 486
