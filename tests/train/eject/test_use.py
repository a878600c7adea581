"""What a person sees of a script: its help, what it says where data lack, how it goes on."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from netlang.backends.torch.eject import script
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from tests.analysis.oracles import torchvision_models
from tests.train.data import cifar
from tests.train.eject import sources, test_losses, test_sources, test_texts
from tests.train.eject.support import (
    losses,
    module_of_text,
    photos,
    printed,
    resumed_losses,
    scores,
    script_losses,
    trained_losses,
    trained_scores,
)
from tests.train.support import sketch

PICTURES = test_sources.PICTURES.format(3, 24, 24, 2)
FLAT = "    input x: [6]\n    fc1: linear(3)"
SMALL = "augment: resize(24)"

# Recipes, and what is said where `--data` names an empty folder.
MISSING = {
    "images": (
        PICTURES,
        (SMALL, 'data: image_folder("a")'),
        r"no folders of images in .*: give --data",
    ),
    "one folder": (
        PICTURES,
        (SMALL, 'data: image_folder("a", test="val", validation=none)'),
        r"no folders of images in .*/train: give --data",
    ),
    "arrays": (FLAT, ('data: arrays("a", sizes=[6], classes=3)',), r"is to have train\.npz"),
    "idx": (
        test_sources.PICTURES.format(1, 28, 28, 10),
        ('data: idx("a")',),
        r"no train-images.* in .*: give --data",
    ),
    "cifar": (
        test_sources.PICTURES.format(3, 32, 32, 10),
        ('data: cifar10("a")',),
        r"no cifar-10-batches-bin, cifar-10-batches-py or their archives in .* --data",
    ),
    "shards": (PICTURES, (SMALL, 'data: shards("a")'), r"no shards of train in .* --data"),
    "table": (PICTURES, (SMALL, 'data: hugging_face("a")'), r"no folder .* --data"),
    "torchvision": (
        test_sources.PICTURES.format(1, 28, 28, 10),
        ('data: torchvision("a", set=MNIST, channels=1)', "augment: resize(28)"),
        r"no MNIST in .* --data",
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_missing_data(name: str, tmp_path: Path) -> None:
    body, lines, said = MISSING[name]
    torchvision_models()
    place = tmp_path / ("gone" if name == "table" else "empty")
    (tmp_path / "empty").mkdir()
    text = script(*sketch(body, *lines, "batch: 2"))
    with pytest.raises(SystemExit, match=said):
        printed(text, tmp_path / "script", "--data", str(place))


def test_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(*sketch(PICTURES, SMALL, 'data: image_folder("a")', 'weights: pretrained("b")'))
    module = module_of_text(text, tmp_path / "train.py")
    with patch("sys.argv", ["train.py", "--help"]), pytest.raises(SystemExit):
        module.main()
    # Lines are broken at hyphens too.
    shown = "".join(capsys.readouterr().out.split())
    sentences = (
        "train.py [-h] --data DATA --weights WEIGHTS [--workers WORKERS] [--device DEVICE]"
        " [--out OUT]",
        "Train `sketch` by recipe `sketch` of sketch.net, also by torchrun. By netlang",
    )
    assert all("".join(each.split()) in shown for each in sentences)


@pytest.mark.parametrize("name", ["100%", "%s%d", "%(prog)s", "%(prog)s %d%", "%%(prog)"])
def test_help_of_a_file_with_percent_signs(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = module_of_text(test_texts.written(name), tmp_path / "train.py")
    with patch("sys.argv", ["train.py", "--help"]), pytest.raises(SystemExit) as end:
        module.main()
    assert end.value.code == 0
    assert f"of {name}.net" in " ".join(capsys.readouterr().out.split())


def image_folder(root: Path, *parts: str, classes: str = "ab") -> Path:
    """Six images of each class in each part, `""` for the folder itself."""
    for part in parts:
        for number, name in enumerate(classes):
            folder = root / part / name
            folder.mkdir(parents=True)
            for place in range(6):
                pixels = np.full((30, 30, 3), 20 * number + 10 * place, np.uint8)
                Image.fromarray(pixels).save(folder / f"{place}.png")
    return root


# Names of parts that both find, and what the recipe says of them.
LAYOUTS = {
    "flat": (("",), 'image_folder("mine", validation=none, test=none)'),
    "flat, some held out": (("",), 'image_folder("mine")'),
    "long names": (("training", "testing"), 'image_folder("mine")'),
    "alike": (
        ("training", "valid"),
        'image_folder("mine", train="train", validation=none, test="val")',
    ),
    "validation": (("train", "validation", "test"), 'image_folder("mine")'),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(name: str, tmp_path: Path) -> None:
    parts, data = LAYOUTS[name]
    root = image_folder(tmp_path / "mine", *parts)
    lines = ["validation: 0.3"] if "held" in name else []
    recipe, program = sketch(PICTURES, f"data: {data}", SMALL, "batch: 4", "steps: 5", *lines)
    options = "--data", str(root), "--workers", "0"
    expected = trained_losses(recipe, program, tmp_path / "run", Places({"mine": root}))
    shown = printed(script(recipe, program), tmp_path / "script", *options)
    assert losses(shown) == expected
    assert scores(shown) == trained_scores(tmp_path / "run")


@pytest.mark.parametrize(
    ("classes", "others", "said"),
    [
        ("abc", "abc", r"3 classes in .*mine, but outputs for 2"),
        ("ab", "abc", r"training lacks c of .*val"),
        ("ab", "abecd", r"training lacks c, d, e of .*val"),
    ],
)
def test_classes(classes: str, others: str, said: str, tmp_path: Path) -> None:
    """`netlang train` refuses the same: more classes than outputs, classes of a test alone."""
    root = image_folder(tmp_path / "mine", "train", classes=classes)
    image_folder(root, "val", classes=others)
    data = 'data: image_folder("mine", validation=none, test="val")'
    recipe, program = sketch(PICTURES, data, SMALL, "batch: 4", "steps: 2")
    with pytest.raises(SystemExit, match=said):
        printed(script(recipe, program), tmp_path / "script", "--data", str(root), "--workers", "0")
    with pytest.raises(NetlangError):
        trained_losses(recipe, program, tmp_path / "run", Places({"mine": root}))


@pytest.mark.parametrize(("cores", "workers"), [(None, "1"), (3, "3"), (64, "4")])
def test_help_says_defaults(
    cores: int | None, workers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where Python doesn't know how many cores there are."""
    text = script(*sketch(PICTURES, SMALL, 'data: image_folder("a")'))
    module = module_of_text(text, tmp_path / "train.py")
    known = patch.object(os, "cpu_count", lambda: cores)
    with known, patch("sys.argv", ["train.py", "--help"]), pytest.raises(SystemExit):
        module.main()
    shown = " ".join(capsys.readouterr().out.split())
    for default in (workers, "sketch-sketch.pth", "10"):
        assert f"({default})" in shown


