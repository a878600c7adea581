"""Files in 8-bit integers: scales, values beside PyTorch's fake quantization, and known traps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch.nn import functional

import netlang
from netlang import ExampleInputs, LowPrecision, NetlangError, Run, load
from netlang.backends.onnx.backend import BACKEND
from netlang.backends.onnx.precision import integers, write
from netlang.backends.onnx.verify.file import RuntimeRefusedError
from netlang.build import BuildOptions, OnnxOptions
from tests.cli.support import Runner
from tests.onnx.support import Arrays, random_weights
from tests.onnx.support import run as outputs_of
from tests.quality import ROOT

Floats = NDArray[np.float32]
CONV = "net n {\n input x: [3, 12, 12]\n c: conv(8, 3x3) -> r: relu\n}\n"


def images(count: int, *shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, *shape), np.float32)


def written(
    folder: Path, text: str, weights: Arrays | None, x: Floats, **options: Any
) -> tuple[onnx.ModelProto, list[str]]:
    """A net in integers, in `i.onnx`, and its notes; `x` is what it is calibrated on."""
    (folder / "n.net").write_text(text, encoding="utf-8")
    net, said = load(folder / "n.net"), list[str]()
    low = LowPrecision("int8", examples=ExampleInputs({"x": x}), **options)
    weights = random_weights(net.program) if weights is None else weights
    net.onnx(folder / "i.onnx", weights, precision=low, say=said.append)
    net.onnx(folder / "f.onnx", weights)
    return onnx.load(folder / "i.onnx"), said


def tensors(model: onnx.ModelProto) -> Arrays:
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def rounding(model: onnx.ModelProto, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The scale and zero of the value of this name."""
    (node,) = (
        each for each in model.graph.node
        if each.op_type == "QuantizeLinear" and each.input[0] == name
    )  # fmt: skip
    stored = tensors(model)
    return stored[node.input[1]], stored[node.input[2]]


def test_a_layer_is_torchs_fake_quantization(tmp_path: Path) -> None:
    x = images(8, 3, 12, 12)
    model, _ = written(tmp_path, CONV, None, x)
    weights = random_weights(load(tmp_path / "n.net").program)
    weight = torch.from_numpy(weights["c.weight"].astype(np.float32))
    low, high = float(x.min()), float(x.max())
    scale, zero = rounding(model, "x")
    assert scale == pytest.approx((high - low) / 255, rel=1e-3)
    assert abs(int(zero) - -low / float(scale)) <= 1
    of_channels = weight.abs().amax((1, 2, 3)) / 127
    seen = torch.fake_quantize_per_tensor_affine(
        torch.from_numpy(x), float(scale), int(zero), 0, 255
    )
    rounded = torch.fake_quantize_per_channel_affine(
        weight, of_channels, torch.zeros(8, dtype=torch.int32), 0, -127, 127
    )
    bias = torch.from_numpy(weights["c.bias"].astype(np.float32))
    wanted = functional.conv2d(seen, rounded, bias).relu().numpy()
    (found,) = outputs_of(tmp_path / "i.onnx", {"x": x})
    step = float(wanted.max()) / 255
    assert float(np.abs(found - wanted).max()) < 1.6 * step


def test_weights_have_a_scale_for_each_channel(tmp_path: Path) -> None:
    """One for a tensor collapses depthwise nets: a channel may be a thousand times another."""
    text = "net n {\n input x: [8, 12, 12]\n d: conv(8, 3x3, groups=8) -> p: conv(4, 1x1)\n}\n"
    model, _ = written(tmp_path, text, None, images(8, 8, 12, 12))
    stored = tensors(model)
    weights = random_weights(load(tmp_path / "n.net").program)
    for name, channels in (("d", 8), ("p", 4)):
        largest = np.abs(weights[f"{name}.weight"].astype(float)).reshape(channels, -1).max(1)
        assert stored[f"{name}.weight_scale"] == pytest.approx(largest / 127, rel=1e-3)


def test_a_scale_too_small_for_the_bias(tmp_path: Path) -> None:
    """onnxruntime#11415: bias / (scale of x * scale of w) beyond int32."""
    text = "net n {\n input x: [3, 12, 12]\n c: conv(4, 3x3)\n}\n"
    (tmp_path / "n.net").write_text(text, encoding="utf-8")
    weights = random_weights(load(tmp_path / "n.net").program)
    weights["c.weight"] = weights["c.weight"].astype(np.float32)
    weights["c.weight"][1] *= np.float32(1e-9)
    weights["c.bias"] = np.array([0.5, 2.0, -1.0, 0.25], np.float32)
    x = images(8, 3, 12, 12)
    written(tmp_path, text, weights, x)
    found, wanted = (outputs_of(tmp_path / name, {"x": x})[0] for name in ("i.onnx", "f.onnx"))
    assert largest(found, wanted) < 0.02


