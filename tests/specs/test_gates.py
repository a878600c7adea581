"""The perceptrons of logic give their truth tables, as modules and as files, untrained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netlang.analysis.facts import Facts
from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.elaborate import load_program
from tests.onnx.support import run

INPUTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TABLES = {
    "and_perceptron": [0, 0, 0, 1],
    "nand_perceptron": [1, 1, 1, 0],
    "or_perceptron": [0, 1, 1, 1],
    "xor": [0, 1, 1, 0],
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("seed", [0, 7])
def test_module_gives_the_truth_table(name: str, seed: int) -> None:
    torch.manual_seed(seed)
    model = build(load_program(name))
    for mode in (True, False):
        found = model.train(mode)(INPUTS)
        assert found.tolist() == [[value] for value in TABLES[name]]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("seed", [0, 7])
def test_file_gives_the_truth_table(name: str, seed: int, tmp_path: Path) -> None:
    export(load_program(name), tmp_path / "net.onnx", seed=seed)
    (found,) = run(tmp_path / "net.onnx", {"x": INPUTS.numpy()})
    assert found.tolist() == [[value] for value in TABLES[name]]


@pytest.mark.parametrize("name", TABLES)
def test_no_weight_is_trained(name: str) -> None:
    program = load_program(name)
    assert not any(parameter.requires_grad for parameter in build(program).parameters())
    facts = Facts(program)
    assert facts.value("trainable_params", {}) == 0
    assert facts.params == (9 if name == "xor" else 3)
