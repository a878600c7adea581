"""Images are prepared in the graph as torchvision and Pillow prepare them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import netlang
from netlang.backends.onnx import Form, export
from netlang.elaborate import load_program
from netlang.recipes.words.normalizations import Imagenet
from netlang.targets.ends import ends_of
from tests.analysis.oracles import torchvision_models
from tests.onnx.ends.support import outputs_of, pixels_of, prepared_by, written
from tests.onnx.support import check_file, run
from tests.oracle import torchvision_model
from tests.train.augment.support import ONE_LEVEL, picture, torchvision_functions

MEAN, STD = (np.array(row)[:, None, None] for row in (Imagenet.mean, Imagenet.std))
# Smaller and larger than what is cut out, upright and not, square, far from square, odd.
SIZES = [
    (24, 24), (27, 27), (28, 27), (27, 28), (54, 81), (61, 41), (7, 9), (1, 5), (300, 400),
    (401, 299), (40, 900), (777, 513), (1024, 1024), (29, 1000), (33, 35),
]  # fmt: skip
v2: Any = torchvision_functions()
Converting = (torchvision_models().GoogLeNet, torchvision_models().Inception3)


def levels(prepared: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Grey levels of what a net is given."""
    found: np.ndarray[Any, Any] = (prepared * STD + MEAN) * 255
    return found


def by_torchvision(image: Image.Image, side: int, crop: int, how: str) -> np.ndarray[Any, Any]:
    interpolation = v2.InterpolationMode(how)
    small = v2.center_crop(v2.resize(image, [side], interpolation=interpolation), [crop, crop])
    return np.asarray(small).transpose(2, 0, 1).astype(int)


@pytest.mark.parametrize("how", ["bilinear", "bicubic"])
def test_any_size_gives_torchvisions_pixels(how: str, tmp_path: Path) -> None:
    spec = "net alone {\n    input image: [3, H=24, W=24]\n    output same: identity\n}\n"
    word = f"imagenet(resize=27, crop=24, interpolation={how})"
    path = written(tmp_path, spec, ends_of(word))
    for size in SIZES:
        image = picture(*size)
        (found,) = run(path, {"pixels": pixels_of(image)})
        expected = by_torchvision(image, 27, 24, how)
        assert np.abs(levels(found[0]) - expected).max() <= ONE_LEVEL, size
        # Apart is what lies halfway between two levels, where ONNX Runtime's float32 can't tell.
        apart = np.abs(np.rint(levels(found[0])) - expected) > 0
        assert apart.mean() < 0.1, size


@pytest.mark.parametrize("steps", ["resize(24)", "resize(20x31) -> center_crop(16)"])
def test_paths_of_a_recipe_give_pillows_pixels(steps: str, tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, steps)
    spec = "net alone {\n    input image: [3, H=24, W=24]\n    output same: identity\n}\n"
    path = written(tmp_path, spec, ends_of(recipe))
    first, *second = steps.split(" -> ")
    size = (24, 24) if first == "resize(24)" else (31, 20)
    for height, width in SIZES:
        image = picture(height, width)
        (found,) = run(path, {"pixels": pixels_of(image)})
        small = image.resize(size, Image.Resampling.BILINEAR)
        if second:
            small = small.crop((8, 2, 24, 18))  # half of 31 - 16 is rounded to an even number
        expected = np.asarray(small).transpose(2, 0, 1).astype(float)
        assert np.abs(found[0] * 255 - expected).max() <= ONE_LEVEL


def recipe_with(folder: Path, steps: str, more: str = "") -> str:
    text = (
        "net other {\n    input image: [3, H=24, W=24]\n    gap -> flatten -> linear(2)\n}\n"
        'train known {\n    model: other()\n    data: image_folder("pets")\n'
        f"    augment: random_resized_crop(24)\n    test: {steps}\n    loss: cross_entropy\n"
        f"    optimizer: sgd(lr=0.1)\n    batch: 2\n    steps: 2\n{more}}}\n"
    )
    (folder / "known.net").write_text(text)
    return f"{folder / 'known.net'}:known"


@pytest.mark.parametrize("pad", [1, 4])
def test_a_border_is_black(pad: int, tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, f"resize(24x25) -> center_crop(24, pad={pad})")
    spec = "net alone {\n    input image: [3, H=24, W=24]\n    output same: identity\n}\n"
    path = written(tmp_path, spec, ends_of(recipe))
    image = picture(50, 60)
    (found,) = run(path, {"pixels": pixels_of(image)})
    padded = v2.pad(v2.resize(image, [24, 25]), [pad])
    expected = np.asarray(v2.center_crop(padded, [24, 24])).transpose(2, 0, 1).astype(float)
    assert np.abs(found[0] * 255 - expected).max() <= ONE_LEVEL


