"""A file is replaced whole or not at all, and nothing is left beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netlang.atomic import (
    discard_unfinished,
    end_of_links,
    replace_file,
    replacing,
    require_place,
)


def test_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_inside_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("old")
    seen: list[str] = []

    def stops_half_way() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half of")
            seen.append(path.read_text())
            raise KeyError

    with pytest.raises(KeyError):
        stops_half_way()
    assert seen == ["old"]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_can_be_discarded(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.touch()
    with replacing(path) as temporary:
        unfinished = temporary.with_name(temporary.name.replace("model", "other"))
        unfinished.touch()
        (tmp_path / "below").mkdir()
        (tmp_path / "below" / unfinished.name).touch()
        (tmp_path / ".mine.tmp").touch()
    discard_unfinished(tmp_path)
    kept = sorted(each.name for each in tmp_path.rglob("*"))
    assert kept == [".mine.tmp", "below", "model.py"]


def test_a_refused_rename_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        replace_file(tmp_path / "folder", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_permissions_are_those_of_a_new_file_or_those_given(tmp_path: Path) -> None:
    plain, own = tmp_path / "plain", tmp_path / "own"
    plain.touch()
    with replacing(own) as temporary:
        temporary.chmod(0o600)  # as a library may leave it
    assert own.stat().st_mode == plain.stat().st_mode
    replace_file(own, b"", 0o640)
    assert own.stat().st_mode & 0o7777 == 0o640


def test_content_is_on_the_disk_before_it_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    flush, rename = os.fsync, os.replace

    def flushed(descriptor: int) -> None:
        flush(descriptor)
        done.append("flush")

    def renamed(source: Path, target: Path) -> None:
        rename(source, target)
        done.append("rename")

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", renamed)
    replace_file(tmp_path / "model.py", b"new")
    assert done[:2] == ["flush", "rename"]


def test_a_link_is_replaced_itself(tmp_path: Path) -> None:
    """What it leads to may be anything: who wants that written asks for its end."""
    end, link = tmp_path / "end", tmp_path / "link"
    end.write_text("old")
    link.symlink_to(end)
    replace_file(link, b"new")
    assert end.read_text() == "old"
    assert link.read_bytes() == b"new"
    link.unlink()
    link.symlink_to(end)
    replace_file(end_of_links(link), b"new")
    assert end.read_bytes() == b"new"
    assert link.is_symlink()


@pytest.mark.parametrize("linked", [True, False])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, *, linked: bool) -> None:
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if linked:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    for work in (require_place, lambda each: replace_file(end_of_links(each), b"new")):
        with pytest.raises(OSError, match="it is a named pipe"):
            work(path)
    assert pipe.is_fifo()
    assert {each.name for each in tmp_path.iterdir()} <= {"pipe", "link"}
