"""Deployed nets: which steps are left, that values are those of the spec, and planted faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from netlang.backends.onnx import Form, export
from netlang.backends.onnx.deployed.folded import Folding
from netlang.elaborate import load_program
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.ir.verify import verify
from netlang.ops.activation import Relu
from netlang.ops.pool import Maxpool
from netlang.ops.softmax import Softmax
from netlang.passes.deploy import deploy
from tests.onnx.interpreter import loaded
from tests.onnx.support import check_file, largest_difference, program_in, random_weights, run

# The body of a net that reads an image, and the paths of the steps that are left.
BODIES = {
    "after a convolution": (
        "c: conv(6, 3x3, pad=1, bias=false) -> n: batch_norm -> r: relu",
        ["n", "r"],
    ),
    "after one with a bias, twice": ("c: conv(6, 3x3) -> n: batch_norm -> m: batch_norm", ["m"]),
    "several norms": (
        "a: conv(6, 3x3) -> k: batch_norm(eps=0.1) -> b: conv(6, 3x3, bias=false)"
        " -> m: batch_norm(affine=false)\n"
        "    r: relu -> c: conv(6, 1x1) -> n: frozen_batch_norm -> d: batch_norm",
        ["k", "m", "r", "d"],
    ),
    "without learned numbers": ("c: conv(6, 3x3) -> n: batch_norm(affine=false, eps=0.1)", ["n"]),
    "in groups": ("c: conv(8, 3x3, groups=2, bias=false) -> n: batch_norm", ["n"]),
    "depthwise": ("c: conv(4, 3x3, groups=4, bias=false) -> n: batch_norm", ["n"]),
    "through dropout": ("c: conv(6, 3x3) -> dropout -> n: batch_norm -> identity", ["n"]),
    "frozen": ("c: conv(6, 3x3) -> n: frozen_batch_norm", ["n"]),
    "transposed": (
        "c: conv_transpose(6, 3x3, stride=2, pad=1, output_pad=1, bias=false) -> n: batch_norm",
        ["n"],
    ),
    "transposed in groups": ("c: conv_transpose(6, 3x3, groups=2) -> n: batch_norm", ["n"]),
    "linear": ("f: flatten -> c: linear(5, bias=false) -> n: batch_norm", ["f", "n"]),
    "linear before": ("f: flatten -> n: batch_norm -> c: linear(5)", ["f", "c"]),
    "scaled": ("c: conv(3, 3x3) -> n: scale([1, 2, -3], offset=[0, 1, 2]) -> m: scale(0.5)", ["m"]),
    "scaled before": ("n: scale(2, offset=1) -> c: conv(6, 3x3, groups=2, bias=false)", ["c"]),
    "before a convolution": ("n: batch_norm -> c: conv(6, 3x3, stride=2)", ["c"]),
    "before one in groups": ("n: batch_norm -> m: batch_norm -> c: conv(6, 3x3, groups=2)", ["c"]),
    "around one": ("n: batch_norm -> c: conv(6, 3x3) -> m: batch_norm", ["m"]),
    "before reflections": ("n: batch_norm -> c: conv(6, 3x3, pad=1, pad_mode=reflect)", ["c"]),
    "before zeros": ("n: batch_norm -> c: conv(6, 3x3, pad=1)", ["n", "c"]),
    "before a transposed one": ("n: batch_norm -> c: conv_transpose(6, 3x3)", ["n", "c"]),
    "after a pool": ("c: conv(6, 3x3) -> r: maxpool(2) -> n: batch_norm", ["c", "r", "n"]),
    "after a pool that keeps the size": (
        "c: conv(6, 3x3) -> r: maxpool(3x3, stride=1, pad=1) -> n: batch_norm",
        ["c", "r", "n"],
    ),
    "after a softmax": (
        "c: conv(6, 3x3) -> r: softmax(axis=0) -> n: batch_norm",
        ["c", "r", "n"],
    ),
    "after an activation": ("c: conv(6, 3x3) -> r: relu -> n: batch_norm", ["c", "r", "n"]),
    "standardised weights": (
        "c: conv(6, 3x3, standardize=true, eps=0.01, bias=false) -> n: batch_norm",
        ["n"],
    ),
    "standardised weights alone": ("c: conv(6, 3x3, standardize=true, bias=false)", ["c"]),
    "of rows": ("r: reshape([8, 40]) -> c: linear(8) -> n: batch_norm", ["r", "c", "n"]),
    "of rows, scaled": (
        "r: reshape([8, 40]) -> n: scale(2) -> c: linear(5) -> m: scale(3)",
        ["r", "m"],
    ),
    "read twice": (
        "c: conv(4, 1x1) -> n: batch_norm\n    (c, n) -> a: add",
        ["c", "n", "a"],
    ),
    "an output too": ("output o: conv(6, 3x3)\n    output n: o -> batch_norm", ["o", "1"]),
    "weights used twice": (
        "c: conv(4, 1x1) -> n: batch_norm -> d: reuse c -> m: batch_norm",
        ["c", "n", "d", "m"],
    ),
    "a norm used twice": (
        "c: conv(4, 1x1) -> n: batch_norm -> d: conv(4, 1x1) -> m: reuse n",
        ["n", "m"],
    ),
    "of a block's own numbers": (
        "scaled(2, 0.5, 0.1)\n    s: scaled(1, 3, 0.01)",
        ["s.0", "s.e"],
    ),
    "outputs that nothing reads": ("both: two_ways\n    both.a -> r: relu", ["both.c", "r"]),
    "in blocks": ("repeat 2 { unit(4) }\n    e: unit(6)", ["0.bn", "1.bn", "e.bn"]),
}  # fmt: skip
Array = NDArray[np.float32]
UNIT = """\
block unit(width) { c: conv(width, 3x3, pad=1, bias=false) -> bn: batch_norm }
block scaled(by, offset, eps) {
    scale(by, offset=offset) -> c: conv(4, 3x3) -> e: batch_norm(eps=eps)
}
block two_ways {
    c: conv(4, 1x1)
    output a: c
    output b: c -> d: conv(5, 3x3)
}
"""


def net_of(body: str, kind: str = "float32") -> str:
    return f"{UNIT}net n {{\n    input x: {kind}[4, 8, 10]\n    {body}\n}}\n"


def differences(program: Program, path: Path) -> list[float]:
    """How far the outputs of the file that is written are from PyTorch's, at two batches."""
    weights = random_weights(program)
    export(program, path, weights=weights, form=Form(any_runtime=True))
    check_file(path)
    model = loaded(program, weights)
    found = []
    for batch in (1, 3):
        x = torch.randn(batch, 4, 8, 10)
        with torch.no_grad():
            wanted = [each.numpy() for each in model(x).values()]
        got = run(path, {"x": x.numpy()})
        found += [largest_difference(a, b) for a, b in zip(got, wanted, strict=True)]
    return found


