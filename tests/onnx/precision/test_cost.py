"""What a file in fewer bits costs: figures beside their definitions, and what is said of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from netlang import ExampleInputs, LowPrecision, NetlangError, load
from tests.cli.support import Runner
from tests.onnx.support import random_weights
from tests.onnx.support import run as outputs_of

NET = """\
net small {
    input image: [3, 16, 16]
    a: conv(8, 3x3, pad=1) -> n: batch_norm -> r: relu -> gap -> flatten
    output logits: fc: linear(5)
}
"""
Values = NDArray[np.float64]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.net").write_text(NET, encoding="utf-8")
    return tmp_path


def images(count: int, scale: float = 1.0) -> NDArray[np.float32]:
    drawn = np.random.default_rng(0).standard_normal((count, 3, 16, 16), np.float32)
    return drawn * np.float32(scale)


def written(folder: Path, low: LowPrecision | None) -> tuple[Path, list[str]]:
    """A file and its notes."""
    net, said = load(folder / "small.net"), list[str]()
    path = folder / ("wide.onnx" if low is None else "narrow.onnx")
    net.onnx(path, random_weights(net.program), precision=low, say=said.append)
    return path, said


def test_the_figures_are_what_they_say(folder: Path) -> None:
    image, labels = images(20), np.arange(20) % 5
    low = LowPrecision("float16", examples=ExampleInputs({"image": image}, labels))
    (narrow, said), (wide, _) = written(folder, low), written(folder, None)
    one, other = (output(path, image) for path in (wide, narrow))
    cosines = [_cosine(*pair) for pair in zip(one, other, strict=True)]
    largest = np.abs(one - other).max() / np.abs(one).max()
    share = narrow.stat().st_size / wide.stat().st_size
    assert said[0] == f"size: {share:.1%} of {wide.stat().st_size / 1000:.3g} kB in float32"
    assert said[1] == (
        f"on 20 examples that a program gave: `logits` has cosine {np.mean(cosines):.6f}, the "
        f"least {min(cosines):.6f}; the largest difference is {largest:.2g} of its largest value"
    )
    right = [(each.argmax(1) == labels).mean() for each in (other, one)]
    assert said[2] == f"accuracy there: {right[0]:.2%}, in float32 {right[1]:.2%}"
    rows = said[3].splitlines()
    assert rows[0].split() == ["steps", "that", "lose", "most", "by", "itself", "in", "all"]
    assert {row.split("  ")[0] for row in rows[1:]} <= {
        "n (conv)", "r (relu)", "3 (global_avgpool)", "fc (linear)",
    }  # fmt: skip
    shares = [float(row.split()[-2]) for row in rows[1:]]
    assert shares == sorted(shares, reverse=True)


def output(path: Path, image: NDArray[np.float32]) -> Values:
    """What ONNX Runtime makes of some images."""
    return outputs_of(path, {"image": image})[0].astype(np.float64)


def _cosine(a: Values, b: Values) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_where_there_are_no_examples_it_says_so(folder: Path) -> None:
    _, said = written(folder, LowPrecision("bfloat16"))
    assert any(line.startswith("on 8 generated inputs (--calibrate takes data)") for line in said)


def test_a_value_that_is_too_large_keeps_its_steps_in_float32(folder: Path) -> None:
    examples = ExampleInputs({"image": images(4, 1e5)})
    path, said = written(folder, LowPrecision("float16", examples=examples))
    assert "in float32: 1 conv, since a value is too large: `n`" in said
    found, wanted = (output(each, images(4, 1e5)) for each in (path, written(folder, None)[0]))
    assert np.abs(found - wanted).max() < 1e-2 * np.abs(wanted).max()


def test_a_value_that_is_too_large_is_that_of_its_step(tmp_path: Path) -> None:
    """In the file, the name `output` is that of the net's output, whose values are small."""
    text = "input image: [3, 16, 16]\n\n    output: scale(6e4)\n    relu -> scale(0.001)\n"
    (tmp_path / "small.net").write_text(f"net small {{\n    {text}}}\n", encoding="utf-8")
    examples = ExampleInputs({"image": images(4)})
    path, said = written(tmp_path, LowPrecision("float16", examples=examples))
    assert any("since a value is too large: `output`" in line for line in said), said
    found, wanted = (output(each, images(4)) for each in (path, written(tmp_path, None)[0]))
    assert np.abs(found - wanted).max() < 1e-2 * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("inputs", "labels", "reason"),
    [
        ({"picture": images(2)}, None, "they are for `picture`, not `image`"),
        ({"image": images(2)[:, :2]}, None, "`image` is float32[2, 2, 16, 16], not [3, 16, 16]"),
        ({"image": images(2).astype(np.int64)}, None, "`image` is int64"),
        ({"image": images(0)}, None, "there are no examples"),
        ({"image": images(2)}, np.arange(3), "there aren't as many labels as examples"),
    ],
)
def test_other_examples_are_refused(
    inputs: dict[str, NDArray[np.generic]],
    labels: NDArray[np.int64] | None,
    reason: str,
    folder: Path,
) -> None:
    low = LowPrecision("float16", examples=ExampleInputs(inputs, labels))
    with pytest.raises(NetlangError, match="E0962") as error:
        written(folder, low)
    assert reason in str(error.value)


# --- the command line ------------------------------------------------------------------------


