"""Weights to start from: what is taken, renamed, skipped, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.recipes.pretrained import load_pretrained
from netlang.backends.torch.train.setup import fresh_state
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from tests.train.support import sketch

BODY = "    input x: [40]\n    body: linear(8)\n    norm: batch_norm\n    head: linear(10)"


def weights(
    tmp_path: Path, prefix: str = "", classes: int = 10
) -> tuple[Path, dict[str, torch.Tensor]]:
    """A file of a net with this body."""
    torch.manual_seed(3)
    layers = {
        f"{prefix}body": nn.Linear(40, 8),
        f"{prefix}norm": nn.BatchNorm1d(8),
        "head": nn.Linear(8, classes),
    }
    states = ((name, layer.state_dict()) for name, layer in layers.items())
    tensors = {f"{name}.{k}": value + 1 for name, state in states for k, value in state.items()}
    path = tmp_path / "mine.safetensors"
    save_file(tensors, path)
    return path, tensors


def loaded(path: Path, written: str) -> nn.Module:
    recipe, program = sketch(BODY, f"weights: {written}")
    torch.manual_seed(0)
    model = build(program)
    load_pretrained(model, recipe, program, Places({"mine": path}))
    return model


def test_all_weights(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path)
    found = loaded(path, 'pretrained("mine")').state_dict()
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[key], value) for key, value in tensors.items())


def test_a_head_that_starts_fresh(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path, classes=7)
    found = loaded(path, 'pretrained("mine", skip=["head"])').state_dict()
    torch.manual_seed(0)
    fresh = build(sketch(BODY)[1]).state_dict()
    for key, value in found.items():
        assert torch.equal(value, (fresh if key.startswith("head") else tensors)[key]), key


def test_other_labels(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path, prefix="backbone.")
    with pytest.raises(NetlangError):
        loaded(path, 'pretrained("mine")')
    pairs = '[("backbone.body", "body"), ("backbone.norm", "norm")]'
    found = loaded(path, f'pretrained("mine", rename={pairs})').state_dict()
    assert torch.equal(found["body.weight"], tensors["backbone.body.weight"])


def test_what_doesnt_fit_is_listed(tmp_path: Path) -> None:
    path, _ = weights(tmp_path, prefix="backbone.", classes=7)
    with pytest.raises(NetlangError) as caught:
        loaded(path, 'pretrained("mine")')
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0921"
    shown = "\n".join(problem.rows)
    assert "head.weight" in shown
    assert "body.weight" in shown
    assert "backbone" not in shown


def test_a_run_starts_from_them_and_freezes(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path)
    recipe, program = sketch(BODY, 'weights: pretrained("mine")', 'freeze: ["body", "norm"]')
    state = fresh_state(recipe, program, torch.device("cpu"), Places({"mine": path}))
    found = state.model.state_dict()
    assert all(torch.equal(found[key], value) for key, value in tensors.items())
    assert {k for k, v in state.model.named_parameters() if v.requires_grad} == {
        "head.weight",
        "head.bias",
    }
