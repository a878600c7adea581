"""Images are classified as by hand, with the names that the training folder gave."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.torch.train import predict
from netlang.backends.torch.train.files.encoding import encode_signed
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.targets.options import PredictOptions
from tests.support import answered
from tests.train.data.support import draw
from tests.train.predict.support import CLASSES, by_hand, metadata, predicted


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
    found = [
        each.path
        for each in predict(recipe, program, weights, [tmp_path], PredictOptions(device="cpu"))
    ]
    assert found == [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "deep" / "c.png"]
    (tmp_path / "empty").mkdir()
    for wrong in ("empty", "nowhere.png"):
        with pytest.raises(NetlangError) as caught:
            next(
                predict(
                    recipe,
                    program,
                    weights,
                    [tmp_path, tmp_path / wrong],
                    PredictOptions(device="cpu"),
                )
            )
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
    list(
        predict(
            recipe,
            program,
            weights,
            [tmp_path / "odd.png"],
            PredictOptions(device="cpu"),
            said.append,
        )
    )
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


def test_keys_with_another_prefix(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both verbs take `--prefix`, and offer nothing that they haven't."""
    state = load_file(run / "run" / "last.safetensors")
    path = run / "pets" / "train" / "dogs" / "1.png"
    torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / "w.pth")
    torch.save({key: value[:1] for key, value in state.items()}, tmp_path / "less.pth")
    spec = [str(run / "pets.net"), "normalize=imagenet"]
    score = ["eval", *spec, "--split", "train", "--data", f"pets={run / 'pets'}"]
    for verb in (["predict", *spec, str(path)], [*score, "--device", "cpu"]):
        command = [*verb, "--weights"]
        found = answered(capsys, *command, tmp_path / "w.pth")
        assert found.status == 1
        assert "with --prefix module.=" in found.err
        found = answered(capsys, *command, tmp_path / "w.pth", "--prefix", "module.=")
        assert found.status == 0, found.err
        found = answered(capsys, *command, tmp_path / "less.pth")
        assert "= help: give the weights of this net; steps without a label" in found.err


def test_the_verb_goes_on_behind_a_damaged_image(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        draw(5).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:100])
    weights = run / "run" / "last.safetensors"
    found = answered(capsys, "predict", run / "pets.net", tmp_path, "--weights", weights)
    assert found.status == 1
    named = [line.partition(":")[0] for line in found.out.splitlines()]
    assert named == [str(tmp_path / "a.png"), str(tmp_path / "c.png")]
    assert found.err.count("error[") == 1
    assert "b.png" in found.err


def test_what_cannot_be_predicted(run: Path, tmp_path: Path) -> None:
    recipe, program = load_recipe("mnist1d")
    with pytest.raises(NetlangError) as caught:
        next(
            predict(
                recipe, program, tmp_path / "w.safetensors", [tmp_path / "x.png"], PredictOptions()
            )
        )
    assert [each.code for each in caught.value.diagnostics] == ["E0746"]
    recipe, program = load_recipe(str(run / "pets.net"))
    foreign = tmp_path / "foreign.pth"
    torch.save(load_file(run / "run" / "last.safetensors"), foreign)
    with pytest.raises(NetlangError) as caught:
        next(predict(recipe, program, foreign, [tmp_path / "x.png"], PredictOptions(device="cpu")))
    assert [each.code for each in caught.value.diagnostics] == ["E0747"]


def test_weights_that_are_not_there(run: Path, tmp_path: Path) -> None:
    """Without a validation part a run has no best weights: the last ones are pointed at."""
    recipe, program = load_recipe(str(run / "pets.net"))
    last = run / "run" / "last.safetensors"
    for path, pointed in ((run / "run" / "best.safetensors", True), (tmp_path / "w.pth", False)):
        with pytest.raises(NetlangError) as caught:
            next(predict(recipe, program, path, [tmp_path / "x.png"], PredictOptions(device="cpu")))
        (problem,) = caught.value.diagnostics
        assert problem.code == "E0922"
        assert f"can't read weights from `{path}`: no such file" in problem.message
        assert (f"leaves `{last}`" in problem.message) == pointed


def diverged(run: Path, folder: Path) -> Path:
    """The weights of the run with a number that is none."""
    values = load_file(run / "run" / "last.safetensors")
    next(iter(values.values())).view(-1)[0] = float("nan")
    facts = {"netlang": metadata(run / "run" / "last.safetensors")}
    path = folder / "nan.safetensors"
    path.write_bytes(b"".join(encode_signed(values, facts)))
    return path


@pytest.mark.parametrize("kind", ["text", "json"])
def test_what_is_not_a_number_is_no_prediction(
    kind: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = diverged(run, tmp_path)
    draw(5).save(tmp_path / "a.png")
    spec, image = run / "pets.net", tmp_path / "a.png"
    found = answered(capsys, "predict", spec, image, "--weights", weights, "--format", kind)
    assert found.status == 1
    assert found.out == ""
    assert "error[E0992]: what the net makes of" in found.err
    assert "a.png" in found.err


def test_scores_that_are_not_numbers_are_no_success(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = diverged(run, tmp_path)
    data = ("--data", f"pets={run / 'pets'}", "--split", "train")
    found = answered(capsys, "eval", run / "pets.net", "--weights", weights, *data)
    assert found.status == 1
    assert "loss: nan" in found.out
    assert "error[E0992]: what the net makes of the train part" in found.err
