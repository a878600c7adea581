"""What becomes of scores in the graph is what PyTorch makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from netlang.diagnostics.errors import NetlangError
from netlang.targets.ends import ends_of
from tests.onnx.ends.support import outputs_of, written
from tests.onnx.support import check_file

FLAT = "net flat {\n    input x: [7]\n    output scores: identity\n}\n"
MAP = "net map {\n    input x: [7, H=3, W=5]\n    output scores: identity\n}\n"


def scores(*shape: int) -> torch.Tensor:
    return 3 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("spec", "shape"), [(FLAT, (4, 7)), (MAP, (2, 7, 3, 5))])
def test_softmax(spec: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    x = scores(*shape)
    path = written(tmp_path, spec, ends_of(postprocess="softmax"))
    found = outputs_of(path, {"x": x.numpy()})
    assert set(found) == {"probabilities"}
    np.testing.assert_allclose(found["probabilities"], x.softmax(1).numpy(), rtol=1e-5)


@pytest.mark.parametrize(("spec", "shape"), [(FLAT, (4, 7)), (MAP, (2, 7, 3, 5))])
@pytest.mark.parametrize(("word", "count"), [("topk", 5), ("topk(1)", 1), ("topk(k=7)", 7)])
def test_topk(word: str, count: int, spec: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    x = scores(*shape)
    path = written(tmp_path, spec, ends_of(postprocess=word))
    found = outputs_of(path, {"x": x.numpy()})
    shares, classes = x.softmax(1).topk(count, 1)
    np.testing.assert_array_equal(found["classes"], classes.numpy())
    np.testing.assert_allclose(found["probabilities"], shares.numpy(), rtol=1e-5)


@pytest.mark.parametrize(("spec", "shape"), [(FLAT, (4, 7)), (MAP, (2, 7, 3, 5))])
def test_argmax(spec: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    x = scores(*shape)
    path = written(tmp_path, spec, ends_of(postprocess="argmax"))
    found = outputs_of(path, {"x": x.numpy()})
    np.testing.assert_array_equal(found["class"], x.argmax(1).numpy())
    assert found["class"].dtype == np.int64


def test_half_precision_is_answered_in_single(tmp_path: Path) -> None:
    x = scores(4, 7).half()
    spec = FLAT.replace("x: [7]", "x: float16[7]")
    path = written(tmp_path, spec, ends_of(postprocess="softmax"))
    (found,) = outputs_of(path, {"x": x.numpy()}).values()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, x.float().softmax(1).numpy(), rtol=1e-5)


def test_names_that_the_net_has_stay_its_own(tmp_path: Path) -> None:
    spec = (
        "net taken {\n    input probabilities: [7]\n    classes: relu\n    output scores: neg\n}\n"
    )
    path = written(tmp_path, spec, ends_of(postprocess="topk(2)"))
    found = outputs_of(path, {"probabilities": scores(4, 7).numpy()})
    shares, classes = (-scores(4, 7).relu()).softmax(1).topk(2, 1)
    (first, second) = found.values()
    np.testing.assert_allclose(second, shares.numpy(), rtol=1e-5)
    assert first.shape == classes.shape
    assert list(found) == ["classes/2", "probabilities/2"]


RECIPE = """
net other {{
    input image: [3, H=8, W=8]
    gap -> flatten
    output side: linear(3)
    output score: {{ side -> linear({out}){end} }}
}}
train known {{
    model: other()
    data: image_folder("pets")
    augment: resize(8)
    loss: {loss}
    optimizer: sgd(lr=0.1)
    batch: 2
    steps: 2
}}
"""


def recipe_in(folder: Path, loss: str, out: int) -> str:
    end = " -> sigmoid" if loss.startswith("binary_cross_entropy(") else ""
    (folder / "known.net").write_text(RECIPE.format(loss=loss, out=out, end=end))
    return f"{folder / 'known.net'}:known"


@pytest.mark.parametrize(
    ("loss", "out"),
    [
        ("cross_entropy(score, label)", 4),
        ("binary_cross_entropy_with_logits(score, label)", 1),
        ("binary_cross_entropy(score, label)", 1),
    ],
)
def test_the_output_of_the_loss_as_predict_takes_it(loss: str, out: int, tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path, loss, out)
    spec = (
        f"net this_one {{\n    input side: [3]\n    input x: [{out}]\n"
        "    output side_too: { side -> relu }\n    output score: { x -> identity }\n}\n"
    )
    x = scores(4, out)
    path = written(tmp_path, spec, ends_of(postprocess=recipe))
    found = outputs_of(path, {"side": scores(4, 3).numpy(), "x": x.numpy()})
    yes = x.sigmoid() if "logits" in loss else x
    wanted = x.softmax(1) if out > 1 else torch.cat([1 - yes, yes], 1)
    np.testing.assert_allclose(found["probabilities"], wanted.numpy(), atol=1e-6)
    np.testing.assert_array_equal(found["side_too"], scores(4, 3).relu().numpy())


def test_a_class_for_each_place_counts_by_its_mean(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path, "cross_entropy(score, label)", 4)
    spec = "net this_one {\n    input x: [4, 3, 5]\n    output score: identity\n}\n"
    x = scores(2, 4, 3, 5)
    (found,) = outputs_of(
        written(tmp_path, spec, ends_of(postprocess=recipe)), {"x": x.numpy()}
    ).values()
    np.testing.assert_allclose(found, x.softmax(1).flatten(2).mean(2).numpy(), rtol=1e-5)


def test_names_of_classes_are_in_the_metadata(tmp_path: Path) -> None:
    names = ("Eule", "猫", '"dog"')
    spec = "net three {\n    input x: [3]\n    output scores: identity\n}\n"
    path = written(tmp_path, spec, ends_of(postprocess="argmax", classes=names))
    told = {entry.key: entry.value for entry in check_file(path).metadata_props}
    assert json.loads(told["netlang.classes"]) == list(names)
    assert json.loads(told["netlang.postprocess"]) == {"word": "argmax", "of": "scores"}


@pytest.mark.parametrize("postprocess", [None, "argmax"])
def test_more_or_fewer_names_than_classes(postprocess: str | None, tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        written(tmp_path, FLAT, ends_of(postprocess=postprocess, classes=["one", "two"]))
    assert [each.code for each in caught.value.diagnostics] == ["E0955"]
