"""The options on the command line and in Python, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

import netlang
from netlang.backends.torch.train.storage import Json, save_tensors
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from tests.cli.support import Runner
from tests.onnx.ends.support import outputs_of, pixels_of
from tests.train.augment.support import picture

SPEC = """
net small(classes=2, side=32) {
    input image: [3, side, side]
    conv(4, 3x3, pad=1) -> relu -> gap -> flatten
    output scores: linear(classes)
}
net open {
    input image: [3, H=32, W=32]
    conv(4, 3x3, pad=1) -> relu -> gap -> flatten -> linear(2)
}
net two {
    input image: [3, H=32, W=32]
    gap -> flatten -> both: linear(4)
    output first: { both -> linear(2) }
    output second: { both -> linear(3) }
}
net sized {
    input image: [3, H=32, W=32]
    conv(4, 3x3, pad=1) -> reshape([2, 2, H, W]) -> flatten -> linear(2)
}
train pets(side=32) {
    model:     small(side=side)
    data:      image_folder("pets")
    augment:   random_resized_crop(32) -> hflip
    test:      resize_shorter(36) -> center_crop(32)
    normalize: standardize(mean=[0.5, 0.4, 0.3], std=[0.2, 0.3, 0.4])
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     8
    epochs:    2
}
"""


@pytest.fixture
def spec(run: Runner) -> str:
    (run.folder / "pets.net").write_text(SPEC)
    return "pets.net"


def metadata(path: str) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def test_a_file_that_takes_images_and_gives_classes(run: Runner, spec: str) -> None:
    Path("names.txt").write_text("cat\ndog\n")
    said = run(
        "compile", f"{spec}:pets", "-o", "pets.onnx", "--preprocess", "recipe", "--layout", "nchw",
        "--postprocess", "topk(2)", "--classes", "names.txt",
    )  # fmt: skip
    assert said.status == 0, said.err
    assert "images are prepared as by recipe `pets`: resize_shorter(size=36)" in said.err
    told = metadata("pets.onnx")
    assert json.loads(told["netlang.classes"]) == ["cat", "dog"]
    prepared = json.loads(told["netlang.preprocess"])
    assert (prepared["input"], prepared["layout"]) == ("pixels", "nchw")
    assert "netlang.normalization" not in told
    image = picture(60, 70)
    found = outputs_of(Path("pets.onnx"), {"pixels": pixels_of(image, layout="nchw")})
    net = netlang.load(f"{spec}:pets")
    net.onnx("again.onnx", preprocess="recipe", postprocess="topk(2)", classes=["cat", "dog"])
    again = outputs_of(Path("again.onnx"), {"pixels": pixels_of(image)})
    np.testing.assert_array_equal(found["classes"], again["classes"])
    np.testing.assert_array_equal(found["probabilities"], again["probabilities"])


def weights_with(facts: dict[str, Json], net: str = "pets.net:small") -> str:
    save_tensors(Path("w.safetensors"), netlang.load(net).torch().state_dict(), facts)
    return "w.safetensors"


def test_the_path_and_numbers_of_the_weights(run: Runner, spec: str) -> None:
    rows = [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]]
    numbers: list[Json] = [{"shape": [3], "values": [*row]} for row in rows]
    facts: dict[str, Json] = {
        "test": ["resize(size=[40, 50])", "center_crop(size=32, pad=0)"], "classes": ["a", "b"],
        "normalization": {"function": "affine", "numbers": numbers},
    }  # fmt: skip
    given = weights_with(facts)
    net = netlang.load(f"{spec}:small")
    net.onnx("w.onnx", given, preprocess="recipe")
    net.onnx("plain.onnx", given)
    image = picture(90, 80)
    small = image.resize((50, 40), 2).crop((9, 4, 41, 36))
    subtract, divide = np.array(rows, np.float32)
    x = ((np.asarray(small, np.float32) / 255 - subtract) / divide).transpose(2, 0, 1)[None]
    (found,) = outputs_of(Path("w.onnx"), {"pixels": pixels_of(image)}).values()
    (expected,) = outputs_of(Path("plain.onnx"), {"image": x}).values()
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize(
    "test",
    [
        "resize(32)", ["resize"], ["resize(32) -> hflip"], ["hflip"], ["resize(10 ** 9)"], [3],
        ["resize(side)"], ["resize(32)"] * 17, ["resize(32)}\nnet x {"], ["a" * 300], [""],
        ["center_crop(20_000)"], ["resize_shorter(99_999)"], ["multi_scale([99_999])"],
        ["center_crop(32, pad=50_000)"],
    ],
)  # fmt: skip
def test_facts_of_strangers_are_no_paths(run: Runner, spec: str, test: Json) -> None:
    given = weights_with({"test": test})
    text = run.refused(
        "compile", f"{spec}:small", "-o", "w.onnx", "--weights", given, "--preprocess", "recipe"
    )
    assert "error[E0922]" in text
    assert "the path of a test that it tells of isn't one" in text


@pytest.mark.parametrize(
    ("net", "code", "options"),
    [
        ("resnet18", "E0950", ["--preprocess", "resnet:imagenet"]),
        ("gpt2", "E0951", ["--preprocess", "imagenet"]),
        ("lenet5", "E0951", ["--preprocess", "imagenet"]),
        ("lenet5", "E0951", ["--preprocess", "pets.net:pets"]),
        ("pets.net:small", "E0951", ["--preprocess", "imagenet(crop=64)"]),
        ("pets.net:small", "E0951", ["--preprocess", "imagenet(resize=16)"]),
        ("pets.net:small(side=16)", "E0951", ["--preprocess", "pets.net:pets"]),
        ("pets.net:small", "E0952", ["--preprocess", "recipe"]),
        ("pets.net:two", "E0953", ["--postprocess", "softmax"]),
        ("pets.net:small", "E0953", ["--postprocess", "recipe"]),
        ("pets.net:small", "E0954", ["--postprocess", "topk(3)"]),
        ("pets.net:small", "E0705", ["--preprocess", "imagnet"]),
        ("pets.net:small", "E0705", ["--postprocess", "recipes"]),
        ("pets.net:small", "E0301", ["--preprocess", "imagenet(size=3)"]),
        ("pets.net:small", "E0305", ["--postprocess", "topk(0)"]),
        ("pets.net:small", "E0305", ["--preprocess", "imagenet(interpolation=nearest)"]),
        ("pets.net:small", "E0707", ["--postprocess", "softmax -> argmax"]),
    ],
)  # fmt: skip
def test_what_is_refused(run: Runner, spec: str, net: str, code: str, options: list[str]) -> None:
    text = run.refused("compile", net, "-o", "n.onnx", *options)
    assert f"error[{code}]" in text
    assert not Path("n.onnx").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--layout", "nhwc"], "--layout says how images come"),
        (["--classes", "none.txt"], "can't read `none.txt`: No such file"),
        (["--classes", "blank.txt"], "a line without a name"),
        (["--classes", "bytes.txt"], "can't read `bytes.txt`"),
    ],
)
def test_wrong_usage(run: Runner, spec: str, options: list[str], said: str) -> None:
    Path("blank.txt").write_text("cat\n\n")
    Path("bytes.txt").write_bytes(b"\xff\xfe\x00cat")
    result = run("compile", f"{spec}:small", "-o", "n.onnx", *options)
    assert result.status == 2
    assert said in result.err


def test_a_net_for_any_size_takes_images_of_any_size(run: Runner, spec: str) -> None:
    weights = weights_with({"test": ["resize_shorter(size=40)"]}, "pets.net:open")
    net = netlang.load(f"{spec}:open")
    net.onnx("w.onnx", weights, preprocess="recipe")
    net.onnx("plain.onnx", weights)
    for image in (picture(90, 80), picture(31, 77)):
        (found,) = outputs_of(Path("w.onnx"), {"pixels": pixels_of(image)}).values()
        size = [int(40 * side / min(image.size)) for side in image.size]
        x = np.asarray(image.resize(size, 2), np.float32).transpose(2, 0, 1)[None] / 255
        (expected,) = outputs_of(Path("plain.onnx"), {"image": x}).values()
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_python_names_what_it_refuses() -> None:
    with pytest.raises(NetlangError) as caught:
        netlang.load("resnet18").onnx("n.onnx", preprocess="recipe")
    assert [each.code for each in caught.value.diagnostics] == ["E0952"]
    assert load_program("resnet18").name == "resnet18"
