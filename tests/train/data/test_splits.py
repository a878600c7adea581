"""A share for validation: the same for a seed, of each class alike, nothing twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlang.backends.torch.data.sets import Images
from netlang.backends.torch.data.splits import split_numbers
from tests.train.data.support import load, pictures

LABELS = st.lists(st.integers(0, 6), min_size=1, max_size=200).map(np.array)
SHARES = st.floats(0.01, 0.99)


@given(LABELS, SHARES, st.integers(0, 9))
def test_each_class_gives_its_share(
    labels: np.ndarray[tuple[int], np.dtype[np.int64]], share: float, seed: int
) -> None:
    kept, held = split_numbers(len(labels), share, labels, seed)
    assert sorted([*kept, *held]) == list(range(len(labels)))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held) > 0).all()
    counts, given_by = np.bincount(labels), np.bincount(labels[held], minlength=7)
    assert (np.abs(given_by[: len(counts)] - share * counts) < 1.0 + 1e-9).all()
    assert set(labels[kept]) == set(labels)
    unable = np.count_nonzero((given_by[: len(counts)] + 1 >= counts) & (counts > 0))
    assert 0 <= round(share * len(labels)) - len(held) <= unable


def test_the_share_of_all_is_rounded_once() -> None:
    labels = np.repeat(np.arange(10), 7)
    assert len(split_numbers(70, 0.2, labels, 0)[1]) == 14
    assert len(split_numbers(70, 0.5, labels, 0)[1]) == 35


def test_the_seed_decides() -> None:
    labels = np.arange(1000) % 10
    draws = [split_numbers(1000, 0.2, labels, seed)[1].tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert split_numbers(1000, 0.2, None, 1)[1].tolist() != draws[0]


def test_all_examples_are_as_likely() -> None:
    labels = np.repeat([0, 1], [30, 90])
    drawn = np.zeros(120)
    for seed in range(2000):
        drawn[split_numbers(120, 0.2, labels, seed)[1]] += 1
    # 2000 draws with probability 0.2: four deviations are 0.036.
    assert np.abs(drawn / 2000 - 0.2).max() < 0.036


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_images_are_held_out_of_the_training_part(tmp_path: Path, share: float) -> None:
    parts = load(
        pictures(tmp_path, ("train",), each=10), 'image_folder("pets")', f"validation: {share}"
    )
    assert isinstance(parts.train, Images)
    assert isinstance(parts.validation, Images)
    assert parts.validation.labels is not None
    assert np.bincount(parts.validation.labels).tolist() == [share * 10] * 2
    both = [part.name(n) for part in (parts.train, parts.validation) for n in range(len(part))]
    assert len(set(both)) == len(both) == 20
