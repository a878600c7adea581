"""Normalizations of many numbers, which stand beside the weights as a tensor."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from netlang.backends.torch import build
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import evaluate, predict, train
from netlang.backends.torch.train.files.encoding import encode_signed
from netlang.backends.weights import read_weights
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import Recipe, load_recipe
from netlang.recipes.places import Places
from netlang.recipes.words.normalizations import ZcaWhitening
from netlang.targets.options import PredictOptions, RunOptions, ScoreOptions
from tests.train.predict.support import metadata
from tests.train.predict.test_kept import ONES

Array: TypeAlias = NDArray[np.float64]


WIDE = """
net wide {
    input x: [400]
    linear(3)
}
train wide {
    model: wide()
    data: arrays("wide", sizes=[400], inputs=["x"], targets=["label"], classes=3)
    loss: cross_entropy
    normalize: zca_whitening
    optimizer: sgd(lr=0.01)
    batch: 50
    steps: 2
    validation: 0.2
}
"""


def test_whitening_of_many_elements_is_kept_beside_the_weights(tmp_path: Path) -> None:
    """Its matrix has no room among the facts: it is a tensor beside the weights."""
    numbers = np.random.default_rng(0)
    mixed = numbers.normal(size=(600, 400)) * np.linspace(1, 3, 400)
    mixed[:, 1:] += mixed[:, :-1]
    np.savez(tmp_path / "train.npz", x=mixed.astype(np.float32), label=numbers.integers(0, 3, 600))
    (tmp_path / "wide.net").write_text(WIDE)
    places = Places({"wide": tmp_path})
    recipe, program = load_recipe(str(tmp_path / "wide.net"))
    result = train(recipe, program, RunOptions(tmp_path / "run", places, device="cpu"))
    best = tmp_path / "run" / "best.safetensors"
    mean, matrix = _whitening_by_hand(recipe, places)
    stored = load_file(best)["netlang/normalization/1"].numpy()
    assert stored == pytest.approx(matrix, abs=1e-3 * abs(matrix).max())
    known = json.loads(metadata(best))["normalization"]["numbers"][0]["values"]
    assert np.ravel(known) == pytest.approx(mean, abs=1e-3)
    found = evaluate(recipe, program, best, ScoreOptions(places, split="validation", device="cpu"))
    assert result.best is not None
    assert (found.loss, found.accuracy) == (result.best.loss, result.best.accuracy)
    assert read_weights(best).keys() == build(program).state_dict().keys()


def _whitening_by_hand(recipe: Recipe, places: Places) -> tuple[Array, Array]:
    """The mean and the symmetric root of the inverse of the covariance, in double precision."""
    examples = load_parts(recipe, places).train
    assert isinstance(examples, Tensors)
    x = examples.inputs[0].double().numpy()
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    assert isinstance(recipe.normalize, ZcaWhitening)
    return x.mean(0), vectors / np.sqrt(values + recipe.normalize.eps) @ vectors.T


def refused_beside(run: Path, folder: Path, tensor: torch.Tensor, told: object) -> None:
    """Predictions are, with the tensor beside the weights and this as the name of the scale."""
    last, weights = run / "run" / "last.safetensors", folder / "w.safetensors"
    second = {"shape": list(tensor.shape), "tensor": told}
    normalization = {"function": "affine", "numbers": [ONES, second]}
    facts = {"netlang": json.dumps({"normalization": normalization})}
    tensors = {**load_file(last), "netlang/normalization/1": tensor}
    weights.write_bytes(b"".join(encode_signed(tensors, facts)))
    recipe, program = load_recipe(str(run / "pets.net"))
    path = run / "pets" / "train" / "dogs" / "1.png"
    with pytest.raises(NetlangError, match=r"E0922.*w\.safetensors"):
        next(predict(recipe, program, weights, [path], PredictOptions(device="cpu")))


@pytest.mark.parametrize("told", ["netlang/normalization/2", "weight", ["a"], 1])
def test_a_tensor_of_a_stranger_is_no_normalization(
    run: Path, tmp_path: Path, told: object
) -> None:
    refused_beside(run, tmp_path, torch.ones(3), told)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(5),
        torch.ones(3, 3),
        torch.ones(0),
        torch.ones(3, dtype=torch.int64),
        torch.tensor([1.0, 1.0, math.nan]),
        torch.tensor([1.0, 1.0, 1e300], dtype=torch.float64),
    ],
    ids=["five", "matrix", "none", "whole", "NaN", "beyond float32"],
)
def test_a_tensor_of_other_inputs_is_refused(
    run: Path, tmp_path: Path, tensor: torch.Tensor
) -> None:
    refused_beside(run, tmp_path, tensor, "netlang/normalization/1")


@pytest.mark.parametrize(
    "word", ["zca_whitening(eps=0.1)", "pca_whitening(eps=0.1)", "min_max(per=element)"]
)
def test_numbers_of_elements_for_a_net_of_any_size(run: Path, tmp_path: Path, word: str) -> None:
    """The recipe says how large images become, so it says how many elements there are."""
    recipe, program = load_recipe(str(run / "pets.net"), [f"normalize={word}"])
    places = Places({"pets": run / "pets"})
    train(recipe, program, RunOptions(tmp_path / "run", places, device="cpu"))
    weights = tmp_path / "run" / "last.safetensors"
    scores = evaluate(recipe, program, weights, ScoreOptions(places, split="train", device="cpu"))
    losses = [
        -math.log(dict(found.classes)[path.parent.name])
        for path in sorted((run / "pets").rglob("*.png"))
        for found in predict(recipe, program, weights, [path], PredictOptions(device="cpu"))
    ]
    assert sum(losses) / len(losses) == pytest.approx(scores.loss, rel=1e-4)
