"""The presets are those of torchvision's weights, every one."""

from __future__ import annotations

from typing import Any

import pytest

from netlang.backends.onnx.ends.presets import Preset, preset_for
from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions
from tests.analysis.oracles import torchvision_models

# torchvision's models of these turn what its preset makes into values from -1 to 1.
CONVERTED = {"googlenet", "inception_v3"}
# Weights without the classifier.
WITHOUT_CLASSES = {"IMAGENET1K_FEATURES"}
models: Any = torchvision_models()


BUNDLED = {name for kind, name, _ in bundled_definitions() if kind == "net"}
NETS = [name for name in models.list_models(module=models) if name in BUNDLED]


def test_most_of_the_models_are_bundled() -> None:
    assert len(NETS) > 70


@pytest.mark.parametrize("name", NETS)
def test_the_preset_of_the_weights(name: str) -> None:
    program = load_program(name)
    sizes = program.defaults
    height, width = (
        d if isinstance(d, int) else sizes[str(d)] for d in program.net.inputs[0].type.spatial
    )
    theirs = [each for each in models.get_model_weights(name) if each.name not in WITHOUT_CLASSES]
    for weights in theirs:
        wanted = weights.transforms()
        file = weights.url.rpartition("/")[2]
        found = preset_for(name, file, (height, width))
        assert found.weights == f"{name}, {weights.name}"
        assert (found.resize, found.crop) == (wanted.resize_size[0], tuple(wanted.crop_size * 2))
        assert found.cubic is (wanted.interpolation.value == "bicubic")
        middle = [0.5] * 3 if name in CONVERTED else None
        assert list(found.subtract) == (middle or wanted.mean)
        assert list(found.divide) == (middle or wanted.std)
    usual = [each for each in theirs if each.transforms().crop_size == [height]]
    assert preset_for(name, None, (height, width)).weights == f"{name}, {usual[0].name}"


def test_other_nets_and_files() -> None:
    assert preset_for("mine", None, (192, 256)) == Preset(293, (192, 256))
    assert preset_for("mine", "resnet50-11ad3fa6.pth", (224, 224)) == Preset(256, (224, 224))
    renamed = preset_for("resnet50", "best.pth", (224, 224))
    assert (renamed.resize, renamed.weights) == (256, "resnet50, IMAGENET1K_V1")