def test_channels_first_and_batches(tmp_path: Path) -> None:
    images = [picture(61, 41, seed) for seed in range(3)]
    last = prepared_by(tmp_path, "imagenet", *images)
    assert last.shape == (3, 3, 24, 24)
    for number, image in enumerate(images):
        np.testing.assert_array_equal(last[number], prepared_by(tmp_path, "imagenet", image)[0])
    spec = "net alone {\n    input image: [3, H=24, W=24]\n    output same: identity\n}\n"
    path = written(tmp_path, spec, ends_of("imagenet", layout="nchw"))
    (first,) = run(path, {"pixels": pixels_of(*images, layout="nchw")})
    np.testing.assert_array_equal(first, last)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_floats(dtype: str, tmp_path: Path) -> None:
    image = picture(61, 41)
    found = prepared_by(tmp_path, "imagenet", image, size=f"{dtype}[3, H=24, W=24]")
    single = prepared_by(tmp_path, "imagenet", image)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, single.astype(dtype))


@pytest.mark.parametrize("opset", [18, 19, 20, 21, 22, 23])
def test_every_opset(opset: int, tmp_path: Path) -> None:
    program = load_program("squeezenet1_1")
    path = tmp_path / "net.onnx"
    export(program, path, form=Form(opset=opset, ends=ends_of("imagenet", "argmax")))
    check_file(path)
    (found,) = run(path, {"pixels": pixels_of(picture(300, 251), picture(300, 251, 1))})
    assert found.shape == (2,)
    assert found.dtype == np.int64


def test_images_too_small_for_the_crop_are_refused(tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, "center_crop(24)")
    spec = "net small {\n    input image: [3, H=24, W=24]\n    gap -> flatten -> linear(2)\n}\n"
    path = written(tmp_path, spec, ends_of(recipe))
    assert run(path, {"pixels": pixels_of(picture(24, 30))})[0].shape == (1, 2)
    for size in ((23, 30), (30, 12), (12, 12), (1, 1)):
        for count in (1, 2, 4):
            images = [picture(*size)] * count
            with pytest.raises(Exception, match="Reshape"):
                run(path, {"pixels": pixels_of(*images)})


def test_what_a_file_declares(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    netlang.load("resnet18").onnx(path, preprocess="imagenet", postprocess="topk(5)")
    model = check_file(path)
    (pixels,), outputs = model.graph.input, model.graph.output
    kind = pixels.type.tensor_type
    shape = [dim.dim_value or dim.dim_param for dim in kind.shape.dim]
    assert (pixels.name, kind.elem_type) == ("pixels", 2)
    assert shape == ["N", "image_height", "image_width", 3]
    assert [value.name for value in outputs] == ["classes", "probabilities"]
    prepared = next(node for node in model.graph.node if node.output[0] == "image")
    assert prepared.op_type == "Reshape"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("resnet18", 3), ("googlenet", 2), ("efficientnet_b0", 2),
        *(
            pytest.param(name, 20, marks=pytest.mark.slow)
            for name in ("resnet18", "googlenet", "efficientnet_b0", "swin_t")
        ),
    ],
)  # fmt: skip
def test_the_logits_of_torchvisions_preset(name: str, count: int, tmp_path: Path) -> None:
    """JPEGs through torchvision's preset and model, with the weights that it starts with."""
    torch.manual_seed(1)
    model = torchvision_model(name).eval()
    if isinstance(model, Converting):
        model.transform_input = True  # as with weights
    preset = torchvision_models().get_model_weights(name).DEFAULT.transforms()
    if name == "resnet18":
        assert preset.resize_size == [256]
    path = tmp_path / "net.onnx"
    weights = {key: value.numpy() for key, value in model.state_dict().items()}
    export(load_program(name), path, weights=weights, form=Form(ends=ends_of("imagenet")))
    for number in range(count):
        image = decoded(180 + 37 * number, 640 - 23 * number, number)
        with torch.no_grad():
            expected = model(preset(image)[None]).numpy()
        (found,) = outputs_of(path, {"pixels": pixels_of(image)}).values()
        assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max(), image.size
        assert found.argmax() == expected.argmax()


def decoded(height: int, width: int, seed: int) -> Image.Image:
    content = BytesIO()
    picture(height, width, seed).save(content, "JPEG", quality=80 + seed)
    return Image.open(content)
