"""Files of PyTorch's newer exporter, by what it makes of nets whose weights are values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import helper
from torch import Tensor, nn
from torch.nn import functional as F

from tests.onnx.importing.subjects import from_bundled
from tests.onnx.importing.support import exported, imported, lines_of, model_of, saved

RNG = np.random.default_rng(0)


class Asking(nn.Module):
    """Learned questions attend to what is there, as in DETR; Carion et al. 2020."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)
        self.place = nn.Linear(8, 8, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        placed: Tensor = x + self.place(x)
        found: Tensor = self.attn(placed[:, :3], placed, x, need_weights=False)[0]
        return found


def test_maps_whose_weights_are_parts_of_one(tmp_path: Path) -> None:
    """Queries, keys and values have one weight, of which each has a part."""
    module = Asking()
    made = imported(exported(module, (5, 8), tmp_path / "net.onnx", newer=True))
    assert set(made.weights) == set(module.state_dict())
    assert made.text.count("linear(8, bias=") == 4  # three, and that of the places
    assert "-> matmul\n" not in made.text.replace("transpose2) -> matmul", "")


class Reading(nn.Module):
    """Each place attends to those before it, of more than a table can be listed for."""

    def __init__(self, scale: float | None) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        parts = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (each.unflatten(-1, (2, 4)).transpose(1, 2) for each in parts)
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=self.scale)
        return found.transpose(1, 2).flatten(2)


@pytest.mark.parametrize(("scale", "said"), [(None, "(causal=true)"), (0.3, "scale=0.3")])
def test_causal_attention(scale: float | None, said: str, tmp_path: Path) -> None:
    """The exporter adds a mask of -inf, and scales queries and keys by the root of the factor."""
    module = Reading(scale)
    made = imported(exported(module, (80, 8), tmp_path / "net.onnx", newer=True))
    assert set(made.weights) == set(module.state_dict())
    assert "attention(" in made.text
    assert said in made.text
    assert "softmax" not in made.text


def test_names_that_a_module_has_given(tmp_path: Path) -> None:
    """`const` is a parameter of the spec; its tables are buffers, one of which has no name."""
    spec = tmp_path / "named.net"
    spec.write_text(
        """\
net named {
    input x: [4, 6]
    const: parameter([6], std=1)
    table: zeros([2, 6])
    (x, const) -> add -> summed: identity
    (summed, table) -> concat -> joined: identity
    constant([1, 2, 3, 4, 5, 6.5])
    (joined, here) -> mul -> out: linear(3)
}
""",
        encoding="utf-8",
    )
    source = from_bundled(str(spec), "newer", tmp_path / "net.onnx")
    found = imported(tmp_path / "net.onnx")
    assert not source.missing(found.weights)
    assert not source.others(found.weights)
    assert "model.const" in found.weights
    assert "constant([1, 2, 3, 4, 5, 6.5])" in lines_of(found)


class Called(nn.Module):
    """Weights whose names are those of constants, as in a file that says what is a weight."""

    clone: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.constant = nn.Parameter(torch.randn(3, 1, 4))
        self.register_buffer("clone", torch.randn(3, 4, 1))
        self.inner = nn.ParameterDict({"const_1": nn.Parameter(torch.randn(3, 4, 4))})

    def forward(self, x: Tensor) -> Tensor:
        moved: Tensor = x * self.constant + self.clone
        out: Tensor = moved + self.inner["const_1"]
        return out


def test_weights_that_are_called_like_constants(tmp_path: Path) -> None:
    module = Called()
    made = imported(exported(module, (3, 4, 4), tmp_path / "net.onnx", newer=True))
    assert set(made.weights) == set(module.state_dict())


def test_a_number_behind_a_map_without_bias(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["u"]),
        helper.make_node("Add", ["u", "val_0"], ["y"]),
    ]
    stored = {
        "weight": RNG.standard_normal((8, 4), np.float32),
        "val_0": np.asarray(0.5, np.float32),
    }
    made = imported(saved(model_of(nodes, stored), tmp_path))
    assert "scale(1, offset=0.5)" in made.text


def test_a_transpose_of_a_value_is_no_weight(tmp_path: Path) -> None:
    """In a file for one example, a value has no axis that would tell it from a weight."""
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "t"], ["y"]),
    ]
    made = imported(saved(model_of(nodes, shape=(3, 4)), tmp_path), batch=False)
    assert "matmul" in made.text
    assert "linear" not in made.text
