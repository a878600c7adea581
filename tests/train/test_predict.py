"""Images are classified as by hand, with the names that the training folder gave."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnxruntime import InferenceSession
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.backends.torch.train import evaluate, predict, train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from tests.train.augment.support import torchvision_functions
from tests.train.data.support import draw

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CLASSES = ("cats", "dogs", "Eulen")
SPEC = """
net small {
    input image: [3, H=12, W=12]
    conv(4, 3x3) -> relu -> gap -> flatten
    output logits: linear(3)
}
train pets {
    model: small()
    data: image_folder("pets")
    augment: random_resized_crop(12) -> hflip
    test: resize_shorter(14) -> center_crop(12)
    normalize: standardize
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 4
}
"""


@pytest.fixture(scope="module")
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
    train(recipe, program, out=root / "run", places=Places({"pets": root / "pets"}), device="cpu")
    return root


def prepared(run: Path, image: Image.Image, normalization: str = "own") -> torch.Tensor:
    """An image as the net is given it, ``[1, 3, 12, 12]``, without anything of ours."""
    v2 = torchvision_functions()
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
    small = v2.center_crop(v2.resize(pixels, [14], antialias=True), [12, 12]) / 255.0
    facts = json.loads(_metadata(run / "run" / "last.safetensors"))
    first, second = (each["values"] for each in facts["normalization"]["numbers"])
    numbers = {"own": (first, second), "none": ([0.0] * 3, [1.0] * 3), "imagenet": IMAGENET}
    result: torch.Tensor = v2.normalize(small, *numbers[normalization])[None]
    return result


def by_hand(run: Path, image: Image.Image, normalization: str = "own") -> list[float]:
    """The probabilities of an image, without anything of ours but the net."""
    model = build(load_recipe(str(run / "pets.net"))[1]).eval()
    model.load_state_dict(load_file(run / "run" / "last.safetensors"))
    shares: list[float] = model(prepared(run, image, normalization))[0].softmax(0).tolist()
    return shares


def _metadata(path: Path) -> str:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return str(file.metadata()["netlang"])


def predicted(run: Path, *images: object) -> list[dict[str, float]]:
    recipe, program = load_recipe(str(run / "pets.net"))
    weights = run / "run" / "last.safetensors"
    found = predict(recipe, program, weights, images, device="cpu")
    return [dict(each.classes) for each in found]


def test_probabilities_are_those_by_hand(run: Path) -> None:
    path = run / "pets" / "train" / "dogs" / "1.png"
    (found,) = predicted(run, path)
    # Classes are numbered in the order of their names, as torchvision's ImageFolder does.
    expected = dict(zip(sorted(CLASSES), by_hand(run, Image.open(path)), strict=True))
    assert found == pytest.approx(expected, abs=1e-5)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_orientation_is_applied_as_in_training(run: Path, tmp_path: Path) -> None:
    image = draw(5, size=(24, 16))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    image.save(tmp_path / "upright.png")
    turned, upright = predicted(run, tmp_path / "turned.png", tmp_path / "upright.png")
    assert turned == pytest.approx(upright, abs=1e-6)


def test_a_damaged_image_is_named(run: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes((run / "pets" / "train" / "dogs" / "1.png").read_bytes()[:100])
    with pytest.raises(NetlangError) as caught:
        predicted(run, damaged)
    assert "damaged.png" in caught.value.diagnostics[0].message

    assert caught.value.diagnostics[0].help_text == "repair it, or leave it out"


def test_a_folder_stands_for_its_images(run: Path, tmp_path: Path) -> None:
    """Those below it in the order of a data set; others are named before any is classified."""
    for name in ("b.png", "a.png", "deep/c.png", ".hidden.png"):
        (tmp_path / "deep").mkdir(exist_ok=True)
        draw(5).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    recipe, program = load_recipe(str(run / "pets.net"))
    weights = run / "run" / "last.safetensors"
    found = [each.path for each in predict(recipe, program, weights, [tmp_path], device="cpu")]
    assert found == [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "deep" / "c.png"]
    (tmp_path / "empty").mkdir()
    for wrong in ("empty", "nowhere.png"):
        with pytest.raises(NetlangError) as caught:
            next(predict(recipe, program, weights, [tmp_path, tmp_path / wrong], device="cpu"))
        (problem,) = caught.value.diagnostics
        assert problem.code == "E0773"
        assert str(tmp_path / wrong) in problem.message
        assert "corrupt" not in problem.help_text


def test_images_in_memory(run: Path, tmp_path: Path) -> None:
    """Those of Pillow and arrays, with what is done to files: transparency, orientation, grey."""
    image = draw(5, size=(24, 16)).convert("RGBA")
    image.putalpha(90)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    grey = draw(7).convert("L")
    grey.save(tmp_path / "grey.png")
    expected = predicted(run, tmp_path / "turned.png", tmp_path / "grey.png")
    with Image.open(tmp_path / "turned.png") as opened:
        assert predicted(run, opened, np.asarray(grey)) == expected
    colours = draw(5)
    colours.save(tmp_path / "jpeg.jpg", quality=90)
    with Image.open(tmp_path / "jpeg.jpg") as opened:
        array = np.asarray(Image.open(tmp_path / "jpeg.jpg"))
        assert predicted(run, opened) == predicted(run, tmp_path / "jpeg.jpg")
        assert predicted(run, array) == predicted(run, tmp_path / "jpeg.jpg")
        assert opened.size == colours.size
    with pytest.raises(TypeError, match="a path, an image of Pillow or an array, not int"):
        predicted(run, 3)
    with pytest.raises(ValueError, match=r"uint8.*not float32, \[4, 4\]"):
        predicted(run, np.zeros((4, 4), np.float32))


def test_a_broken_orientation_is_told(run: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    draw(5).save(tmp_path / "odd.png", exif=exif)
    recipe, program = load_recipe(str(run / "pets.net"))
    said: list[str] = []
    weights = run / "run" / "last.safetensors"
    list(predict(recipe, program, weights, [tmp_path / "odd.png"], device="cpu", say=said.append))
    assert len(said) == 1
    assert "broken orientation" in said[0]
    assert "odd.png" in said[0]


def test_the_verb(run: Path) -> None:
    image = run / "pets" / "train" / "cats" / "0.png"
    command = [sys.executable, "-m", "netlang", "predict", str(run / "pets.net"), str(image)]
    command += ["--weights", str(run / "run" / "last.safetensors"), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = json.loads(done.stdout)
    assert line["image"] == str(image)
    assert {each["class"] for each in line["classes"]} == set(CLASSES)
    assert sum(each["probability"] for each in line["classes"]) == pytest.approx(1.0)


def test_classes_go_into_the_onnx_file(run: Path, tmp_path: Path) -> None:
    _, program = load_recipe(str(run / "pets.net"))
    export(program, tmp_path / "pets.onnx", weights=run / "run" / "last.safetensors")
    kept = {each.key: each.value for each in onnx.load(tmp_path / "pets.onnx").metadata_props}
    assert json.loads(kept["netlang.classes"]) == sorted(CLASSES)


def test_what_weights_need_goes_into_the_onnx_file(run: Path, tmp_path: Path) -> None:
    """Enough to prepare an input without the run: the numbers are those by hand."""
    _, program = load_recipe(str(run / "pets.net"))
    weights = run / "run" / "last.safetensors"
    export(program, tmp_path / "pets.onnx", weights=weights)
    kept = {each.key: each.value for each in onnx.load(tmp_path / "pets.onnx").metadata_props}
    first, second = json.loads(_metadata(weights))["normalization"]["numbers"]
    told = json.loads(kept["netlang.normalization"])
    assert told["recipe"].startswith("standardize")
    assert told["subtract"] == pytest.approx(first["values"])
    assert told["divide"] == pytest.approx(second["values"])
    assert kept["netlang.weights"] == "last.safetensors (recipe pets, step 4)"
    assert kept["netlang.test"].startswith("resize_shorter(size=14) -> center_crop(size=12")
    assert kept["netlang.sizes"] == "H = 12\nW = 12"
    torch.save(load_file(weights), tmp_path / "plain.pth")
    export(program, tmp_path / "plain.onnx", weights=tmp_path / "plain.pth")
    kept = {each.key: each.value for each in onnx.load(tmp_path / "plain.onnx").metadata_props}
    assert kept["netlang.weights"] == "plain.pth"
    assert "netlang.normalization" not in kept
    export(program, tmp_path / "random.onnx", seed=7)
    kept = {each.key: each.value for each in onnx.load(tmp_path / "random.onnx").metadata_props}
    assert kept["netlang.weights"] == "random, drawn from seed 7: not trained"


@pytest.mark.parametrize(
    ("spec", "changes", "expected"),
    [
        ("standardize", (), "own"),
        ("standardize", ("normalize=standardize",), "own"),
        ("none", (), "own"),
        ("imagenet", (), "own"),
        ("standardize", ("normalize=none",), "none"),
        ("standardize", ("normalize=imagenet",), "imagenet"),
    ],
)
def test_the_weights_own_normalization_holds_unless_asked(
    run: Path, tmp_path: Path, spec: str, changes: tuple[str, ...], expected: str
) -> None:
    """Whatever the recipe says by now; what the user asks for is carried out."""
    text = SPEC.replace("normalize: standardize", f"normalize: {spec}")
    (tmp_path / "pets.net").write_text(text, encoding="utf-8")
    path = run / "pets" / "train" / "dogs" / "1.png"
    weights = run / "run" / "last.safetensors"
    recipe, program = load_recipe(str(tmp_path / "pets.net"), changes)
    said: list[str] = []
    (found,) = predict(recipe, program, weights, [path], device="cpu", say=said.append)
    own, plain = by_hand(run, Image.open(path)), by_hand(run, Image.open(path), "none")
    wanted = {"own": own, "none": plain, "imagenet": by_hand(run, Image.open(path), "imagenet")}
    assert own != pytest.approx(plain, abs=1e-3)
    names = dict(zip(sorted(CLASSES), wanted[expected], strict=True))
    assert dict(found.classes) == pytest.approx(names, abs=1e-5)
    assert bool(said) == (spec != "standardize" or expected != "own")
    places = Places({"pets": run / "pets"})
    scores = evaluate(recipe, program, weights, places=places, split="train", device="cpu")
    assert scores.loss == pytest.approx(_loss_by_hand(run, expected), abs=1e-5)


def _loss_by_hand(run: Path, normalization: str) -> float:
    """The mean cross entropy of the training images, without anything of ours but the net."""
    losses = [
        -math.log(by_hand(run, Image.open(path), normalization)[number])
        for number, name in enumerate(sorted(CLASSES))
        for path in (run / "pets" / "train" / name).iterdir()
    ]
    return sum(losses) / len(losses)


def test_a_normalization_without_its_numbers_is_refused(run: Path) -> None:
    """One that was asked for, and is learned from data, which a prediction hasn't."""
    recipe, program = load_recipe(str(run / "pets.net"), ["normalize=min_max"])
    path = run / "pets" / "train" / "dogs" / "1.png"
    with pytest.raises(NetlangError) as caught:
        next(predict(recipe, program, run / "run" / "last.safetensors", [path], device="cpu"))
    assert [each.code for each in caught.value.diagnostics] == ["E0747"]


