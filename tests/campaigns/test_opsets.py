"""Trials at other opsets than the default: drawn by number, kept with a case, and judged there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.onnx import HIGHEST_OPSET, LOWEST_OPSET, OPSET, Form, export
from netlang.backends.onnx.lowering.elements import activation
from netlang.ops import operator
from tests.campaigns import agree
from tests.campaigns.examine import examine
from tests.campaigns.exemptions import RUNTIME_LACKS, unrun
from tests.campaigns.of_specs import CASE
from tests.campaigns.opsets import opset_of
from tests.campaigns.subject import Spec, read_spec
from tests.campaigns.walk import Applied
from tests.onnx.support import program_of, random_weights, run

OPSETS = range(LOWEST_OPSET, HIGHEST_OPSET + 1)
GELU = "net a {\n    input x: [8, 8]\n    relu6\n    gelu(approximate=tanh)\n}\n"


def test_most_trials_are_at_the_default_and_some_at_every_other() -> None:
    drawn = Counter(map(opset_of, range(2000)))
    assert set(drawn) == set(OPSETS)
    assert drawn[OPSET] > 1000
    assert drawn[LOWEST_OPSET] > 500
    assert all(drawn[opset] > 50 for opset in OPSETS)
    assert drawn == Counter(map(opset_of, range(2000)))


@pytest.mark.parametrize("opset", OPSETS)
def test_a_case_keeps_its_opset(opset: int) -> None:
    spec = Spec(GELU, {"helper.net": "x = 1\n"}, "a", opset)
    assert read_spec(spec.saved()) == spec
    assert ("# opset:" in spec.saved()) is (opset != OPSET)


def test_a_trial_is_counted_at_its_opset() -> None:
    number = next(number for number in range(40) if opset_of(number) != OPSET)
    counts = agree.Agree()(number).counts
    assert counts[f"opset: {opset_of(number)}"] == 1
    assert f"opset: {opset_of(number)}: 1" in agree.summary(counts).lines


def test_a_fault_at_one_opset_is_noticed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "_tanh_gate", activation._erf_gate)
    assert agree.judged(Spec(GELU, {}, "a"), 0) is None
    found = agree.judged(Spec(GELU, {}, "a", LOWEST_OPSET), 0)
    assert found is not None
    assert found.what == "runtime values"
    small = agree.shrink(found).files[CASE]
    assert read_spec(small).opset == LOWEST_OPSET
    assert "relu6" not in small


# --- what ONNX Runtime lacks ---------------------------------------------------------------------


def _applied(name: str) -> Applied:
    kind = operator(name)
    assert kind is not None
    case = next(iter(kind.cases()))
    outputs = case.op.infer(case.inputs).outputs
    return Applied("step", case.op, case.inputs, outputs, ())


@pytest.mark.parametrize("name", RUNTIME_LACKS)
def test_what_the_runtime_lacks_it_does_lack(name: str, tmp_path: Path) -> None:
    first, reason = RUNTIME_LACKS[name]
    assert "no kernel" in reason
    step = _applied(name)
    program = program_of(step.op, step.inputs, {})
    feeds = {
        port.name: np.zeros((1, *map(int, map(str, port.type.shape))), np.float32)
        for port in program.net.inputs
    }
    for opset in OPSETS:
        path = tmp_path / f"{opset}.onnx"
        export(
            program, path, weights=random_weights(program), form=Form(opset=opset, any_runtime=True)
        )
        assert (unrun((step,), opset) is None) is (opset < first)
        if opset < first:
            run(path, feeds)
        else:
            with pytest.raises(Exception, match="Could not find an implementation"):
                run(path, feeds)


def test_what_the_runtime_lacks_the_reference_evaluator_judges() -> None:
    inputs = "input x: [2, 6, 6]\n    input boxes: [3, 4]"
    text = f"net a {{\n    {inputs}\n    (x, boxes) -> roi_align(2)\n}}\n"
    spec = Spec(text, {}, "a", HIGHEST_OPSET)
    verdict = examine(spec).verdict
    assert (verdict.failure, verdict.unasked) == (None, None)
    assert verdict.unrun == "roi_align: RoiAlign of opset 22 has no kernel"
    assert examine(replace(spec, opset=OPSET)).verdict.unrun is None