def largest(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def test_a_value_without_a_range_stays_in_float32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """onnxruntime#11928: no example reached it."""
    known = integers._ranges

    def without(*arguments: Any) -> Any:
        found = known(*arguments)
        del found.data["c"]
        return found

    monkeypatch.setattr(integers, "_ranges", without)
    text = (
        "net n {\n input x: [3, 12, 12]\n c: conv(4, 3x3) -> d: conv(4, 3x3)\n e: conv(2, 1x1)\n}\n"
    )
    x = images(4, 3, 12, 12)
    model, _ = written(tmp_path, text, None, x)
    stored = tensors(model)
    assert stored["c.weight"].dtype == np.float32
    assert "e.weight_quantized" in stored
    found, wanted = (outputs_of(tmp_path / name, {"x": x})[0] for name in ("i.onnx", "f.onnx"))
    assert largest(found, wanted) < 0.05


@pytest.mark.parametrize("method", ["minmax", "entropy", "percentile"])
def test_every_method_is_near(method: str, tmp_path: Path) -> None:
    x = images(16, 3, 12, 12)
    model, said = written(tmp_path, CONV, None, x, method=method)
    facts = {each.key: each.value for each in model.metadata_props}
    assert facts["netlang.precision"] == "int8"
    assert facts["netlang.calibration"] == f"{method} on 16 examples that a program gave"
    cosine = re.search(r"cosine ([\d.]+)", " ".join(said))
    assert cosine is not None
    assert float(cosine[1]) > 0.998


def test_symmetric_files_have_no_zeros(tmp_path: Path) -> None:
    model, _ = written(tmp_path, CONV, None, images(4, 3, 12, 12), symmetric=True)
    stored = tensors(model)
    zeros = [value for name, value in stored.items() if name.endswith("zero_point")]
    assert zeros
    assert all(not value.any() and value.dtype in (np.int8, np.int32) for value in zeros)


def test_the_ends_are_kept_on_request(tmp_path: Path) -> None:
    text = "net n {\n input x: [3, 12, 12]\n" + "".join(
        f" {name}: conv(4, 3x3)\n" for name in "abcd"
    )
    model, said = written(tmp_path, text + "}\n", None, images(4, 3, 12, 12), keep_ends=True)
    stored = tensors(model)
    floats = {name for name, value in stored.items() if value.dtype == np.float32}
    assert {"a.weight", "d.weight"} <= floats
    assert not {"b.weight", "c.weight"} & floats
    assert "in float32, since you asked for it: `a`, `d`" in said


def test_what_loses_most_stays_in_float32_until_the_file_is_near(tmp_path: Path) -> None:
    """A value that is mostly an outlier has no digits left: its step is found and named."""
    text = """net n {
    input x: [4, 12, 12]
    a: conv(4, 3x3, pad=1) -> relu -> b: conv(4, 1x1, bias=false) -> scale([1000, 1, 1, 1])
    c: conv(4, 1x1, bias=false) -> relu -> d: conv(4, 3x3)
}
"""
    (tmp_path / "n.net").write_text(text, encoding="utf-8")
    weights = random_weights(load(tmp_path / "n.net").program)
    weights["c.weight"] = weights["c.weight"].astype(np.float32)
    weights["c.weight"][:, 0] = 0
    x = images(8, 4, 12, 12)
    _, said = written(tmp_path, text, weights, x)
    assert any(line.startswith("in float32, since they lose most: ") for line in said)
    found, wanted = (
        outputs_of(tmp_path / name, {"x": x})[0].ravel().astype(float)
        for name in ("i.onnx", "f.onnx")
    )
    assert found @ wanted / np.linalg.norm(found) / np.linalg.norm(wanted) > 0.985


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        written(tmp_path, CONV, None, images(4, 3, 12, 12))
        made.append((tmp_path / "i.onnx").read_bytes())
    assert made[0] == made[1]


def test_integers_need_examples(tmp_path: Path) -> None:
    (tmp_path / "n.net").write_text(CONV, encoding="utf-8")
    with pytest.raises(NetlangError, match="E0963"):
        load(tmp_path / "n.net").onnx(tmp_path / "i.onnx", precision=LowPrecision("int8"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Runs by their spec."""
    folder = tmp_path_factory.mktemp("trained")
    changes = {str(ROOT / "examples" / "digits.net"): "epochs=4", "mnist1d": "steps=300"}
    return {
        spec: netlang.train(spec, change, out=folder / Path(spec).stem, quiet=True)
        for spec, change in changes.items()
    }


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_trained_nets_lose_at_most_half_a_point(
    kind: Any, trained: dict[str, Run], tmp_path: Path
) -> None:
    for spec, run in trained.items():
        examples = netlang.examples(spec, weights=run.weights, part="test", count=1000)
        said: list[str] = []
        low = LowPrecision(kind, examples=examples)
        run.net.onnx(tmp_path / "a.onnx", run.weights, precision=low, say=said.append)
        told = re.search(r"accuracy there: ([\d.]+)%, in float32 ([\d.]+)%", "\n".join(said))
        assert told is not None
        assert float(told[2]) > 40
        assert float(told[1]) >= float(told[2]) - 0.5


def test_verify_knows_integers(run: Runner) -> None:
    Path("n.net").write_text(CONV, encoding="utf-8")
    np.savez("x.npz", x=images(8, 3, 12, 12))
    said = run("compile", "n.net", "-o", "i.onnx", "--int8", "--calibrate", "x.npz")
    assert said.status == 0, said.err
    assert not re.search("histogram|Collecting", said.out)
    found = run("verify", "n.net", "--onnx", "i.onnx")
    assert found.status == 0, found.err
    assert "the file computes in integers" in found.out


def pictures(count: int, seed: int) -> torch.Tensor:
    """Smooth pictures of many colours: what nets make of noise is alike for all of it."""
    drawn = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 4, 4, generator=drawn)
    colours = torch.randn(count, 3, 1, 1, generator=drawn)
    smooth = functional.interpolate(coarse + colours, (64, 64), mode="bicubic")
    return smooth + 0.1 * torch.randn(smooth.shape, generator=drawn)


# Each kind of inverted residual, once: looking for what loses most takes every layer in turn.
SHORT = """from mobilenet_v2 import cbr, inverted_residual

net short {
    input image: [3, 64, 64]
    cbr(16, 3x3, stride=2)
    inverted_residual(16, 1, 1)
    inverted_residual(24, 2, 6)
    inverted_residual(24, 1, 6)
    gap -> flatten -> linear(100)
}
"""


@pytest.mark.parametrize(
    "spec",
    [
        "short.net",
        pytest.param("mobilenet_v2", marks=pytest.mark.slow),
        pytest.param("mobilenet_v3_large", marks=pytest.mark.slow),
        pytest.param("efficientnet_b0", marks=pytest.mark.slow),
    ],
)
def test_depthwise_nets_keep_their_direction(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With random weights, and statistics of norms from pictures."""
    monkeypatch.chdir(tmp_path)
    Path("short.net").write_text(SHORT, encoding="utf-8")
    net = load(spec)
    module = net.torch(seed=0).train()
    for each in module.modules():
        if isinstance(each, torch.nn.BatchNorm2d):
            each.momentum = None  # the statistics are those of this batch
    torch.manual_seed(0)  # for dropout
    with torch.no_grad():
        module(pictures(32, 1))
    (name,) = (port.name for port in net.program.net.inputs)
    x = pictures(8, 2).numpy()
    low = LowPrecision("int8", examples=ExampleInputs({name: x}))
    net.onnx(tmp_path / "i.onnx", module, precision=low)
    (found,) = outputs_of(tmp_path / "i.onnx", {name: x})
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(x))
    cosines = functional.cosine_similarity(torch.from_numpy(np.asarray(found)), wanted, dim=1)
    assert float(cosines.mean()) >= 0.99


def test_a_net_that_the_runtime_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can't be calibrated, and so not written."""

    def refused(*arguments: object) -> None:
        raise RuntimeRefusedError("it has no kernel")

    monkeypatch.setattr(write, "step_values", refused)
    with pytest.raises(NetlangError, match=r"can't use `i\.onnx`: it has no kernel"):
        written(tmp_path, CONV, None, images(2, 3, 12, 12))


def test_as_near_as_is_asked_for(tmp_path: Path) -> None:
    """What loses most goes back into float32; what is done is told on the way."""
    text = "net n {\n input x: [3, 12, 12]\n" + " conv(8, 3x3) -> relu\n" * 4 + "}\n"
    (tmp_path / "n.net").write_text(text, encoding="utf-8")
    program, x, told = load(tmp_path / "n.net").program, images(16, 3, 12, 12), list[str]()
    kept = []
    for cosine in (0.5, 0.9999999):
        low = LowPrecision("int8", examples=ExampleInputs({"x": x}), cosine=cosine)
        options = BuildOptions(onnx=OnnxOptions(low=low), progress=told.append)
        notes = BACKEND.write(program, tmp_path / "i.onnx", options).notes
        kept.append([note for note in notes if note.startswith("in float32, since they lose most")])
    assert kept[0] == []
    assert len(kept[1]) == 1
    assert told[:3] == [
        "calibrating: 0 of 16 examples", "calibrating: 8 of 16 examples", "calibrating: ranges",
    ]  # fmt: skip
    assert "looking for steps that lose most: 4 of 4" in told


def test_nearness_is_for_integers(run: Runner) -> None:
    done = run("compile", "good.net", "-o", "a.onnx", "--fp16", "--cosine", "0.99")
    assert done.status == 2
    assert "--cosine is for --int8" in done.err
