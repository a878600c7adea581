"""Images in one folder for each class: which they are, in which order, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.sets import Examples, Images, Parts
from netlang.backends.torch.data.sources.image_folder import FileImages
from tests.analysis.oracles import torchvision_models
from tests.train.data.support import draw, load, pictures, refusal, tree

FOLDER = 'image_folder("pets")'


def names(part: Examples | None, root: Path) -> list[str]:
    assert isinstance(part, Images)
    return [os.path.relpath(part.name(number), root) for number in range(len(part))]


def labels(part: Examples | None) -> list[int]:
    assert part is not None
    assert part.labels is not None
    return list(part.labels)


def test_examples_are_those_of_torchvision(tmp_path: Path) -> None:
    torchvision_models()
    from torchvision.datasets import ImageFolder

    tree(
        tmp_path,
        {
            f"train/{path}": seed
            for seed, path in enumerate(
                ("b/2.JPG", "b/10.png", "b/1.jpeg", "b/x/1.webp", "b/x-y/2.bmp", "b/x/z/3.ppm",
                 "B/1.tif", "a b/1.PNG", "zebra/é.png", "zebra/z.jpg", "été/1.png")
            )
        },
    )  # fmt: skip
    (tmp_path / "train/b/notes.txt").write_text("no image")
    theirs = ImageFolder(str(tmp_path / "train"))
    ours = load(tmp_path, FOLDER)
    assert ours.classes == tuple(theirs.classes)
    part = ours.train
    assert isinstance(part, FileImages)
    assert [(part.name(n), label) for n, label in enumerate(labels(part))] == theirs.imgs
    assert (ours.validation, ours.test, ours.notes) == (None, None, ())
    for number in range(len(part)):
        with opened(part, number) as image:
            assert np.array_equal(np.asarray(image), np.asarray(theirs[number][0]))


def test_a_part_that_lacks_a_class_keeps_the_numbers_of_training(tmp_path: Path) -> None:
    files = {f"train/{name}/1.png": 1 for name in ("ant", "bee", "cat")}
    parts = load(tree(tmp_path, files | {"val/cat/1.png": 2, "test/bee/1.png": 3}), FOLDER)
    assert parts.classes == ("ant", "bee", "cat")
    assert labels(parts.validation) == [2]
    assert labels(parts.test) == [1]
    assert parts.notes == (
        "no examples of `ant`, `bee` for validation: its scores leave them out",
        "no examples of `ant`, `cat` for the test: its scores leave them out",
    )
    # What the recipe holds out is drawn from every class that has enough.
    (note,) = load(tmp_path, 'image_folder("pets", validation=none)').notes
    assert "for the test" in note


def test_an_empty_folder_of_a_part_moves_no_number(tmp_path: Path) -> None:
    tree(tmp_path, {"train/ant/1.png": 1, "train/bee/1.png": 2, "val/bee/1.png": 3})
    (tmp_path / "val/ant").mkdir()
    parts = load(tmp_path, FOLDER)
    assert labels(parts.validation) == [1]
    assert parts.notes == ("no examples of `ant` for validation: its scores leave them out",)


def test_a_class_without_training_images_is_told(tmp_path: Path) -> None:
    tree(tmp_path, {"train/bee/1.png": 2, "val/ant/1.png": 3})
    (tmp_path / "train/ant").mkdir()
    parts = load(tmp_path, FOLDER)
    assert parts.classes == ("ant", "bee")
    first, _ = parts.notes
    assert first == "no images to train on in `ant`"


def test_a_class_of_another_part_alone_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, {"train/ant/1.png": 1, "val/ant/1.png": 2, "val/wasp/1.png": 3})
    code, text = refusal(tmp_path, FOLDER)
    assert code == "E0782"
    assert "`val` has a class that the training part lacks: `wasp`" in text


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_the_validation_part_is_found(tmp_path: Path, name: str) -> None:
    parts = load(pictures(tmp_path, ("train", name, "test")), FOLDER)
    assert names(parts.validation, tmp_path)[0].startswith(name)
    assert names(parts.test, tmp_path)[0].startswith("test")


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_named_part_is_found_by_its_other_names(tmp_path: Path, name: str) -> None:
    parts = load(pictures(tmp_path, ("train", name)), 'image_folder("pets", test="val")')
    assert names(parts.test, tmp_path)[0].startswith(name)
    assert parts.validation is None


def test_two_parts_that_may_be_meant(tmp_path: Path) -> None:
    code, text = refusal(pictures(tmp_path, ("train", "val", "valid")), FOLDER)
    assert code == "E0786"
    assert "`val` and `valid`" in text
    parts = load(tmp_path, 'image_folder("pets", validation="valid")')
    assert names(parts.validation, tmp_path)[0].startswith("valid/")


def test_none_leaves_a_part_out(tmp_path: Path) -> None:
    parts = load(
        pictures(tmp_path, ("train", "val", "test")),
        'image_folder("pets", validation=none, test=none)',
    )
    assert (parts.validation, parts.test) == (None, None)


def test_classes_alone_are_the_training_part(tmp_path: Path) -> None:
    tree(tmp_path, {f"{name}/{n}.png": n for name in ("ant", "bee") for n in range(5)})
    parts = load(tmp_path, FOLDER, "validation: 0.2")
    assert parts.classes == ("ant", "bee")
    assert labels(parts.train) == [0] * 4 + [1] * 4
    assert labels(parts.validation) == [0, 1]


def test_a_share_of_training_stands_before_a_part_of_the_data(tmp_path: Path) -> None:
    parts = load(pictures(tmp_path, each=5), FOLDER, "validation: 0.2")
    assert names(parts.validation, tmp_path)[0].startswith("train")
    assert parts.notes == ("`val` is not used: the recipe holds out a share of the training part",)


def test_missing_parts_are_named(tmp_path: Path) -> None:
    code, text = refusal(pictures(tmp_path, ("val",)), FOLDER)
    assert code == "E0781"
    assert "folder `train`" in text
    assert "`val`" in text
    code, text = refusal(tmp_path, 'image_folder("pets", train="photos")')
    assert code == "E0781"
    assert f"part `photos` in `{tmp_path}`; there are `val`" in text


def test_a_path_that_is_too_high_is_refused(tmp_path: Path) -> None:
    """The data set would be the only class of itself."""
    pictures(tmp_path / "pets", ("train", "val"))
    code, text = refusal(tmp_path, FOLDER)
    assert code == "E0786"
    assert "the only one, `pets`, has parts: `train`" in text
    assert f"give the folder below: `{tmp_path / 'pets'}`" in text


def test_parts_in_capitals_are_no_classes(tmp_path: Path) -> None:
    pictures(tmp_path, ("Train", "Val"))
    code, text = refusal(tmp_path, FOLDER)
    assert code == "E0781"
    assert "there are `Train`, `Val`: name the one to train on" in text


def test_pictures_that_are_not_read_are_told(tmp_path: Path) -> None:
    pictures(tmp_path)
    assert not load(tmp_path, 'image_folder("pets")').notes
    for name in ("a.GIF", "b.heic", ".c.gif", "notes.txt"):
        (tmp_path / "train" / "cat" / name).write_bytes(b"")
    (note,) = load(tmp_path, 'image_folder("pets")').notes
    assert note == "2 files are left out, as .gif, .heic is not read: `a.GIF`, ..."


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    pictures(tmp_path)
    for path in ("train/.DS_Store", "train/cat/.DS_Store", "train/cat/._0.jpg"):
        (tmp_path / path).write_bytes(b"\0" * 9)
    tree(tmp_path, {"train/.ipynb_checkpoints/0.png": 1, "train/cat/.thumbs/0.png": 1})
    parts = load(tmp_path, FOLDER)
    assert parts.classes == ("cat", "dog")
    assert len(parts.train) == 6


def test_names_in_two_forms_of_unicode_are_one_class(tmp_path: Path) -> None:
    tree(tmp_path, {"train/caf\u00e9/1.png": 1, "train/tea/1.png": 1, "val/cafe\u0301/1.png": 2})
    parts = load(tmp_path, FOLDER)
    assert parts.classes == ("caf\u00e9", "tea")
    assert labels(parts.validation) == [0]
    tree(tmp_path, {"train/cafe\u0301/1.png": 1})
    assert refusal(tmp_path, FOLDER)[0] == "E0786"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    pictures(tmp_path)
    odd = os.fsdecode(b"train/cat/\xff.png")
    draw(5).save(tmp_path / odd)
    part = load(tmp_path, FOLDER).train
    assert isinstance(part, Images)
    (number,) = [n for n in range(len(part)) if "\\xff" in part.name(n)]
    with opened(part, number) as image:
        assert np.array_equal(np.asarray(image), np.asarray(draw(5)))
    (tmp_path / os.fsdecode(b"train/\xfe")).mkdir()
    code, text = refusal(tmp_path, FOLDER)
    assert code == "E0786"
    assert text.encode()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    elsewhere = tree(tmp_path / "elsewhere", {"1.png": 1, "more/2.png": 2})
    root = pictures(tmp_path / "pets")
    (root / "train/ant").symlink_to(elsewhere)
    (root / "train/cat/link.png").symlink_to(elsewhere / "1.png")
    (root / "train/cat/gone.png").symlink_to(elsewhere / "gone.png")
    (elsewhere / "more/circle").symlink_to(elsewhere)
    parts = load(root, 'image_folder("pets", corrupt=skip)')
    assert parts.classes == ("ant", "cat", "dog")
    assert np.bincount(labels(parts.train)).tolist() == [2, 4, 3]
    note, *_ = parts.notes
    assert "gone.png: No such file" in note


def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path) -> None:
    pictures(tmp_path)
    os.mkfifo(tmp_path / "train/cat/pipe.png")
    (tmp_path / "train/cat/zero.png").symlink_to("/dev/zero")
    parts = load(tmp_path, 'image_folder("pets", corrupt=skip)')
    assert len(parts.train) == 6
    (note,) = parts.notes
    assert note.startswith("2 images are damaged and left out")
    assert note.count("it isn't an ordinary file") == 2


def test_a_part_without_images_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path, ("train",))
    (tmp_path / "val/cat").mkdir(parents=True)
    assert refusal(tmp_path, FOLDER)[0] == "E0786"
    assert refusal(tmp_path, FOLDER, "validation: 0.01")[0] == "E0786"


def test_a_part_can_be_counted_anew(tmp_path: Path) -> None:
    part: Parts = load(pictures(tmp_path), FOLDER)
    train = part.train
    assert isinstance(train, FileImages)
    picked = train.subset(np.array([5, 0]))
    assert [picked.name(0), picked.name(1)] == [train.name(5), train.name(0)]
    assert picked.labels.tolist() == [1, 0]
    assert picked.channels == 3
