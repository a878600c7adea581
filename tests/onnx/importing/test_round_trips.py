"""Nets that netlang writes to ONNX step by step, and imports from the graph alone.

The import compares each with ONNX Runtime; here the net that came back is compared with the first.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import netlang
from netlang.targets.importing import ImportedNet
from tests.onnx.importing.subjects import from_bundled
from tests.onnx.importing.support import imported


def _returned(text: str, folder: Path, example: torch.Tensor, *inputs: str) -> ImportedNet:
    """The net that comes back, which has the keys and gives the values of the first."""
    net = netlang.loads(text)
    module = net.torch(seed=0).eval()
    path = folder / "net.onnx"
    net.onnx(path, module, spec=False)
    found = imported(path, *inputs)
    weights = {key: each for key, each in module.state_dict().items() if "num_batches" not in key}
    assert set(found.weights) == set(weights)
    assert netlang.loads(found.text).params == net.params
    again = netlang.loads(found.text).torch(found.weights).eval()
    with torch.no_grad():
        wanted, got = module(example), again(example)
    assert torch.allclose(wanted, got, atol=1e-5)
    assert wanted.std() > 1e-3
    return found


def test_windows_that_are_shifted(tmp_path: Path) -> None:
    """Their mask is a comparison of places, which `arange` numbers."""
    text = """\
from swin import window_attention

net windows {
    input image: [8, 16, 16]
    transpose([1, 2, 0]) -> layer_norm
    attn: window_attention(2, 4, 2)
}
"""
    found = _returned(text, tmp_path, torch.randn(2, 8, 16, 16))
    assert "not_equal -> to_float -> scale(-100)" in found.text
    assert len(found.weights) == 8


@pytest.mark.parametrize("label", ["const", "val_1", "input", "clone", "strength"])
@pytest.mark.parametrize("shape", ["[]", "[20]"])
def test_labels_that_other_exporters_make_up(label: str, shape: str, tmp_path: Path) -> None:
    """In a file of netlang's, a name without a slash is a key, also that of a single number."""
    net = f"""\
net a {{
    input x: [20]
    {label}: parameter({shape}, std=1)
    (x, {label}) -> mul
}}
"""
    found = _returned(net, tmp_path, torch.randn(2, 20))
    assert [*found.weights] == [label]


@pytest.mark.parametrize("start", ["", ", init=1"])
def test_a_parameter_without_a_label(start: str, tmp_path: Path) -> None:
    """In the file, it is called by a number as tables are, and is learned all the same."""
    sides = f"identity; parameter([20]{start})"
    net = netlang.loads(f"net a {{\n    input x: [20]\n    add {{ {sides} }}\n}}\n")
    net.onnx(tmp_path / "net.onnx", spec=False)
    assert [each.shape for each in imported(tmp_path / "net.onnx").weights.values()] == [(20,)]


@pytest.mark.parametrize(("heads", "length"), [(1, "80"), (2, "80"), (1, "T=1024")])
def test_causal_attention(heads: int, length: str, tmp_path: Path) -> None:
    """Its mask, of more numbers than a spec may list, is a word of the operator."""
    text = f"""\
net gpt {{
    input x: [{length}, 8]
    qkv: linear(24)
    part: split([8, 8, 8], axis=-1)
    part -> attention({heads}, causal=true)
    proj: linear(8)
}}
"""
    count = int(length.removeprefix("T="))
    found = _returned(text, tmp_path, torch.randn(2, count, 8), f"[{count}, 8]")
    assert "attention(causal=true)" in found.text
    assert "softmax" not in found.text


@pytest.mark.parametrize("axes", ["[0, 1]", "[1, 0]"])
def test_a_linear_map_of_a_computed_weight(axes: str, tmp_path: Path) -> None:
    """Equalised weights are scaled where they are used; Karras et al. 2017, arXiv:1710.10196."""
    shape = "[5, 6]" if axes == "[0, 1]" else "[6, 5]"
    text = f"""\
net equalised {{
    input x: [6]
    weight: parameter({shape}, std=1)
    scaled: scale(0.3)
    bias: parameter([5], std=1)
    shift: scale(0.1)
    scaled -> turned: transpose({axes})
    x -> linear(5, weight=turned, bias=shift)
}}
"""
    found = _returned(text, tmp_path, torch.randn(4, 6))
    assert set(found.weights) == {"weight", "bias"}
    assert "x -> linear(5, bias=" in found.text


def test_layers_that_are_used_again(tmp_path: Path) -> None:
    """A head of all maps of a pyramid has its weights once; Lin et al. 2017, arXiv:1708.02002."""
    text = """\
block head {
    conv: conv(4, 3x3, pad=1) -> relu
    score: conv(3, 1x1)
}

net detector {
    input image: [4, 12, 16]
    own: head
    image -> maxpool(2x2) -> far: reuse own
    own -> reshape([3, 192]) -> near: identity
    far -> reshape([3, 48]) -> coarse: identity
    (near, coarse) -> concat(axis=1)
}
"""
    found = _returned(text, tmp_path, torch.randn(2, 4, 12, 16))
    assert found.text.count("reuse own.conv") == found.text.count("reuse own.score") == 1


