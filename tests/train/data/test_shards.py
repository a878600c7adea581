"""Tar shards that WebDataset wrote."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from webdataset import ShardWriter, WebDataset

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.scan import cache_folder
from netlang.backends.torch.data.sets import Images
from netlang.backends.torch.data.sources import shard_index as indexing
from tests.train.data.shards import SHARDS, train, write
from tests.train.data.support import draw, load, refusal


# It leaves files open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_samples_are_those_of_webdataset(tmp_path: Path) -> None:
    write(tmp_path, "train")
    paths = [str(path) for path in sorted(tmp_path.glob("*.tar"))]
    assert len(paths) == 3
    theirs = list(WebDataset(paths, shardshuffle=False))
    part = train(load(tmp_path, SHARDS))
    assert len(part) == len(theirs) == 7
    for number, sample in enumerate(theirs):
        (ending,) = {"png", "jpg", "webp"} & sample.keys()
        assert part.content(number) == sample[ending]
        assert part.labels[number] == int(sample["cls"])
        assert part.name(number).endswith(f".tar: {sample['__key__']}")
    with opened(part, 3) as image:
        assert np.array_equal(np.asarray(image), np.asarray(draw(3)))


def test_parts_by_the_names_of_shards_or_folders(tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        write(tmp_path / "named", f"imagenet1k-{name}")
        write(tmp_path / "folders" / name, "part")
    for place in ("named", "folders"):
        parts = load(tmp_path / place, SHARDS)
        for name, part in (("train", parts.train), ("val", parts.validation), ("test", parts.test)):
            assert isinstance(part, Images)
            assert len(part) == 7
            assert name in part.name(0)


def test_shards_with_numbers_alone_are_the_training_part(tmp_path: Path) -> None:
    write(tmp_path, "x")
    for path in tmp_path.glob("*.tar"):
        path.rename(tmp_path / path.name.removeprefix("x-"))
    parts = load(tmp_path, SHARDS, "validation: 0.4")
    assert parts.validation is not None
    assert (len(parts.train), len(parts.validation)) == (4, 3)


def test_names_of_classes(tmp_path: Path) -> None:
    write(tmp_path, "train")
    assert load(tmp_path, SHARDS).classes == ("0", "1", "2")
    (tmp_path / "classes.txt").write_text("cat\ndog\nowl\nrat\n")
    assert load(tmp_path, SHARDS).classes == ("cat", "dog", "owl", "rat")
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    assert refusal(tmp_path, SHARDS)[0] == "E0782"


def test_labels_in_json(tmp_path: Path) -> None:
    content = io.BytesIO()
    draw(1).save(content, "PNG")
    for key, label in (("a", "owl"), ("b", "cat")):
        with ShardWriter(str(tmp_path / f"train-{key}%d.tar"), verbose=0) as writer:
            writer.write({"__key__": key, "png": content.getvalue(), "json": {"label": label}})
    (tmp_path / "train").mkdir()
    for path in tmp_path.glob("*.tar"):
        path.rename(tmp_path / "train" / path.name)
    parts = load(tmp_path, SHARDS)
    assert parts.classes == ("cat", "owl")
    assert train(parts).labels.tolist() == [1, 0]


def test_a_label_that_training_lacks(tmp_path: Path) -> None:
    write(tmp_path, "train", count=2)
    write(tmp_path, "val", count=3)
    code, text = refusal(tmp_path, SHARDS)
    assert code == "E0782"
    assert "`2`" in text


def test_the_index_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "train")
    expected = train(load(tmp_path, SHARDS))
    read: list[Path] = []
    made = indexing._read_index

    def counted(path: Path) -> indexing.ShardIndex:
        read.append(path)
        return made(path)

    monkeypatch.setattr(indexing, "_read_index", counted)
    again = train(load(tmp_path, SHARDS))
    assert read == []
    assert [again.name(n) for n in range(7)] == [expected.name(n) for n in range(7)]
    assert [again.content(n) for n in range(7)] == [expected.content(n) for n in range(7)]
    assert again.labels.tolist() == expected.labels.tolist()
    for file in cache_folder().glob("shard-*"):
        file.write_bytes(b"nonsense")
    load(tmp_path, SHARDS)
    assert len(read) == 3
    write(tmp_path, "train", count=2)
    assert len(train(load(tmp_path, SHARDS))) == 6
    assert len(read) == 4


def test_subsets(tmp_path: Path) -> None:
    part = train(load(write(tmp_path, "train"), SHARDS))
    picked = part.subset(np.array([6, 2]))
    assert [picked.name(0), picked.name(1)] == [part.name(6), part.name(2)]
    assert picked.content(1) == part.content(2)
    assert picked.labels.tolist() == [0, 2]


def test_damaged_images_are_named_and_skipped(tmp_path: Path) -> None:
    with ShardWriter(str(tmp_path / "train-%d.tar"), verbose=0) as writer:
        for key, content in (("good", None), ("bad", b"nonsense"), ("fine", None)):
            image = io.BytesIO()
            draw(1).save(image, "PNG")
            writer.write({"__key__": key, "png": content or image.getvalue(), "cls": 0})
    parts = load(tmp_path, 'shards("pets", corrupt=skip)')
    assert len(parts.train) == 2
    (note,) = parts.notes
    assert "train-0.tar: bad: it isn't an image" in note


def test_a_shard_that_was_cut_after_it_was_indexed(tmp_path: Path) -> None:
    part = train(load(write(tmp_path, "train", count=3), SHARDS))
    path = next(tmp_path.glob("*.tar"))
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(OSError, match="ends before it"):
        part.content(2)


def test_what_is_there_instead_is_said(tmp_path: Path) -> None:
    code, text = refusal(tmp_path, SHARDS)
    assert code == "E0781"
    assert "no files *.tar" in text
    (tmp_path / "train-0.tar.gz").write_bytes(b"")
    assert "can't be read at any place: unpack" in refusal(tmp_path, SHARDS)[1]
    write(tmp_path, "val")
    code, text = refusal(tmp_path, SHARDS)
    assert code == "E0781"
