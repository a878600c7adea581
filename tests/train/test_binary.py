"""Nets that decide between two classes: accuracy, confusion and predictions as scikit-learn has."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix

from netlang.backends.torch import build
from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train import predict, train
from netlang.backends.torch.train.objective import Objective
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from netlang.targets.options import PredictOptions, RunOptions
from tests.train.data.support import pictures, tree
from tests.train.support import sketch

LOSSES = {
    "binary_cross_entropy_with_logits": "    input image: [3, 8, 8]\n    flatten -> linear(1)",
    "focal": "    input image: [3, 8, 8]\n    flatten -> linear(1)",
    "binary_cross_entropy": "    input image: [3, 8, 8]\n    flatten -> linear(1) -> sigmoid",
}
DATA = ('data: image_folder("pets")', "augment: resize(8)", "batch: 4", "steps: 8")


@pytest.mark.parametrize("loss", LOSSES)
def test_scores_are_scikit_learns(loss: str, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    pictures(tmp_path / "pets", ("train", "val", "test"), each=7)
    recipe, program = sketch(LOSSES[loss], *DATA, f"loss: {loss}")
    out = tmp_path / "run"
    result = train(
        recipe, program, RunOptions(out, Places({"pets": tmp_path / "pets"}), device="cpu")
    )
    files = sorted((tmp_path / "pets" / "test").rglob("*.*"))
    truth = ["cat" if file.parent.name == "cat" else "dog" for file in files]
    weights = out / "best.safetensors"
    found = [
        dict(each.classes)
        for each in predict(recipe, program, weights, files, PredictOptions(device="cpu"))
    ]
    guesses = ["dog" if shares["dog"] > 0.5 else "cat" for shares in found]
    assert all(sum(shares.values()) == pytest.approx(1.0) for shares in found)
    assert result.test is not None
    assert result.test.accuracy == pytest.approx(accuracy_score(truth, guesses))
    with (out / "confusion.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    counts = [[int(count) for count in row[3:]] for row in rows]
    assert counts == confusion_matrix(truth, guesses, labels=["cat", "dog"]).tolist()


def hits(loss: str, values: torch.Tensor, label: torch.Tensor) -> float:
    recipe, program = sketch(
        f"    input x: [{values[0].numel()}]\n    identity",
        f'data: arrays("sets", [{values[0].numel()}])',
        f"loss: {loss}",
    )
    objective, model = Objective(recipe, program), build(program)
    found = objective.correct(objective.values(model, Batch((values,), {"label": label}, None)))
    assert found is not None
    return float(found)


def test_thresholds() -> None:
    logits = torch.tensor([[-2.0], [-0.1], [0.1], [3.0]])
    label = torch.tensor([0, 1, 1, 0])
    assert hits("binary_cross_entropy_with_logits", logits, label) == 2
    assert hits("binary_cross_entropy_with_logits", logits, label.float()[:, None]) == 2
    assert hits("binary_cross_entropy", logits.sigmoid(), label) == 2


def test_of_several_decisions_their_share_counts() -> None:
    logits = torch.tensor([[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, 1.0, 1.0]])
    label = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    expected = accuracy_score(label.flatten(), np.asarray(logits > 0).flatten()) * 2
    assert hits("binary_cross_entropy_with_logits", logits, label) == pytest.approx(expected)


def test_three_classes_are_no_decision(tmp_path: Path) -> None:
    tree(tmp_path / "pets", {f"train/{name}/1.png": 3 for name in ("cat", "dog", "owl")})
    loss = "binary_cross_entropy_with_logits"
    recipe, program = sketch(LOSSES[loss], *DATA, f"loss: {loss}")
    with pytest.raises(NetlangError, match="E0785"):
        require_fit(recipe, program, load_parts(recipe, Places({"pets": tmp_path / "pets"})))


def test_what_is_no_probability_is_named(tmp_path: Path) -> None:
    """`check` can't know that something beyond 1 comes out; the first step does."""
    pictures(tmp_path)
    body = "    input image: [3, 8, 8]\n    flatten -> linear(1) -> exp"
    recipe, program = sketch(body, *DATA, "loss: binary_cross_entropy", "normalize: imagenet")
    with pytest.raises(NetlangError) as caught:
        train(
            recipe, program, RunOptions(tmp_path / "run", Places({"pets": tmp_path}), device="cpu")
        )
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0731"
    assert diagnostic.caption_text == "some of its values are below 0 or above 1"
