"""How test images are prepared where a recipe doesn't say: as in training, without chance."""

from __future__ import annotations

import pytest

from netlang.recipes import load_recipe
from netlang.recipes.counterpart import counterpart
from netlang.recipes.words.data import Digits, ImageFolder, Mnist1d
from tests.recipes.support import path_of

FILES = ImageFolder(dataset="birds")

CASES = [
    ("random_resized_crop(224) -> hflip", "resize_shorter(256) -> center_crop(224)"),
    ("random_resized_crop(176)", "resize_shorter(201) -> center_crop(176)"),
    ("random_resized_crop(192x256)", "resize_shorter(293) -> center_crop(192x256)"),
    ("resize_shorter(256..480) -> random_crop(224)", "resize_shorter(256) -> center_crop(224)"),
    ("resize_shorter(300) -> random_crop(288)", "resize_shorter(300) -> center_crop(288)"),
    ("resize(99) -> hflip -> random_crop(99, pad=8)", "resize(99) -> center_crop(99, pad=8)"),
    ("center_crop(300) -> color_jitter(0.4) -> resize(64)", "center_crop(300) -> resize(64)"),
]  # fmt: skip


@pytest.mark.parametrize(("augment", "test"), CASES)
def test_images_of_any_size(augment: str, test: str) -> None:
    assert counterpart(path_of(augment), FILES) == path_of(test)


def test_data_of_one_size() -> None:
    """What already has the size that the net sees is left as it is."""
    for augment in ("hflip", "random_crop(8, pad=1)", "random_resized_crop(8)", "resize(8)"):
        assert counterpart(path_of(augment), Digits()) == ()
    assert counterpart(path_of("random_crop(6)"), Digits()) == path_of("center_crop(6)")
    assert counterpart((), Mnist1d()) == ()


def test_a_recipe_says_what_it_does() -> None:
    recipe, _ = load_recipe("googlenet:imagenet")
    assert recipe.test == ()
    shown = "resize_shorter(size=256) -> center_crop(size=224, pad=0)"
    assert recipe.describe()["test"] == shown
    recipe, _ = load_recipe("resnet:imagenet")
    assert recipe.test_path == recipe.test
