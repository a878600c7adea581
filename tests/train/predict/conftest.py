"""A run to predict with."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.torch.train import train
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions
from tests.train.data.support import draw
from tests.train.predict.support import CLASSES, SPEC


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec, images of three classes, and a run on them."""
    root = tmp_path_factory.mktemp("predict")
    (root / "pets.net").write_text(SPEC, encoding="utf-8")
    for number, name in enumerate(CLASSES):
        folder = root / "pets" / "train" / name
        folder.mkdir(parents=True)
        for copy in range(3):
            draw(10 * number + copy).save(folder / f"{copy}.png")
    recipe, program = load_recipe(str(root / "pets.net"))
    train(recipe, program, RunOptions(root / "run", Places({"pets": root / "pets"}), device="cpu"))
    return root