@pytest.mark.parametrize("case", BODIES)
def test_what_is_left_and_its_values(case: str, tmp_path: Path) -> None:
    body, left = BODIES[case]
    program = program_in(tmp_path, net_of(body))
    deployed = deploy(program)
    verify(deployed.program, deployed.moved)
    assert [node.path for node in deployed.program.net.nodes] == left
    assert max(differences(program, tmp_path / "n.onnx")) <= 2e-5


def test_half_precision_is_left_alone(tmp_path: Path) -> None:
    body, _ = BODIES["after a convolution"]
    program = program_in(tmp_path, net_of(body, "float16"))
    assert [node.path for node in deploy(program).program.net.nodes] == ["c", "n", "r"]


def test_double_precision(tmp_path: Path) -> None:
    """Numbers are folded in the precision of the net."""
    program = program_in(tmp_path, net_of(BODIES["around one"][0], "float64"))
    weights = {key: value.astype(np.float64) for key, value in random_weights(program).items()}
    weights = {key: value for key, value in weights.items() if "tracked" not in key}
    export(program, tmp_path / "n.onnx", weights=weights, form=Form(any_runtime=True))
    tensors = {t.name: onnx.numpy_helper.to_array(t)
               for t in onnx.load(tmp_path / "n.onnx").graph.initializer}  # fmt: skip
    after = weights["m.weight"] / np.sqrt(weights["m.running_var"] + 1e-5)
    before = weights["n.weight"] / np.sqrt(weights["n.running_var"] + 1e-5)
    wanted = weights["c.weight"] * after[:, None, None, None] * before[None, :, None, None]
    assert tensors["c.weight"].dtype == np.float64
    np.testing.assert_allclose(tensors["c.weight"], wanted, rtol=1e-14)


