"""Runs on files: what is told of them, and that a damaged one ends a run with its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from netlang.cli import main
from tests.train.data.support import draw, pictures
from tests.train.data.test_images import exif

PETS = """
net small {
    input image: [3, 8, 8]
    flatten -> linear(2)
}
train pets {
    model: small()
    data: image_folder("pets")
    augment: random_resized_crop(8)
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    epochs: 2
}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    Path("pets.net").write_text(PETS)
    return pictures(tmp_path / "sets/pets", ("train", "val", "test"), each=4)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def test_what_was_noticed_is_told_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(1).save(place / "train/cat/0.jpg", exif=exif(11))
    (place / "val/dog/0.jpg").write_bytes(b"nonsense")
    change = 'data=image_folder("pets", corrupt=skip)'
    status, said = run(capsys, "train", "pets.net", change, "--data", f"pets={place}")
    assert status == 0, said
    assert said.count("1 image is damaged and left out: ") == 1
    assert said.count("1 image has a broken orientation tag and is taken as stored: ") == 1


def test_a_batch_of_more_than_there_are_is_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("train", "pets.net", "--data", f"pets={place}", "steps=1", "--device", "cpu")
    status, said = run(capsys, *given, "batch=9", "--out", "large")
    assert status == 0
    assert "a batch of 9 is more than all 8 examples: each step sees them all" in said
    assert "a batch of" not in run(capsys, *given, "batch=8", "--out", "all")[1]


def test_a_damaged_file_ends_the_run_with_its_name(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "train/dog/3.jpg").write_bytes(b"nonsense")
    status, said = run(capsys, "train", "pets.net", "--data", f"pets={place}")
    assert status == 1
    assert "error[E0783]: image `" in said
    assert "train/dog/3.jpg" in said
    assert "Traceback" not in said