def test_the_end_is_said(tmp_path: Path) -> None:
    """Also where there is no test part to look at."""
    root = image_folder(tmp_path / "mine", "")
    data = 'data: image_folder("mine", validation=none, test=none)'
    text = script(*sketch(PICTURES, data, SMALL, "batch: 4", "steps: 2"))
    shown = printed(text, tmp_path / "script", "--data", str(root), "--workers", "0")
    assert shown.splitlines()[-1].startswith("2 steps: weights and state are in ")


# Runs that remember something from one step to the next, and are killed between two checkpoints.
KILLED = {
    "plateaus among phases": test_losses.MEMORY,
    "digits at scales": test_losses.MEMORY,
    "moved masks": test_sources.CASES,
    "damaged images": test_sources.CASES,
    "cifar10 of pickles": test_sources.CASES,
}


# Pillow leaves damaged files open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", KILLED)
def test_killed_and_resumed(name: str, tmp_path: Path) -> None:
    options: tuple[str, ...] = ()
    if name in test_losses.MEMORY:
        body, *lines = test_losses.MEMORY[name]
    else:
        write, body, given = test_sources.CASES[name]
        (tmp_path / "mine").mkdir()
        write(tmp_path / "mine")
        lines = [*given, "steps: 20"]
        options = ("--data", str(tmp_path / "mine"))
        options += ("--workers", "0") if "image" in name else ()
    recipe, program = sketch(body, *lines, "checkpoint_every: 4")
    expected = trained_losses(
        recipe, program, tmp_path / "run", Places({"mine": tmp_path / "mine"})
    )
    assert len(expected) >= 20
    text = script(recipe, program)
    assert resumed_losses(text, tmp_path / "script", 15, *options) == expected


