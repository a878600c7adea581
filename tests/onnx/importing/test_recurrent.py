"""Recurrent layers of ONNX files: packed by PyTorch, or made of named parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from torch import Tensor, nn

import netlang
from netlang.diagnostics.errors import NetlangError
from tests.onnx.importing.support import Array, exported, imported, lines_of, model_of, saved

RNG = np.random.default_rng(0)
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


class _Sequence(nn.Module):
    """A layer that gives its outputs alone."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layer(x)[0]
        return found


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.LSTM(3, 4, batch_first=True, bidirectional=True), "lstm(4, bidirectional=true)"),
        (nn.GRU(3, 4, batch_first=True), "gru(4)"),
        (nn.RNN(3, 4, batch_first=True, nonlinearity="relu"), "rnn(4, nonlinearity=relu)"),
        (nn.LSTM(3, 4, batch_first=True, bias=False), "lstm(4, bias=false)"),
    ],
)
def test_layers_of_pytorch(layer: nn.Module, said: str, tmp_path: Path) -> None:
    """The older exporter packs the weights, whose names it leaves to those of nodes."""
    module = nn.Sequential(nn.Linear(2, 3), _Sequence(layer))
    net = imported(exported(module, (5, 2), tmp_path / "net.onnx", newer=False))
    assert said in net.text
    state = module.state_dict()
    assert set(net.weights) == set(state)
    assert all(torch.equal(each, state[key]) for key, each in net.weights.items())


def test_two_layers_of_one_module(tmp_path: Path) -> None:
    """Both nodes have the path of the module, and each needs keys of its own."""
    module = _Sequence(nn.RNN(3, 4, num_layers=2, batch_first=True))
    net = imported(exported(module, (5, 3), tmp_path / "net.onnx", newer=False))
    state = module.state_dict()
    assert torch.equal(net.weights["layer.weight_ih_l0"], state["layer.weight_ih_l0"])
    assert torch.equal(net.weights["layer_2.weight_ih_l0"], state["layer.weight_ih_l1"])
    assert len(net.weights) == len(state)


class _States(nn.Module):
    """All that a layer gives, and a map of its last state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        found, last = self.layer(x)
        state = last[0] - last[1] if isinstance(last, tuple) else last
        return found, self.fc(state[-1])


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.LSTM(3, 4, batch_first=True), "lstm(4, return_state=true)"),
        (nn.GRU(3, 4, batch_first=True, bidirectional=True),
         "gru(4, bidirectional=true, return_state=true)"),
    ],
)  # fmt: skip
def test_last_states(layer: nn.Module, said: str, tmp_path: Path) -> None:
    module = _States(layer)
    net = imported(exported(module, (5, 3), tmp_path / "net.onnx", newer=False))
    assert said in net.text
    assert set(net.weights) == set(module.state_dict())


@pytest.mark.parametrize("layer", ["lstm(4)", "gru(4, bidirectional=true)", "rnn(4)"])
def test_layers_of_netlang(layer: str, tmp_path: Path) -> None:
    spec = f"net a {{\n    input x: [5, 3]\n    rnn: {layer} -> relu\n    fc: linear(2)\n}}\n"
    net = netlang.loads(spec)
    path = tmp_path / "net.onnx"
    net.onnx(path, spec=False)
    found = imported(path)
    assert f"rnn: {layer} -> relu" in found.text
    assert set(found.weights) == set(net.torch().state_dict())


def _node(op: str, more: Mapping[str, Array], **attributes: Any) -> onnx.ModelProto:
    """A layer of 4 from 3 features, of sequences of which the first axis is the time."""
    places = ("W", "R", "B", "lengths", "start")
    rows = 4 * GATES[op]
    stored: dict[str, Array] = {
        "W": RNG.standard_normal((1, rows, 3), np.float32),
        "R": RNG.standard_normal((1, rows, 4), np.float32),
        **more,
    }
    names = [each if each in stored else "" for each in places]
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        helper.make_node(op, ["t", *names], ["o"], hidden_size=4, **attributes),
        helper.make_node("Squeeze", ["o", "one"], ["s"]),
        helper.make_node("Transpose", ["s"], ["y"], perm=[1, 0, 2]),
    ]
    return model_of(nodes, {**stored, "one": np.asarray([1])}, ("N", 5, 3))


def test_a_layer_without_a_name(tmp_path: Path) -> None:
    net = imported(saved(_node("RNN", {}), tmp_path))
    assert "rnn1: rnn(4, bias=false)" in lines_of(net)
    assert {key.rpartition(".")[2] for key in net.weights} == {"weight_ih_l0", "weight_hh_l0"}


@pytest.mark.parametrize(
    ("op", "more", "attributes", "said"),
    [
        ("GRU", {}, {}, "resets before"),
        ("LSTM", {}, {"direction": "reverse"}, "backwards alone"),
        ("LSTM", {}, {"layout": 1}, "`layout`"),
        ("RNN", {}, {"activations": ["Sigmoid"]}, "other functions"),
        ("RNN", {"start": np.ones((1, 1, 4), np.float32)}, {}, "starts from"),
        ("RNN", {"lengths": np.asarray([5], np.int32)}, {}, "lengths"),
        ("LSTM", {"W": np.ones((1, 15, 3), np.float32)}, {}, "weights that are computed"),
        ("LSTM", {"R": np.ones((1, 16, 7), np.float32)}, {}, "another number of states"),
        ("LSTM", {"B": np.ones((1, 16), np.float32)}, {}, "weights that are computed"),
    ],
)
def test_forms_that_the_language_lacks(
    op: str, more: Mapping[str, Array], attributes: Mapping[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(NetlangError, match=said) as caught:
        imported(saved(_node(op, more, **attributes), tmp_path))
    assert caught.value.diagnostics[0].code == "E0982"