def test_any_part_is_scored(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    assert run(capsys, "train", "pets.net", "steps=1", "--out", "run")[0] == 0
    folders = {"train": "train", "validation": "val", "test": "test"}
    words = {"val": "validation", "valid": "validation"} | {part: part for part in folders}
    given = ("eval", "pets.net", "--weights", "run/last.safetensors", "--split")
    for word, part in words.items():
        status, said = run(capsys, *given, word)
        assert status == 0, said
        count = sum(path.is_file() for path in (place / folders[part]).rglob("*"))
        assert f"scored on the {count} examples of the {part} part" in said
    status, said = run(capsys, *given, "tset")
    assert status == 2
    assert "`tset` is no part of the data: train, validation, test" in said


def test_a_part_goes_by_its_name_in_the_recipe(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder `val` of ImageNet is the test of its recipes."""
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    change = 'data=image_folder("pets", train="test", validation=none, test="val")'
    assert run(capsys, "train", "pets.net", change, "steps=1", "--out", "run")[0] == 0
    given = ("eval", "pets.net", change, "--weights", "run/last.safetensors", "--split")
    assert "examples of the test part" in run(capsys, *given, "val")[1]
    # Words that name a part whatever the data are always that part.
    assert "examples of the test part" in run(capsys, *given, "test")[1]


def test_a_score_is_that_of_training(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Averaged weights, in half precision, of ten crops at two sizes, in batches with a rest."""
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    changes = (
        "test=resize_shorter(12) -> ten_crop(8)", "precision=bf16", "ema=0.5", "batch=3",
        "normalize=standardize", "validation=0.3", 'data=image_folder("pets", validation=none)',
    )  # fmt: skip
    assert run(capsys, "train", "pets.net", *changes, "epochs=2", "--out", "run")[0] == 0
    records = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    told = {name: value for each in records for name, value in each.items()}
    # The best weights are tested.
    for word, part, file in (("val", "validation", "last"), ("test", "test", "best")):
        weights = ("--weights", f"run/{file}.safetensors", "--split", word)
        with pytest.raises(SystemExit) as ended:
            main(["eval", "pets.net", *changes, *weights])
        assert ended.value.code == 0
        scores = f"accuracy: {told[f'{part}_accuracy']:.6g}\nloss: {told[f'{part}_loss']:.6g}\n"
        assert capsys.readouterr().out == scores


def test_what_was_noticed_is_told_of_a_score_too(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    change = 'data=image_folder("pets", corrupt=skip)'
    assert run(capsys, "train", "pets.net", change, "steps=1", "--out", "run")[0] == 0
    (place / "val/dog/0.jpg").write_bytes(b"nonsense")
    draw(1).save(place / "test/cat/0.jpg", exif=exif(11))
    status, said = run(capsys, "eval", "pets.net", change, "--weights", "run/last.safetensors")
    assert status == 0, said
    assert said.count("1 image is damaged and left out: ") == 1
    assert said.count("1 image has a broken orientation tag and is taken as stored: ") == 1


def test_a_score_on_other_classes_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same number of classes under other names: every number would mean another one."""
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    assert run(capsys, "train", "pets.net", "steps=1", "--out", "run")[0] == 0
    for part in ("train", "val", "test"):
        (place / part / "cat").rename(place / part / "wolf")
    status, said = run(capsys, "eval", "pets.net", "--weights", "run/last.safetensors")
    assert status == 1
    assert "error[E0748]: `run/last.safetensors` was trained on 2 classes, `cat`, `dog`" in said
    assert "`pets` has 2 classes, `dog`, `wolf`" in said


def test_scores_are_normalized_as_in_training(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other images to train on change nothing of a score on the test part."""
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    arguments = ("pets.net", "normalize=standardize")
    assert run(capsys, "train", *arguments, "steps=1", "--out", "run")[0] == 0
    metrics = Path("run/metrics.jsonl").read_text().splitlines()[-1]
    for file in (place / "train").rglob("*.jpg"):
        draw(200).point(lambda value: value // 8).save(file)
    with pytest.raises(SystemExit):
        main(["eval", *arguments, "--weights", "run/last.safetensors", "--device", "cpu"])
    assert f"loss: {json.loads(metrics)['test_loss']:.6g}" in capsys.readouterr().out


def test_a_run_on_other_data_is_not_resumed(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETLANG_DATA_PETS", str(place))
    arguments = ("train", "pets.net", "steps=3", "--out", "run")
    assert run(capsys, *arguments)[0] == 0
    assert run(capsys, *arguments, "--resume")[0] == 0
    for part in ("train", "val", "test"):
        (place / part / "cat").rename(place / part / "cow")
    status, said = run(capsys, *arguments, "--resume")
    assert status == 1
    assert "error[E0749]" in said
    assert "the classes have other names" in said
    draw(77).save(place / "train/cow/more.jpg")
    status, said = run(capsys, *arguments, "--resume")
    assert "8 examples for training then, 9 now" in said


@pytest.mark.parametrize("inside", ["train/run", "test/cat/run", "val"])
def test_a_run_among_the_classes_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], inside: str
) -> None:
    before = sorted(place.rglob("*"))
    given = ("train", "pets.net", "--data", f"pets={place}", "--device", "cpu", "--out")
    status, said = run(capsys, *given, str(place / inside))
    assert status == 1
    assert "error[E0778]" in said
    assert sorted(place.rglob("*")) == before
    # Beside the parts it harms nothing, nor in a part of classes for another recipe's data.
    assert run(capsys, *given, str(place / "runs"))[0] == 0
    (place / "train").rename(place.parent / "all")
    bare = ("train", "pets.net", "--data", f"pets={place.parent / 'all'}", "--device", "cpu")
    assert "E0778" in run(capsys, *bare, "--out", str(place.parent / "all" / "run"))[1]


def test_options_that_mean_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong, text in (
        ("pets", "is not NAME=PATH"),
        ("=x", "is not NAME=PATH"),
        ("cats=x", "error[E0759]"),
    ):
        status, said = run(capsys, "train", "pets.net", "--data", wrong)
        assert status in (1, 2)
        assert text in said
    status, said = run(capsys, "train", "pets.net", "--data", "pets=a", "--data", "pets=b")
    assert status == 2
    assert "`pets` is given twice" in said
