"""Every operator and every case of it: the emitted module beside torch's own, by values."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor

from netlang.backends.torch import build, emit
from netlang.backends.torch.lowering import UNSUPPORTED, lower
from netlang.ir.op import Case, Op
from netlang.ir.types import TensorType
from netlang.ops import all_operators
from tests.ops.torch_modules import build as torch_module
from tests.ops.torch_modules import samples
from tests.torch.programs import complaints_about, one_step

NAMED = {
    f"{op.name}-{index}": case
    for op in all_operators()
    if op not in UNSUPPORTED
    for index, case in enumerate(op.cases())
}
CASES = [pytest.param(case, id=name) for name, case in NAMED.items()]
# A labelled step, one that stands in an `nn.Sequential`, and one that has a number but doesn't.
PATHS = ("step", "0", "7", "train")


def outputs(result: object) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else list(result)  # type: ignore[call-overload]  # or a tuple


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", CASES)
def test_emitted_operator_is_torchs(case: Case, path: str) -> None:
    program = one_step(case.op, case.inputs, path)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        # nn.RNN warns of dropout in a single layer, torch of an even kernel that copies.
        warnings.simplefilter("ignore")
        found, expected = build(program), torch_module(case.op, case.inputs)
        weights = case.op.weights(case.inputs)
        keys = [f"{path}.{weight.name}" if weight.name else path for weight in weights]
        assert list(found.state_dict()) == keys
        kept = found.state_dict()
        assert [key for key, _ in found.named_buffers() if key in kept] == [
            key for key, weight in zip(keys, weights, strict=True) if weight.buffer
        ]
        theirs = expected.state_dict()
        for value in theirs.values():
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape) + 0.5)
        found.load_state_dict(dict(zip(keys, theirs.values(), strict=True)))
        values = samples(case, 3)
        with torch.no_grad():
            one = outputs(found.eval()(*(value.clone() for value in values)))
            two = outputs(expected.eval()(*values))
    assert len(one) == len(two)
    for mine, other in zip(one, two, strict=True):
        assert mine.shape == other.shape
        # Sums of large terms that cancel are as exact as the largest of them.
        largest = max(1.0, other.double().abs().max().item()) if other.numel() else 1.0
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6 * largest)


@pytest.mark.parametrize("case", CASES)
def test_fixed_weights_are_no_parameters_to_train(case: Case) -> None:
    found = dict(build(one_step(case.op, case.inputs, "step")).named_parameters())
    expected = {
        f"step.{weight.name}".rstrip("."): weight.trainable
        for weight in case.op.weights(case.inputs)
        if not weight.buffer
    }
    assert {key: value.requires_grad for key, value in found.items()} == expected


def test_a_step_has_no_slope_and_is_one_at_infinity() -> None:
    op = {each.name: each for each in all_operators()}["heaviside"](at_zero=0.25)  # type: ignore[call-arg]  # its field
    module = build(one_step(op, (TensorType((5,)),), "step"))
    x = torch.tensor([[-torch.inf, -1.0, 0.0, 2.0, torch.inf]], requires_grad=True)
    y = module(x)
    y.sum().backward()
    assert y.tolist() == [[0, 0, 0.25, 1, 1]]
    assert x.grad is not None
    assert x.grad.tolist() == [[0] * 5]


def test_emitted_text_is_as_ruff_writes_it(tmp_path: Path) -> None:
    for name, case in NAMED.items():
        for path in ("step", "7"):
            text = emit(one_step(case.op, case.inputs, path))
            (tmp_path / f"{name}_{path}.py").write_text(text, encoding="utf-8")
    assert complaints_about(tmp_path) == ""


def test_ruff_has_something_to_say(tmp_path: Path) -> None:
    (tmp_path / "layout.py").write_text("x = 'one'\n", encoding="utf-8")
    (tmp_path / "unused.py").write_text("import os\n", encoding="utf-8")
    found = complaints_about(tmp_path)
    assert "layout.py" in found
    assert "F401" in found


def test_every_operator_is_lowered_or_says_why_not() -> None:
    default = lower.dispatch(Op)
    lowered = {op for op in all_operators() if lower.dispatch(op) is not default}
    assert lowered | set(UNSUPPORTED) == set(all_operators())
    assert not lowered & set(UNSUPPORTED), "a lowered operator is still named as unsupported"
    assert all(reason for reason in UNSUPPORTED.values())