def test_keys_with_another_prefix(run: Path, tmp_path: Path) -> None:
    """Both verbs take `--prefix`, and offer nothing that they haven't."""
    state = load_file(run / "run" / "last.safetensors")
    path = run / "pets" / "train" / "dogs" / "1.png"
    torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / "w.pth")
    torch.save({key: value[:1] for key, value in state.items()}, tmp_path / "less.pth")
    spec = [str(run / "pets.net"), "normalize=imagenet"]
    score = ["eval", *spec, "--split", "train", "--data", f"pets={run / 'pets'}"]
    for verb in (["predict", *spec, str(path)], [*score, "--device", "cpu"]):
        command = [sys.executable, "-m", "netlang", *verb, "--weights"]
        done = subprocess.run(
            [*command, tmp_path / "w.pth"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "with --prefix module.=" in done.stderr
        subprocess.run([*command, tmp_path / "w.pth", "--prefix", "module.="], check=True)
        done = subprocess.run(
            [*command, tmp_path / "less.pth"], capture_output=True, text=True, check=False
        )
        assert "= help: give the weights of this net\n" in done.stderr


def test_the_verb_goes_on_behind_a_damaged_image(run: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        draw(5).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:100])
    command = [sys.executable, "-m", "netlang", "predict", str(run / "pets.net"), str(tmp_path)]
    command += ["--weights", str(run / "run" / "last.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    named = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert named == [str(tmp_path / "a.png"), str(tmp_path / "c.png")]
    assert done.stderr.count("error[") == 1
    assert "b.png" in done.stderr


def test_a_deployed_file_says_what_is_predicted(run: Path, tmp_path: Path) -> None:
    """From a folder of images to a file that ONNX Runtime runs, by the commands alone."""
    weights, target = run / "run" / "last.safetensors", tmp_path / "pets.onnx"
    command = [sys.executable, "-m", "netlang", "compile", str(run / "pets.net")]
    subprocess.run([*command, "-o", str(target), "--weights", str(weights)], check=True)
    session = InferenceSession(target, providers=["CPUExecutionProvider"])
    classes = json.loads(session.get_modelmeta().custom_metadata_map["netlang.classes"])
    for path in sorted((run / "pets" / "train").rglob("*.png")):
        x = prepared(run, Image.open(path)).numpy()
        (logits,) = session.run(["logits"], {"image": x})
        shares = torch.from_numpy(logits)[0].softmax(0).tolist()
        (found,) = predicted(run, path)
        assert dict(zip(classes, shares, strict=True)) == pytest.approx(found, abs=1e-5)


def test_what_cannot_be_predicted(run: Path, tmp_path: Path) -> None:
    recipe, program = load_recipe("mnist1d")
    with pytest.raises(NetlangError) as caught:
        next(predict(recipe, program, tmp_path / "w.safetensors", [tmp_path / "x.png"]))
    assert [each.code for each in caught.value.diagnostics] == ["E0746"]
    recipe, program = load_recipe(str(run / "pets.net"))
    foreign = tmp_path / "foreign.pth"
    torch.save(load_file(run / "run" / "last.safetensors"), foreign)
    with pytest.raises(NetlangError) as caught:
        next(predict(recipe, program, foreign, [tmp_path / "x.png"], device="cpu"))
    assert [each.code for each in caught.value.diagnostics] == ["E0747"]


def test_weights_that_are_not_there(run: Path, tmp_path: Path) -> None:
    """Without a validation part a run has no best weights: the last ones are pointed at."""
    recipe, program = load_recipe(str(run / "pets.net"))
    last = run / "run" / "last.safetensors"
    for path, pointed in ((run / "run" / "best.safetensors", True), (tmp_path / "w.pth", False)):
        with pytest.raises(NetlangError) as caught:
            next(predict(recipe, program, path, [tmp_path / "x.png"], device="cpu"))
        (problem,) = caught.value.diagnostics
        assert problem.code == "E0922"
        assert f"can't read weights from `{path}`: no such file" in problem.message
        assert (f"leaves `{last}`" in problem.message) == pointed