def test_auxiliary_heads_are_left_out() -> None:
    program = load_program("googlenet")
    net = deploy(program).program.net
    assert [output.name for output in net.outputs] == ["logits"]
    assert not any(node.path.startswith("aux") or node.auxiliary for node in net.nodes)


class _Always(dict[object, int]):
    """Says of every value that it is read once."""

    def get(self, key: object, default: object = None) -> int:
        return 1


def _one_factor(shape: object, fold: object, factor: Array, along_out: bool) -> Array:
    return np.asarray(factor.reshape(-1)[0])


def _no_bias(folding: Folding, dtype: DType) -> Array:
    return np.zeros(len(folding.weight(dtype)), np.float32)


FOLDING, FOLDED = "netlang.passes.fold_affine", "netlang.backends.onnx.deployed.folded"
# What is put in the place of what, and the body that tells.
FAULTS: dict[str, tuple[str, object, str]] = {
    "padding overlooked": (f"{FOLDING}._allows", lambda op, type_: True, "before zeros"),
    "other readers overlooked": (f"{FOLDING}.readers", lambda net: _Always(), "an output too"),
    "rows as channels": (f"{FOLDING}._is_for_features", lambda step, type_: True, "of rows"),
    "weights of two steps changed": (
        "netlang.passes.maps.Maps.is_free", lambda self, node: True, "weights used twice",
    ),
    "one factor for all channels": (f"{FOLDED}._along", _one_factor, "in groups"),
    "mean forgotten": (
        f"{FOLDED}.Folding.bias", _no_bias, "after a convolution",
    ),
    "summand before forgotten": (
        f"{FOLDED}._read", lambda weight, fold, summand: 0.0, "before a convolution",
    ),
    "not standardised": (
        f"{FOLDED}._own", lambda fold, values: values(fold.weight), "standardised weights",
    ),
    "standardised by input channel": (
        f"{FOLDED}._own", lambda fold, values: _by_input(values(fold.weight)),
        "standardised weights",
    ),
    "standardised without a difference": (
        f"{FOLDED}._own", lambda fold, values: values(fold.weight) / values(fold.weight).std(),
        "standardised weights alone",
    ),
    "activation dropped": ("netlang.passes.drop.IDLE", (Relu,), "after an activation"),
    "pool dropped": ("netlang.passes.drop.IDLE", (Maxpool,), "after a pool that keeps the size"),
    "softmax dropped": ("netlang.passes.drop.IDLE", (Softmax,), "after a softmax"),
}  # fmt: skip


def _by_input(weight: Array) -> Array:
    spread: Array = weight.std((0, 2, 3), keepdims=True)
    return np.asarray((weight - weight.mean((0, 2, 3), keepdims=True)) / spread)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_noticed(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, wrong, case = FAULTS[fault]
    monkeypatch.setattr(place, wrong)
    program = program_in(tmp_path, net_of(BODIES[case][0]))
    assert max(differences(program, tmp_path / "n.onnx")) > 1e-3
