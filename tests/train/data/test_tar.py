"""Tar files of any kind in the place of shards, some that nobody should have written."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from netlang.backends.torch.data.sources.tar import members
from tests.train.data.shards import SHARDS, png, tar, train, write
from tests.train.data.support import load, refusal


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
    "a size that isn't a number": with_size(header(tarfile.XHDTYPE), b"00000000013")
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
