"""Where written files go: through links, and without waiting for the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.support import Runner

SUFFIXES = [".py", ".onnx", ".dot"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("there", [True, False], ids=["replaced", "new"])
def test_a_link_is_written_through(run: Runner, suffix: str, there: bool) -> None:
    folder, link = Path("elsewhere"), Path(f"latest{suffix}")
    folder.mkdir()
    target = folder / f"model{suffix}"
    if there:
        target.write_text("old")
    link.symlink_to(target)
    result = run("compile", "good.net", "-o", str(link))
    assert result.status == 0
    assert str(target.resolve()) in result.out
    assert link.is_symlink()
    assert os.readlink(link) == str(target)
    assert target.stat().st_size > 100
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_links_in_a_circle(run: Runner, suffix: str) -> None:
    one, other = Path(f"one{suffix}"), Path(f"other{suffix}")
    one.symlink_to(other)
    other.symlink_to(one)
    text = run.refused("compile", "good.net", "-o", str(one))
    assert os.strerror(40) in text
    assert one.is_symlink()
    assert other.is_symlink()


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".svg"])
def test_nothing_waits_for_the_disk(
    run: Runner, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """What a command can write again need not survive a power cut; a checkpoint must."""

    def refused(descriptor: int) -> None:
        raise AssertionError("flushed")

    monkeypatch.setattr(os, "fsync", refused)
    assert run("compile", "good.net", "-o", f"model{suffix}").status == 0
