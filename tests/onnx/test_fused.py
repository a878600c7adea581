"""`--for onnxruntime`: steps joined into operators that ONNX Runtime alone has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

import netlang
from netlang.backends.onnx import Form, export
from netlang.backends.onnx.backend import BACKEND
from netlang.build import BuildOptions, LowPrecision, OnnxOptions
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.records import replace
from netlang.targets.verifying import VerifyOptions
from tests.onnx.support import largest_difference, random_weights, run
from tests.support import answered

ENCODER = """net n {
    input x: [L=6, 8]
    x -> seen: multi_head_attention(2) -> dropout(0.1) -> own: identity
    (x, own) -> sum1: add
    sum1 -> norm1: layer_norm -> wide: linear(16) -> gelu -> narrow: linear(8)
    (sum1, narrow) -> sum2: add
    sum2 -> norm2: layer_norm
    output norm2: norm2
    output sum1: sum1
}
"""
CASES = {
    ENCODER: {"MultiHeadAttention": 1, "Sum": 2, "BiasGelu": 1},
    ENCODER.replace("L=6", "6"): {"Attention": 1, "Sum": 2, "BiasGelu": 1},
    ENCODER.replace("L=6", "257"): {"MultiHeadAttention": 1, "Sum": 2, "BiasGelu": 1},
    "net n {\n input x: [5, 6]\n multi_head_attention(3, causal=true)\n}\n": {"Attention": 1},
    # Without a bias, that operator of ONNX Runtime's crashes.
    "net n {\n input x: [5, 6]\n multi_head_attention(3, causal=true, bias=false)\n}\n": {
        "MultiHeadAttention": 1
    },
    "net n {\n input x: [5, 6]\n input y: [4, 6]\n (x, y) -> multi_head_attention(3)\n}\n": {
        "MultiHeadAttention": 1
    },
    # Between two lengths, ONNX Runtime counts from the ends.
    "net n {\n input x: [3, 6]\n input y: [5, 6]\n"
    " (x, y) -> multi_head_attention(3, causal=true)\n}\n": {},
    "net n {\n input x: [2, 5, 6]\n (x, x, x) -> attention(2, scale=0.3)\n}\n": {
        "MultiHeadAttention": 1
    },
    "net n {\n input x: [L=5, 6]\n (x, x, x) -> attention(causal=true)\n}\n": {
        "MultiHeadAttention": 1
    },
    "net n {\n input x: [5, 6]\n x -> slice(3, axis=1) -> half: identity\n"
    " (x, half, half) -> attention(2, kv_heads=1)\n}\n": {},
    "net n {\n input x: [5, 6]\n"
    " x -> linear(6) -> gelu(approximate=tanh) -> y: linear(6, bias=false)\n"
    " (y, x) -> both: add\n both -> a: layer_norm(eps=0.1)\n both -> b: layer_norm(affine=false)\n"
    " (a, b) -> mul\n}\n": {"FastGelu": 1},
    # A bias is added with the rest; ONNX Runtime takes three times as long for a norm with its sum.
    "net n {\n input x: [2, 5, 6]\n x -> y: linear(6)\n (x, y) -> add -> relu\n}\n": {"Sum": 1},
    "net n {\n input x: [5, 6]\n x -> y: relu\n (x, y) -> add -> layer_norm\n}\n": {"Sum": 1},
    # Of other sizes, read elsewhere.
    "net n {\n input x: [5, 6]\n input y: [1, 6]\n (x, y) -> add -> layer_norm\n}\n": {},
    "net n {\n input x: [5, 6]\n x -> y: linear(6)\n (x, y) -> add -> z: relu\n"
    " (y, z) -> mul\n}\n": {},
    "net n {\n input x: [5, 6]\n x -> a: linear(6) -> b: gelu\n (a, b) -> sub\n}\n": {},
    "net n {\n input x: float64[5, 6]\n linear(6) -> gelu -> multi_head_attention(2)\n}\n": {},
}


def own_operators(path: Path) -> dict[str, int]:
    """How often each operator is there that only such a file has."""
    nodes = onnx.load(path).graph.node
    return dict(Counter(each.op_type for each in nodes if each.domain or each.op_type == "Sum"))


def both_forms(program: Program, folder: Path) -> tuple[Path, Path]:
    weights, paths = random_weights(program), (folder / "plain.onnx", folder / "fused.onnx")
    for path, fused in zip(paths, (False, True), strict=True):
        export(program, path, weights=weights, form=Form(fused=fused, any_runtime=True))
    return paths


@pytest.mark.parametrize("text", CASES, ids=range(len(CASES)))
def test_what_becomes_one_operator(text: str, tmp_path: Path) -> None:
    program = netlang.loads(text).program
    plain, fused = both_forms(program, tmp_path)
    assert own_operators(fused) == CASES[text]
    assert own_operators(plain) == {}
    onnx.checker.check_model(onnx.load(fused))
    if "float64" in text:
        return
    generator, feeds = np.random.default_rng(0), {}
    for port in program.net.inputs:
        shape = [size if isinstance(size, int) else 7 for size in port.type.shape]
        feeds[port.name] = generator.standard_normal((3, *shape), np.float32)
    for one, other in zip(run(fused, feeds), run(plain, feeds), strict=True):
        assert largest_difference(one, other) < 1e-5


def test_verify_knows_such_a_file(tmp_path: Path) -> None:
    net, path = netlang.loads(ENCODER), tmp_path / "n.onnx"
    said: list[str] = []
    net.onnx(path, runtime="onnxruntime", say=said.append)
    assert any("1 MultiHeadAttention, 1 BiasGelu" in each for each in said)
    verified = BACKEND.verify(net.program, VerifyOptions(BuildOptions(), path))
    assert 0 < verified.compared < verified.steps
    model = onnx.load(path)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "epsilon":
                attribute.f = 0.5
    onnx.save(model, path)
    with pytest.raises(NetlangError) as error:
        BACKEND.verify(net.program, VerifyOptions(BuildOptions(), path))
    (found,) = error.value.diagnostics
    assert (found.code, "norm1" in found.message) == ("E0937", True)


@pytest.mark.parametrize("options", [
    OnnxOptions(low=LowPrecision("float16")), OnnxOptions(low=LowPrecision(int4_weights=True)),
    OnnxOptions(fold=False), OnnxOptions(functions=True), OnnxOptions(any_runtime=True),
])  # fmt: skip
def test_what_does_not_go_with_it(options: OnnxOptions, tmp_path: Path) -> None:
    asked = BuildOptions(onnx=replace(options, runtime="onnxruntime"))
    with pytest.raises(NetlangError) as error:
        BACKEND.write(netlang.loads(ENCODER).program, tmp_path / "n.onnx", asked)
    assert [each.code for each in error.value.diagnostics] == ["E0958"]
    assert not any(tmp_path.iterdir())


def test_a_net_without_such_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = answered(capsys, "compile", "cnn", "-o", "a.onnx", "--for", "onnxruntime")
    assert (done.status, "none, nothing of the net is one" in done.err) == (0, True)
    for other in ("onnxruntime-web", "tensorrt", "onnxruntime==1.99"):
        assert "E0956" in answered(capsys, "compile", "cnn", "-o", "a.onnx", "--for", other).err
