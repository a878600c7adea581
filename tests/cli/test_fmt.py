"""`netlang fmt`: what it writes, what it only reports, and what it leaves alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.support import GOOD, Runner

LOOSE = "net  tiny { input x : [4]\n  linear( 2 ) }  # small"
NEAT = "net tiny {\n    input x: [4]\n    linear(2)\n}  # small\n"


@pytest.fixture
def loose(run: Runner) -> Path:
    path = run.folder / "loose.net"
    path.write_text(LOOSE)
    return path


def test_files_are_written_and_named(run: Runner, loose: Path) -> None:
    result = run("fmt", "loose.net", "good.net")
    assert (result.status, result.out, result.err) == (0, "formatted loose.net\n", "")
    assert loose.read_text() == NEAT
    assert run("fmt", "loose.net").out == ""


def test_check_lists_and_writes_nothing(run: Runner, loose: Path) -> None:
    result = run("fmt", "--check", "good.net", "loose.net")
    assert (result.status, result.out, result.err) == (1, "loose.net\n", "")
    assert loose.read_text() == LOOSE
    assert run("fmt", "--check", "good.net").status == 0


def test_diff_is_a_patch_and_writes_nothing(run: Runner, loose: Path) -> None:
    result = run("fmt", "--diff", "loose.net")
    assert result.status == 0
    assert result.out.startswith("--- loose.net\n+++ loose.net\n@@ -1,2 +1,4 @@\n")
    assert "\\ No newline at end of file\n+net tiny {\n" in result.out
    assert loose.read_text() == LOOSE
    assert run("fmt", "--diff", "--check", "loose.net").status == 1
    assert run("fmt", "--diff", "good.net").out == ""


def test_a_patch_can_be_applied(run: Runner, loose: Path) -> None:
    patch = run("fmt", "--diff", "loose.net").out
    subprocess.run(["patch", "-s"], input=patch, text=True, check=True, cwd=run.folder)
    assert loose.read_text() == NEAT


@pytest.mark.parametrize(
    ("options", "status", "out"),
    [((), 0, NEAT), (("--check",), 1, "<stdin>\n"), (("--check", "--diff"), 1, None)],
)
def test_standard_input(
    run: Runner,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    status: int,
    out: str | None,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOOSE.encode())))
    result = run("fmt", *options, "-")
    assert result.status == status
    assert result.out == out if out is not None else result.out.startswith("--- <stdin>\n")


def test_standard_input_in_error(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, code in ((b"net a {", "E0102"), (b"# \xff", "E0003")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        error = run.refused("fmt", "-")
        assert code in error
        assert "<stdin>" in error


class _Endless:
    """A pipe into which somebody writes for ever."""

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "this never ends"
        return b"\n" * size


def test_standard_input_without_an_end(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=_Endless()))
    said = run.refused("fmt", "-")
    assert said.startswith("error[E0018]: `<stdin>` has more than 16 MiB")


def test_standard_output_is_utf_8_whatever_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "netlang", "fmt", "-"],
        input="k=1 # \u00d7\n".encode(),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.stdout.decode() == "k = 1  # \u00d7\n"


def test_a_file_in_error_stays_and_others_are_written(run: Runner, loose: Path) -> None:
    broken = run.folder / "broken.net"
    broken.write_text("net a {\n")
    result = run("fmt", "broken.net", "absent.net", "loose.net")
    assert result.status == 1
    assert "E0102" in result.err
    assert "E0001" in result.err
    assert broken.read_text() == "net a {\n"
    assert loose.read_text() == NEAT


def test_a_net_in_error_is_laid_out_all_the_same(run: Runner) -> None:
    assert run("fmt", "--check", "wrong.net").status == 0


def test_line_ends_are_part_of_the_layout(run: Runner) -> None:
    path = run.folder / "good.net"
    path.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert run("fmt", "--check", "good.net").status == 1
    assert run("fmt", "good.net").status == 0
    assert path.read_bytes() == GOOD.encode()


def test_the_mode_and_a_link_stay(run: Runner, loose: Path) -> None:
    loose.chmod(0o640)
    link = run.folder / "link.net"
    link.symlink_to(loose.name)
    assert run("fmt", "link.net").status == 0
    assert link.is_symlink()
    assert loose.read_text() == NEAT
    assert loose.stat().st_mode & 0o777 == 0o640
    assert not [path for path in run.folder.iterdir() if path.name.startswith(".")]


def test_a_write_that_fails_is_a_diagnostic(
    run: Runner, loose: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert "can't write `loose.net`: Permission denied" in run.refused("fmt", "loose.net")
    assert loose.read_text() == LOOSE
