"""Tar shards that WebDataset wrote, and some that nobody should have written."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from webdataset import ShardWriter, WebDataset

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.scan import cache_folder
from netlang.backends.torch.data.sets import Images, Parts
from netlang.backends.torch.data.sources import shard_index as indexing
from netlang.backends.torch.data.sources.shards import ShardImages
from netlang.backends.torch.data.sources.tar import members
from tests.train.data.support import draw, load, refusal

SHARDS = 'shards("pets")'


def write(root: Path, part: str, count: int = 7, most: int = 3, **more: object) -> Path:
    """Shards as WebDataset writes them: drawn pictures of three classes in three formats."""
    root.mkdir(parents=True, exist_ok=True)
    with ShardWriter(str(root / f"{part}-%06d.tar"), maxcount=most, verbose=0) as writer:
        for number in range(count):
            ending = ("png", "jpg", "webp")[number % 3]
            content = io.BytesIO()
            draw(number).save(content, {"jpg": "JPEG"}.get(ending, ending))
            sample = {"__key__": f"a.b/sample{number:04d}", ending: content.getvalue()}
            writer.write(sample | {"cls": number % 3} | more)
    return root


def train(parts: Parts) -> ShardImages:
    assert isinstance(parts.train, ShardImages)
    return parts.train


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


def tar(path: Path, files: Mapping[str, bytes], format: int = tarfile.USTAR_FORMAT) -> Path:
    with tarfile.open(path, "w", format=format) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def png(seed: int = 1) -> bytes:
    content = io.BytesIO()
    draw(seed).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_those_of_tarfile(tmp_path: Path, format: int) -> None:
    long = "/".join(["deep" * 10] * 2 + ["x" * 60])
    names = ["a.png", "b/c.jpg", f"{long}.png", "empty.cls"]
    if format != tarfile.USTAR_FORMAT:
        names += ["é" * 90 + ".png", "y" * 300 + ".png"]
    contents = {name: name.encode() * 40 if "cls" not in name else b"" for name in names}
    path = tar(tmp_path / "x.tar", contents, format)
    with tarfile.open(path) as archive:
        expected = [(each.name, each.offset_data, each.size) for each in archive]
    with path.open("rb") as file:
        assert [(each.name, each.offset, each.size) for each in members(file)] == expected


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "train-0.tar", "w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("a.png")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        for name, content in (("a.png", png()), ("a.cls", b"0"), ("__meta__", b"x")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert len(load(tmp_path, SHARDS).train) == 1


def test_names_that_lead_elsewhere_lead_nowhere(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for name in ("/etc/passwd", "../../escaped", "a/../../b"):
        files |= {f"{name}.png": png(), f"{name}.cls": b"0"}
    (tmp_path / "pets").mkdir()
    tar(tmp_path / "pets/train-0.tar", files)
    before = sorted(tmp_path.rglob("*"))
    part = train(load(tmp_path / "pets", SHARDS))
    assert [part.content(number) for number in range(len(part))] == [png()] * len(part)
    assert sorted(tmp_path.rglob("*")) == before


def test_pickles_in_shards_are_not_read(tmp_path: Path) -> None:
    harmful = b"cos\nsystem\n(S'touch sprung'\ntR."
    tar(tmp_path / "train-0.tar", {"a.png": png(), "a.pyd": harmful, "a.cls": b"0"})
    assert len(load(tmp_path, SHARDS).train) == 1
    tar(tmp_path / "train-0.tar", {"a.png": png(), "a.pyd": harmful, "a.pickle": harmful})
    code, text = refusal(tmp_path, SHARDS)
    assert code == "E0784"
    assert "`a` has no label" in text


@pytest.mark.parametrize(
    "label",
    [b"\xff", b"{", b'["a"]', b'{"label": true}', b'{"label": [1]}', b"[" * 100_000, b" " * 2**21],
)
def test_labels_that_cant_be_read(tmp_path: Path, label: bytes) -> None:
    tar(tmp_path / "train-0.tar", {"a.png": png(), "a.json": label})
    assert refusal(tmp_path, SHARDS)[0] == "E0784"


def test_a_label_of_many_digits(tmp_path: Path) -> None:
    tar(tmp_path / "train-0.tar", {"a.png": png(), "a.cls": b"1" * 400})
    assert refusal(tmp_path, SHARDS)[0] == "E0786"


def test_two_files_of_one_name(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "train-0.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("a.png"))
    code, text = refusal(tmp_path, SHARDS)
    assert code == "E0784"
    assert "duplicate" in text


def with_size(header: bytes, size: bytes) -> bytes:
    """A header whose size is another, with the right checksum."""
    changed = header[:124] + size.ljust(12, b"\0") + header[136:148] + b" " * 8 + header[156:]
    return changed[:148] + b"%06o\0 " % sum(changed) + changed[156:]


def header(kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo("a.png")
    member.type = kind
    return member.tobuf(tarfile.USTAR_FORMAT)


HOSTILE = {
    "empty": b"",
    "nonsense": b"nonsense" * 200,
    "a size beyond the end": with_size(header(), b"77777777777") + bytes(1024),
    "a size of 64 bits": with_size(header(), b"\x80" + b"\0" * 3 + b"\x7f" * 8) + bytes(1024),
    "a negative size": with_size(header(), b"\xff" * 12) + bytes(1024),
    "an endless name": with_size(header(tarfile.GNUTYPE_LONGNAME), b"77777777777") + bytes(1024),
    "a long name": with_size(header(tarfile.GNUTYPE_LONGNAME), b"00001000000") + bytes(1 << 19),
    "no records": with_size(header(tarfile.XHDTYPE), b"00000000012")
    + b"nonsense".ljust(2048, b"\0"),
    "a short record": with_size(header(tarfile.XHDTYPE), b"00000000012")
    + b"1 path=aaa".ljust(2048, b"\0"),
    "a record beyond the end": with_size(header(tarfile.XHDTYPE), b"00000000012")
    + b"9999 size=".ljust(2048, b"\0"),
    "a size that is no number": with_size(header(tarfile.XHDTYPE), b"00000000013")
    + b"11 size=-5\n".ljust(2048, b"\0"),
    "holes": with_size(header(tarfile.GNUTYPE_SPARSE), b"0") + bytes(1024),
    "no end": header(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_shards(tmp_path: Path, kind: str) -> None:
    (tmp_path / "train-0.tar").write_bytes(HOSTILE[kind])
    assert refusal(tmp_path, SHARDS)[0] == "E0784"


def test_any_cut_is_noticed(tmp_path: Path) -> None:
    path = next(write(tmp_path, "train", count=3).glob("*.tar"))
    whole = path.read_bytes().rstrip(b"\0")
    for length in np.random.default_rng(1).integers(0, len(whole), 40).tolist():
        path.write_bytes(whole[:length])
        assert refusal(tmp_path, SHARDS)[0] == "E0784"


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
