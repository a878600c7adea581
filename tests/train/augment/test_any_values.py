"""Whatever the settings, the size and the draws: images stay images, and what isn't drawn stays."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netlang.backends.torch.augment.path import path_for
from netlang.evaluate.values import Range
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.color import (
    Blur,
    ColorJitter,
    ColorPca,
    Cutout,
    Grayscale,
    Noise,
    RandomErasing,
)
from netlang.recipes.words.mixing import Cutmix, Mixup
from netlang.recipes.words.policies import RandAugment, TrivialAugment

SIDES = st.integers(1, 12)
SHARES = st.floats(0.0, 1.0)
POSITIVE = st.floats(1e-3, 50.0)


def ranges(low: float, high: float) -> st.SearchStrategy[Range]:
    """A range within two bounds."""
    bounds = st.tuples(st.floats(low, high), st.floats(low, high))
    return bounds.map(lambda ends: Range(min(ends), max(ends)))


STEPS: st.SearchStrategy[Augmentation] = st.one_of(
    st.builds(
        ColorJitter,
        brightness=st.floats(0.0, 5.0),
        contrast=st.floats(0.0, 5.0),
        saturation=st.floats(0.0, 5.0),
        hue=st.floats(0.0, 0.5),
    ),
    st.builds(Grayscale, p=SHARES),
    st.builds(ColorPca, std=st.floats(0.0, 10.0)),
    st.builds(Noise, std=st.floats(0.0, 10.0)),
    st.builds(Blur, kernel=st.integers(0, 9).map(lambda k: 2 * k + 1), sigma=ranges(1e-3, 20.0)),
    st.builds(Cutout, size=st.integers(1, 20), value=SHARES),
    st.builds(
        RandomErasing,
        p=SHARES,
        scale=ranges(1e-3, 3.0),
        ratio=ranges(1e-2, 100.0),
        value=st.one_of(SHARES, st.tuples(SHARES, SHARES, SHARES), st.just("random")),
    ),
    st.builds(TrivialAugment),
    st.builds(RandAugment, n=st.integers(1, 4), magnitude=st.integers(0, 30)),
    st.builds(Mixup, alpha=POSITIVE),
    st.builds(Cutmix, alpha=POSITIVE),
)


@settings(deadline=None, max_examples=150)
@given(step=STEPS, height=SIDES, width=SIDES, seed=st.integers(0, 2**40), data=st.data())
def test_images_stay_images(
    step: Augmentation, height: int, width: int, seed: int, data: st.DataObject
) -> None:
    path = path_for((step,), seed, images=False, classes=3)
    level = data.draw(st.sampled_from([0, 255, None]))
    x = np.random.default_rng(seed).integers(0, 256, (5, 3, height, width), dtype=np.uint8)
    if level is not None:
        x[:] = level
    label = torch.arange(5) % 3
    found, made = path.device(torch.from_numpy(x), {"label": label}, np.arange(5), 0)
    assert found.shape == (5 - path.mixes, 3, height, width)
    assert found.dtype == torch.float32
    assert found.min() >= -1e-5
    assert found.max() <= 1.0 + 1e-5
    if path.mixes:
        assert torch.allclose(made["label"].sum(1), torch.ones(4))
        assert made["label"].min() >= 0.0