@pytest.mark.parametrize(
    ("sizes", "said"),
    [("H=13, W=25", "size=[13, 25]"), ("13, 25", "size=[13, 25]"), ("H=12, W=24", "scale=2")],
)
def test_maps_of_the_size_of_finer_ones(sizes: str, said: str, tmp_path: Path) -> None:
    """In the file the nearest places are picked along one axis after the other."""
    text = f"""\
net pyramid {{
    input image: [3, {sizes}]
    fine: conv(4, 3x3, pad=1)
    conv(4, 3x3, stride=2, pad=1) -> conv(4, 3x3, pad=1) -> upsample(size=fine.shape[1:])
    coarse: identity
    (fine, coarse) -> add
}}
"""
    height, width = (int(each.rpartition("=")[2]) for each in sizes.split(", "))
    example = torch.randn(2, 3, height, width)
    found = _returned(text, tmp_path, example, f"[3, {height}, {width}]")
    assert f"upsample({said})" in found.text
    assert "take" not in found.text


def test_tied_weights_have_one_key(tmp_path: Path) -> None:
    """A file has their tensor once. The survey takes either of its keys, and misses neither's."""
    spec = tmp_path / "tied.net"
    spec.write_text(
        """\
net tied {
    input words: int64[5]
    table: embedding(9, 4)
    hidden: linear(4)
    head: linear(9, bias=false, weight=table.weight)
}
""",
        encoding="utf-8",
    )
    source = from_bundled(str(spec), "netlang", tmp_path / "net.onnx")
    found = imported(tmp_path / "net.onnx", *source.inputs)
    assert not source.missing(found.weights)
    assert not source.others(found.weights)
    assert len(found.weights) == 3
    assert netlang.loads(found.text).params == netlang.load(str(spec)).params
    assert len(source.missing([])) == 3
    assert source.missing(["head.weight"]) == ["hidden.weight", "hidden.bias"]
    assert source.others(["table.weight", "new.weight"]) == ["new.weight"]


@pytest.mark.parametrize("sizes", ["21", "11, 14", "8, 12, 4"])
def test_maxima_that_are_put_back(sizes: str, tmp_path: Path) -> None:
    """The file writes them to their places in zeros; Badrinarayanan et al. 2015."""
    text = f"""\
net put_back {{
    input image: [3, {sizes}]
    pool: maxpool(2, ceil=true, return_indices=true)
    (pool.output, pool.indices) -> max_unpool(2, size=image.shape[1:])
    conv(2, 1)
}}
"""
    example = torch.randn(2, 3, *(int(each) for each in sizes.split(", ")))
    found = _returned(text, tmp_path, example)
    assert "-> max_unpool(" in found.text


def test_maxima_that_are_put_back_into_more_than_is_computed(tmp_path: Path) -> None:
    """The zeros of a whole batch would be too many, and nothing needs to compute them."""
    text = """\
net put_back {
    input image: [4, H=128, W=128]
    pool: maxpool(2x2, return_indices=true)
    (pool.output, pool.indices) -> max_unpool(2x2, size=image.shape[1:])
    conv(2, 3x3, pad=1)
}
"""
    found = _returned(text, tmp_path, torch.randn(2, 4, 128, 128), "[4, 128, 128]")
    assert "max_unpool(2x2" in found.text


def test_a_table_that_is_computed(tmp_path: Path) -> None:
    """Codes of places by sines are too many to be listed, and computed as the file does."""
    text = """\
from detr import places

net coded {
    input image: [64, 12, 14]
    place: places
    image -> flatten(1) -> transpose([1, 0])
    (here, place) -> add -> linear(3)
}
"""
    found = _returned(text, tmp_path, torch.randn(2, 64, 12, 14))
    assert found.text.count("concat(2) { sin; cos }") == 2
    assert len(found.text) < 5_000


@pytest.mark.parametrize(
    "table", ["zeros([3, 8])", "full([3, 8], 0.5)", "constant([[1, 2, 3, 4]])"]
)
def test_tables_with_a_label_are_no_weights(table: str, tmp_path: Path) -> None:
    text = f"""\
net blank {{
    input x: [3, 4]
    answers: {table}
    (x, answers) -> concat(axis={1 if "8" in table else 0}) -> linear(5)
}}
"""
    found = _returned(text, tmp_path, torch.randn(2, 3, 4))
    assert "parameter" not in found.text


def test_answers_that_begin_alike_for_each_example(tmp_path: Path) -> None:
    """For all examples of the graph they are more numbers than an import computes."""
    text = """\
net answers {
    input x: [4, 512]
    blank: zeros([100, 512])
    (x, blank) -> concat -> linear(3)
}
"""
    found = _returned(text, tmp_path, torch.randn(2, 4, 512))
    assert "full([100, 512], 0)" in found.text
