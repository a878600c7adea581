"""Normalizations against scikit-learn and torchvision; their numbers survive a file."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import (
    MinMaxScaler,
    StandardScaler,
)
from torch import Tensor

from netlang.backends.torch.recipes.normalize import (
    Normalizer,
    lower_normalization,
    normalizer_for,
)
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.evaluate.values import Range
from netlang.recipes.words.normalizations import (
    ALL,
    Imagenet,
    MinMax,
    Normalization,
    PcaWhitening,
    Standardize,
    SubtractMean,
    ZcaWhitening,
)
from tests.train.support import parts_of, sketch

CPU = torch.device("cpu")

SIGNALS = torch.from_numpy(np.random.default_rng(0).normal(5.0, 3.0, (300, 12))).float()
SIGNALS = SIGNALS @ torch.linspace(-1.0, 1.0, 144).reshape(12, 12) + SIGNALS
IMAGES = torch.from_numpy(np.random.default_rng(1).gamma(2.0, 1.0, (70, 3, 5, 4))).float()


def parts(x: Tensor) -> Iterator[Tensor]:
    """Batches of unequal size."""
    yield from (x[:1], x[1:31], x[31:])


def normalized(wanted: Normalization, x: Tensor) -> Tensor:
    return normalizer_for(wanted, parts(x), CPU).apply(x)


def close(found: Tensor, expected: NDArray[np.float64]) -> None:
    torch.testing.assert_close(found, torch.from_numpy(expected).float(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("wanted", "theirs"),
    [
        (Standardize(per="element"), StandardScaler()),
        (SubtractMean(per="element"), StandardScaler(with_std=False)),
        (MinMax(per="element"), MinMaxScaler()),
        (MinMax(to=Range(-1.0, 3.0), per="element"), MinMaxScaler((-1, 3))),
    ],
)
def test_by_element_as_scikit_learn(wanted: Normalization, theirs: StandardScaler) -> None:
    close(normalized(wanted, SIGNALS), theirs.fit_transform(SIGNALS.double().numpy()))


def test_by_channel_as_scikit_learn() -> None:
    rows = IMAGES.double().transpose(0, 1).flatten(1).T.numpy()
    for wanted, theirs in (
        (Standardize(), StandardScaler()),
        (SubtractMean(), StandardScaler(with_std=False)),
        (MinMax(), MinMaxScaler()),
    ):
        found = normalized(wanted, IMAGES).transpose(0, 1).flatten(1).T
        close(found, theirs.fit_transform(rows))


def test_a_signal_is_one_channel() -> None:
    found = normalized(Standardize(), SIGNALS)
    close(found, ((SIGNALS - SIGNALS.mean()) / SIGNALS.std(correction=0)).double().numpy())


def test_a_constant_is_left_where_it_is() -> None:
    x = torch.full((40, 2, 3), 7.0)
    assert torch.equal(normalized(Standardize(), x), torch.zeros(40, 2, 3))
    assert torch.equal(normalized(MinMax(), x), torch.zeros(40, 2, 3))
    close(
        normalized(MinMax(), x), MinMaxScaler().fit_transform(x.flatten(1).numpy()).reshape(x.shape)
    )


def test_a_large_mean_costs_no_digits() -> None:
    x = SIGNALS.double() + 1e6
    normalizer = normalizer_for(Standardize(per="element"), parts(x), CPU)
    torch.testing.assert_close(
        normalizer.numbers[1].double(), x.std(0, correction=0), rtol=1e-6, atol=0.0
    )


def test_pca_whitening_as_scikit_learn() -> None:
    rows = SIGNALS.double().numpy()
    expected = PCA(whiten=True, svd_solver="full").fit_transform(rows)
    found = normalized(PcaWhitening(eps=1e-12), SIGNALS).double().numpy()
    # The sign of a component is a convention.
    signs = np.sign((found * expected).sum(0))
    np.testing.assert_allclose(found * signs, expected, rtol=2e-3, atol=2e-3)


def test_zca_whitening_is_white_and_symmetric() -> None:
    normalizer = normalizer_for(ZcaWhitening(eps=1e-12), parts(IMAGES), CPU)
    matrix = normalizer.numbers[1]
    torch.testing.assert_close(matrix, matrix.T, rtol=1e-3, atol=1e-3)
    rows = SIGNALS
    white = normalized(ZcaWhitening(eps=1e-12), rows)
    torch.testing.assert_close(torch.cov(white.T), torch.eye(12), rtol=2e-3, atol=2e-3)
    # W = C^(-1/2), by another way than ours.
    values, vectors = np.linalg.eigh(np.cov(rows.double().numpy().T))
    expected = vectors @ np.diag(values**-0.5) @ vectors.T
    found = normalizer_for(ZcaWhitening(eps=1e-12), parts(rows), CPU).numbers[1]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-3, atol=1e-4)


def test_whitening_keeps_the_shape() -> None:
    assert normalized(PcaWhitening(), IMAGES).shape == IMAGES.shape


def test_given_numbers() -> None:
    expected = (IMAGES - torch.tensor([1.0, 2.0, 3.0])[:, None, None]) / 2.0
    found = normalized(Standardize(mean=(1.0, 2.0, 3.0), std=(2.0, 2.0, 2.0)), IMAGES)
    torch.testing.assert_close(found, expected)
    found = normalized(SubtractMean(mean=(1.0, 2.0, 3.0)), IMAGES)
    torch.testing.assert_close(found, 2.0 * expected)
    image = torch.rand(2, 3, 4, 4)
    mean, std = (torch.tensor(row)[:, None, None] for row in (Imagenet.mean, Imagenet.std))
    torch.testing.assert_close(normalized(Imagenet(), image), (image - mean) / std)


EVERY: list[Normalization] = [
    Imagenet(),
    Standardize(),
    Standardize(per="element"),
    SubtractMean(),
    MinMax(),
    PcaWhitening(),
    ZcaWhitening(),
]


@pytest.mark.parametrize("wanted", EVERY, ids=str)
def test_facts_lose_nothing(wanted: Normalization) -> None:
    made = normalizer_for(wanted, parts(IMAGES), CPU)
    facts = json.loads(json.dumps(made.facts()))
    assert made.beside() == {}
    again = Normalizer.from_facts(facts, {}, CPU)
    assert torch.equal(again.apply(IMAGES), made.apply(IMAGES))


@pytest.mark.parametrize(("width", "beside"), [(100, 0), (2000, 2)])
def test_long_rows_are_kept_too(width: int, beside: int) -> None:
    """Those of hundreds of thousands of numbers beside the facts, which stay short."""
    x = torch.rand(4, 70, width)
    made = normalizer_for(SubtractMean(per="element"), [x], CPU)
    facts = json.dumps(made.facts())
    assert len(made.beside()) == beside
    assert len(facts) < 1 << 20
    again = Normalizer.from_facts(json.loads(facts), made.beside(), CPU)
    assert torch.equal(again.apply(x), made.apply(x))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"function": "eval", "numbers": []},
        {"function": "affine", "numbers": [{"shape": [2], "values": [1.0]}] * 2},
        {"function": "affine", "numbers": [{"shape": [1], "float32": "!"}] * 2},
        {"function": "affine", "numbers": [{"shape": [-1], "values": [1.0]}] * 2},
        {"function": "affine", "numbers": [{"shape": [1], "values": ["x"]}] * 2},
        {"function": "affine", "numbers": [{"shape": [1], "values": [0.0]}] * 2},
        {"function": "affine", "numbers": 3},
        {"function": "affine", "numbers": [{"shape": [2], "tensor": "x"}] * 2},
        {"function": "affine", "numbers": [{"shape": [3], "tensor": "netlang/it"}] * 2},
        {"function": "affine", "numbers": [{"shape": [2], "tensor": ["netlang/it"]}] * 2},
    ],
)
def test_facts_of_none(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reason
        Normalizer.from_facts(facts, {"netlang/it": torch.zeros(2)}, CPU)


def test_every_normalization_is_tried() -> None:
    assert {type(each) for each in EVERY} == set(ALL)
    for wanted in EVERY:
        lowered = lower_normalization(wanted)
        assert (lowered.given is None) is not (lowered.learn is None)


def test_statistics_are_of_the_training_part() -> None:
    recipe, _ = sketch("    input x: [40]\n    linear(10)", "normalize: standardize")
    data = parts_of(recipe)
    ready = Prepare(recipe, CPU, World()).normalized(data.train)
    seen = torch.cat([views.scales[0].inputs[0] for views in ready.testing(data.train).once()])
    assert seen.mean().abs().item() < 1e-5
    assert seen.std(correction=0).item() == pytest.approx(1.0, rel=1e-5)
    assert data.test is not None
    tested = torch.cat([views.scales[0].inputs[0] for views in ready.testing(data.test).once()])
    assert tested.mean().abs().item() > 1e-5