def test_steps_are_kept_by_their_labels_and_named(run: Runner) -> None:
    Path("small.net").write_text(NET, encoding="utf-8")
    found = run("compile", "small.net", "-o", "a.onnx", "--fp16", "--keep", "a")
    assert found.status == 0
    assert "in float32: 1 conv, since you asked for it: `n`" in found.err
    stored = {each.name: each.data_type for each in onnx.load("a.onnx").graph.initializer}
    assert stored["a.weight"] == onnx.TensorProto.FLOAT
    assert stored["fc.weight"] == onnx.TensorProto.FLOAT16
    run("compile", "small.net", "-o", "a.onnx", "--bf16", "--keep-ends")
    assert onnx.TensorProto.BFLOAT16 not in {
        each.data_type for each in onnx.load("a.onnx").graph.initializer
    }


def test_examples_come_from_a_file(run: Runner) -> None:
    Path("small.net").write_text(NET, encoding="utf-8")
    np.savez("some.npz", image=images(9), label=np.arange(9) % 5)
    found = run("compile", "small.net", "-o", "a.onnx", "--fp16", "--calibrate", "some.npz")
    assert "on 9 examples of `some.npz`: " in found.err
    assert re.search(r"accuracy there: \d+\.\d\d%, in float32 \d+\.\d\d%", found.err)


RECIPE = """
train teach {
    model:     small()
    data:      arrays("pictures", sizes=[3, 16, 16], classes=5)
    normalize: standardize
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     8
    epochs:    1
}
"""


def test_examples_of_a_recipe_are_prepared_as_its_weights_were(run: Runner) -> None:
    """Calibrating on other images than those of the training: inference-examples#319."""
    Path("small.net").write_text(NET + RECIPE, encoding="utf-8")
    Path("pictures").mkdir()
    for part, count in (("train", 40), ("test", 16)):
        np.savez(f"pictures/{part}.npz", x=50 + 9 * images(count), label=np.arange(count) % 5)
    trained = run("train", "small.net", "--data", "pictures=pictures")
    assert trained.status == 0, trained.err
    options = ["--weights", "runs/teach/last.safetensors", "--data", "pictures=pictures"]
    found = run(
        "compile", "small.net:teach", "-o", "a.onnx", "--fp16", "--calibrate", "test", *options
    )
    scores = run("eval", "small.net:teach", *options).out
    assert "on 16 examples of the test part of recipe `teach`: " in found.err
    told = re.search(r"accuracy there: ([\d.]+)%, in float32 ([\d.]+)%", found.err)
    accuracy = re.search(r"accuracy: ([\d.]+)", scores)
    assert told is not None
    assert accuracy is not None
    assert float(told[2]) == pytest.approx(100 * float(accuracy[1]), abs=0.01)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fp16", "--int8"], "--fp16 and --int8 are two types for the same numbers"),
        (["--half-io"], "--half-io is for a file in fewer bits"),
        (["--int8", "--half-io"], "--half-io is for --fp16 and --bf16"),
        (["--calibrate", "some.npz"], "--calibrate is for a file in fewer bits"),
    ],
)
def test_options_that_contradict_each_other(options: list[str], said: str, run: Runner) -> None:
    found = run("compile", "good.net", "-o", "a.onnx", *options)
    assert found.status == 2
    assert said in found.err


# --- verify ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("floats", "option", "code"),
    [("float64", "--fp16", "E0960"), ("float16", "--int4-weights", "E0960"),
     ("float32", "--keep=nosuch", "E0961")],
)  # fmt: skip
def test_what_cannot_be_done(run: Runner, floats: str, option: str, code: str) -> None:
    text = f"net n {{\n    input x: {floats}[8]\n    fc: linear(4)\n}}\n"
    Path("n.net").write_text(text, encoding="utf-8")
    given = [option] if code == "E0960" else [option, "--fp16"]
    refused = run("compile", "n.net", "-o", "n.onnx", *given)
    assert (refused.status, code in refused.err) == (1, True)
    assert not Path("n.onnx").exists()


@pytest.mark.parametrize("options", [[], ["--half-io"], ["--keep", "fc"], ["--no-fold"]])
def test_verify_knows_the_precision_of_a_file(options: list[str], run: Runner) -> None:
    Path("small.net").write_text(NET, encoding="utf-8")
    assert run("compile", "small.net", "-o", "a.onnx", "--fp16", *options).status == 0
    found = run("verify", "small.net", "--onnx", "a.onnx")
    assert found.status == 0, found.err
    assert "the file computes in float16" in found.out


def test_verify_tells_a_fault_from_rounding(run: Runner) -> None:
    Path("small.net").write_text(NET, encoding="utf-8")
    run("compile", "small.net", "-o", "a.onnx", "--fp16")
    model = onnx.load("a.onnx")
    (stored,) = (each for each in model.graph.initializer if each.name == "fc.weight")
    values = onnx.numpy_helper.to_array(stored).copy()
    values[0] *= np.float16(1.5)
    stored.CopyFrom(onnx.numpy_helper.from_array(values, "fc.weight"))
    onnx.save(model, "a.onnx")
    found = run.refused("verify", "small.net", "--onnx", "a.onnx")
    assert "error[E0937]: `fc` of `a.onnx`" in found
    assert "float16 explains 0.01" in found


def test_verify_says_that_it_cannot_run_bfloat16(run: Runner) -> None:
    Path("small.net").write_text(NET, encoding="utf-8")
    run("compile", "small.net", "-o", "a.onnx", "--bf16")
    found = run.refused("verify", "small.net", "--onnx", "a.onnx")
    assert "ONNX Runtime doesn't compute in bfloat16 on a processor" in found
