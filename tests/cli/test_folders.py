"""Folders as arguments of `check` and `fmt`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import GOOD, WRONG, Runner

WARNED = "net w {\n    input image: [3, 8, 8]\n    conv(4, 1x1)\n    linear(2)\n}\n"


@pytest.fixture
def tree(run: Runner, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A folder `nets` with files, a folder inside, and links that leave it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.net").write_text("secret\n")
    nets = run.folder / "nets"
    (nets / "deep").mkdir(parents=True)
    (nets / ".hidden").mkdir()
    (nets / "good.net").write_text(GOOD)
    (nets / "deep" / "warned.net").write_text(WARNED)
    (nets / ".hidden" / "wrong.net").write_text(WRONG)
    (nets / "words.txt").write_text("no spec")
    (nets / "out.net").symlink_to(outside / "secret.net")
    (nets / "outside").symlink_to(outside)
    (nets / "again").symlink_to(nets)
    return run


def test_check(tree: Runner) -> None:
    result = tree("check", "nets")
    assert result.status == 0
    assert [line.split(" ")[:2] for line in result.out.splitlines()] == [
        ["nets/deep/warned.net:", "w:"],
        ["nets/good.net:", "tiny:"],
        ["checked", "2"],
    ]
    assert result.out.endswith("checked 2 files: 0 with errors, 1 with warnings\n")
    assert result.err.startswith("warning[W0201]")
    (tree.folder / "nets" / "b.net").write_text(WRONG)
    result = tree("check", "nets", "good.net")
    assert result.status == 1
    assert result.out.endswith("checked 4 files: 1 with errors, 1 with warnings\n")


def test_check_in_documents(tree: Runner) -> None:
    result = tree("check", "nets", "--strict", "--format", "json")
    assert result.status == 1
    (found,) = json.loads(result.out)["diagnostics"]
    assert (found["file"], found["severity"]) == ("nets/deep/warned.net", "error")


def test_fmt(tree: Runner) -> None:
    untidy = tree.folder / "nets" / "deep" / "untidy.net"
    untidy.write_text(GOOD.replace("    ", "  "))
    result = tree("fmt", "--check", "nets")
    assert result.status == 1
    assert result.out == "nets/deep/untidy.net\n"
    assert result.err == "looked at 3 files: 1 would change\n"
    result = tree("fmt", "nets")
    assert result.status == 0
    assert result.out == "formatted nets/deep/untidy.net\n"
    assert result.err == "looked at 3 files: 1 changed\n"
    assert untidy.read_text() == GOOD


@pytest.mark.parametrize("verb", ["check", "fmt"])
def test_nothing_in_it(run: Runner, verb: str) -> None:
    (run.folder / "empty").mkdir()
    result = run(verb, "empty")
    assert result.status == 1
    assert result.err == (
        "error[E0002]: `empty` is a directory\n  = help: no `.net` file is under it\n"
    )


def test_the_folder_itself_may_be_a_link(tree: Runner) -> None:
    Path(tree.folder / "link").symlink_to(tree.folder / "nets")
    assert "checked 2 files" in tree("check", "link").out


def test_what_a_run_copied_is_left_out(tree: Runner) -> None:
    """The specs of a run are copies; other folders called `spec` are looked at."""
    before = tree("check", "nets").out
    run = tree.folder / "nets" / "runs" / "first"
    (run / "spec").mkdir(parents=True)
    (run / "spec" / "good.net").write_text(GOOD)
    assert "runs/first/spec/good.net" in tree("check", "nets").out
    (run / "run.json").write_text("{}")
    assert tree("check", "nets").out == before


@pytest.mark.parametrize("verb", ["summary", "explain", "expand", "train"])
def test_a_folder_where_a_spec_is_wanted(tree: Runner, verb: str) -> None:
    more = ("1",) if verb == "explain" else ()
    said = tree.refused(verb, "nets", *more)
    assert said.startswith(
        "error[E0002]: `nets` is a directory\n  = help: name a file in it: `nets/"
    )


@pytest.mark.parametrize("verb", ["check", "fmt"])
def test_no_name_is_not_the_folder_that_one_is_in(run: Runner, verb: str) -> None:
    """As of a variable of a shell that isn't set: every file below would be laid out anew."""
    Path("a.net").write_text("net a { input x: [3]; relu }\n", encoding="utf-8")
    assert run.refused(verb, "").startswith("error[")
    assert Path("a.net").read_text(encoding="utf-8") == "net a { input x: [3]; relu }\n"