def test_a_data_set_of_the_hub(tmp_path: Path) -> None:
    """Without `--data` a set of the Hub is asked for by its name; here nothing is downloaded."""
    import datasets

    sources.folders(tmp_path)
    here = datasets.load_dataset(str(tmp_path), cache_dir=str(tmp_path / "cache"))
    data = 'data: hugging_face("mine", repository="nobody/pets")'
    recipe, program = sketch(PICTURES, data, SMALL, "batch: 3", "steps: 3")
    asked = []

    def load(name: str) -> object:
        asked.append(name)
        return here

    with patch("datasets.load_dataset", load):
        found = script_losses(recipe, program, tmp_path / "script", "--workers", "0")
    assert asked == ["nobody/pets"]
    assert len(found) == 3


def test_floats_are_refused(tmp_path: Path) -> None:
    root = photos(tmp_path / "photos", 2, 30)
    Image.fromarray(np.ones((30, 30), np.float32)).save(root / "train" / "cats" / "floats.tif")
    body = test_sources.PICTURES.format(3, 24, 24, 3)
    text = script(*sketch(body, SMALL, 'data: image_folder("a", test="val")', "batch: 3"))
    with pytest.raises(AssertionError, match=r"floats\.tif: > 16 bits"):
        printed(text, tmp_path / "script", "--data", str(root), "--workers", "0")


def test_another_data_set_in_cifars_place(tmp_path: Path) -> None:
    """CIFAR-100's pickles under the names of CIFAR-10's have no `labels`."""
    files = {
        name: content.replace(b"labels", b"titles")
        for name, content in cifar.python_files().items()
    }
    cifar.write(tmp_path / "cifar-10-batches-py", files)
    text = script(*sketch(test_sources.PICTURES.format(3, 32, 32, 10), 'data: cifar10("a")'))
    with pytest.raises(SystemExit, match="a file of CIFAR has no labels"):
        printed(text, tmp_path / "script", "--data", str(tmp_path))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Said at the start, before anything is trained for the first checkpoint."""
    text = script(*sketch(FLAT.replace("[6]", "[40]").replace("(3)", "(10)")))
    module = module_of_text(text, tmp_path / "train.py")
    out = str(tmp_path / "no" / "such.pth")
    with (
        patch("sys.argv", ["train.py", "--out", out]),
        patch.object(module, "Sketch", side_effect=AssertionError("it began to train")),
        pytest.raises(SystemExit, match=r"there is no folder for .*such\.pth: give another --out"),
    ):
        module.main()


def test_a_file_beside_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint without a folder in its name lies where one is."""
    text = script(*sketch(FLAT.replace("[6]", "[40]").replace("(3)", "(10)"), "steps: 2"))
    module = module_of_text(text, tmp_path / "train.py")
    monkeypatch.chdir(tmp_path)
    with patch("sys.argv", ["train.py", "--out", "mine.pth"]):
        module.main()
    assert (tmp_path / "mine.pth").is_file()
