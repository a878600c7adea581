"""A file that prepares images by the recipe of a run says what `predict` says."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netlang.backends.onnx import Form, export, runtime
from netlang.recipes import load_recipe
from netlang.targets.ends import ends_of
from tests.onnx.support import check_file
from tests.train.augment.support import picture
from tests.train.predict.support import CLASSES, predicted


def as_file(height: int, width: int, kind: str) -> Image.Image:
    content = BytesIO()
    picture(height, width, seed=height).save(content, kind)
    return Image.open(content)


@pytest.mark.parametrize("named", [True, False])
def test_the_same_probabilities(named: bool, run: Path, tmp_path: Path) -> None:
    recipe, program = load_recipe(str(run / "pets.net"))
    spec = f"{run / 'pets.net'}:pets"
    ends = ends_of(spec if named else "recipe", spec)
    path = tmp_path / "pets.onnx"
    export(program, path, weights=run / "run" / "last.safetensors", form=Form(ends=ends))
    told = {entry.key: entry.value for entry in check_file(path).metadata_props}
    assert json.loads(told["netlang.classes"]) == sorted(CLASSES)
    session = runtime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for kind, height, width in (
        ("PNG", 14, 14), ("JPEG", 33, 61), ("JPEG", 640, 480), ("JPEG", 200, 900), ("PNG", 9, 50),
    ):  # fmt: skip
        image = as_file(height, width, kind)
        (found,) = session.run(None, {"pixels": np.asarray(image)[None]})
        (expected,) = predicted(run, as_file(height, width, kind))
        shares = [expected[name] for name in sorted(CLASSES)]
        np.testing.assert_allclose(found[0], shares, atol=2e-3)
    assert recipe.name == "pets"
