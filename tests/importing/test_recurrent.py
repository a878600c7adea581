"""Recurrent modules of PyTorch: layers, directions, biases, and the last states."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn

from netlang.diagnostics.errors import NetlangError
from tests.importing.support import body_of, imported, same


class Read(nn.Module):
    """A recurrent layer, of which the head reads one output: all states, the last h or c."""

    def __init__(self, layers: nn.RNNBase, output: str = "all") -> None:
        super().__init__()
        self.layers, self.output = layers, output
        both = layers.bidirectional and output == "all"
        self.head = nn.Linear(layers.hidden_size * (2 if both else 1), 3)

    def forward(self, x: Tensor) -> Tensor:
        first = self.layers.batch_first
        every, last = self.layers(x if first else x.transpose(0, 1))
        if self.output == "all":
            read = every if first else every.transpose(0, 1)
        else:
            states = last if isinstance(last, Tensor) else last["hc".index(self.output)]
            read = states[-1]
        found: Tensor = self.head(read)
        return found


CASES: dict[str, tuple[nn.Module, str]] = {
    "lstm": (Read(nn.LSTM(6, 5, batch_first=True)), "layers: lstm(5)"),
    "sequence first": (Read(nn.GRU(6, 5)), "layers: gru(5)"),
    "deep": (
        Read(nn.LSTM(6, 5, num_layers=2, bidirectional=True, dropout=0.3)),
        "layers: lstm(5, layers=2, dropout=0.3, bidirectional=true)",
    ),
    "without a bias": (Read(nn.GRU(6, 5, bias=False)), "layers: gru(5, bias=false)"),
    "rectified": (Read(nn.RNN(6, 5, nonlinearity="relu")), "layers: rnn(5, nonlinearity=relu)"),
    "state": (Read(nn.GRU(6, 5), "h"), "layers.state -> gather(-1) -> head: linear(3)"),
    "state of an lstm": (Read(nn.LSTM(6, 5), "h"), "layers: lstm(5, return_state=true)"),
    "cell": (Read(nn.LSTM(6, 5), "c"), "layers.cell -> gather(-1) -> head: linear(3)"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_becomes_a_layer(name: str) -> None:
    module, line = CASES[name]
    net = imported(module, (7, 6))
    assert line in body_of(net)
    built = net.torch(weights=module.state_dict())
    assert same(built, module, torch.randn(3, 7, 6))


def test_another_form_is_told() -> None:
    module = Read(nn.LSTM(6, 5, proj_size=3))
    module.head = nn.Linear(3, 3)
    with pytest.raises(NetlangError) as caught:
        imported(module, (7, 6))
    (error,) = caught.value.diagnostics
    assert error.code == "E0982"
    assert re.search(r"lstm.input +1 +layers +weights of other sizes", "\n".join(error.rows))


class Started(nn.Module):
    """A layer that doesn't start from zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.GRU(6, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x, torch.ones(1, x.shape[0], 5))[0]
        return found


def test_a_start_that_is_not_zero_is_told() -> None:
    with pytest.raises(NetlangError) as caught:
        imported(Started(), (7, 6))
    assert "states that it starts from" in "\n".join(caught.value.diagnostics[0].rows)
