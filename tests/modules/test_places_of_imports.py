"""Imports reach their own folder and those below it, however a path is written and links lead."""

from __future__ import annotations

import os
import posixpath
from itertools import product
from pathlib import Path
from random import Random

import pytest

from netlang.diagnostics.edits import apply_edits
from netlang.source import Source
from netlang.syntax.lalr import load_tables
from tests.cli.support import Runner
from tests.support import check_source

SECRET = "root:x:0:0\n"
UNIT = "block unit { relu }\n"
TEXT = "from {} import unit\n\nnet n {{\n    input x: [3]\n    unit\n}}\n"

BEGINNINGS = (
    "", "./", "././", ".", ".\\", "below/", "below\\", "below.", "./below/", "below/../", "../",
    "../../", "..", "...", "..\\", "./../", "below/../../", "/", "~/", "C:\\", "file:",
    "\\\\host\\", "below//", "below///", "//", "$HOME/", "${HOME}/", "below/$X/",
    "%APPDATA%\\", "%X%/",
)  # fmt: skip
ENDS = ("unit", "below/unit", "below.unit", "below\\unit")
QUOTES = ("", '"', "'", "`")


def _place(path: str) -> str | None:
    """The file that a path names from its folder, as the system would say; None if elsewhere."""
    if path.startswith(".") and path[1:2] not in (".", "/", "\\"):
        path = path[1:]  # as in Python
    parts = path.replace("\\", "/")
    if set(":$%") & set(parts) or parts.startswith(("/", "~", "..")) or ".." in parts.split("/"):
        return None
    return posixpath.normpath(parts.replace(".unit", "/unit").replace("below.", "below/"))


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    """A folder with units in it, below it and above it; the last are a secret."""
    folder = tmp_path / "inner"
    for name in ("inner/unit", "inner/below/unit", "inner/below/below/unit"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / f"{name}.net").write_text(UNIT, encoding="utf-8")
    (tmp_path / "unit.net").write_text(SECRET, encoding="utf-8")
    return folder


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("suffix", ["", ".net"])
def test_a_path_becomes_a_name_or_is_refused(suffix: str, quote: str, inner: Path) -> None:
    """Its fix names the file that it names, and where it leads elsewhere, there is none."""
    for beginning, end in product(BEGINNINGS, ENDS):
        path = f"{beginning}{end}"
        text, place = TEXT.format(f"{quote}{path}{suffix}{quote}"), _place(path)
        found = check_source(Source("n.net", text), inner)
        said = "".join(f"{each.message} {each.help_text}" for each in found)
        assert SECRET.strip() not in said
        if place is None:
            (error,) = found
            assert error.fix is None, text
            assert "from its own folder" in said, text
        elif found:
            (error,) = found
            assert error.fix is not None, text
            text = apply_edits(text, error.fix.edits)
            assert text.startswith(f"from {place.replace('/', '.')} import"), (path, text)
            assert (inner / f"{place}.net").exists()
            assert not check_source(Source("n.net", text), inner), text
        else:
            assert text.startswith(f"from {place.replace('/', '.')} import"), path


@pytest.mark.parametrize("quote", QUOTES[1:])
@pytest.mark.parametrize("word", [*sorted(load_tables().words.keywords), "None", "True", "\u00e9"])
def test_a_file_that_is_called_like_a_word_is_imported_or_told(
    word: str, quote: str, inner: Path
) -> None:
    """A word of the language may be a name behind a dot, and some may be one alone."""
    for path in (word, f"below/{word}", f"{word}/unit"):
        (inner / f"{path}.net").parent.mkdir(exist_ok=True)
        (inner / f"{path}.net").write_text(UNIT, encoding="utf-8")
        text = TEXT.format(f"{quote}{path}{quote}")
        (error,) = check_source(Source("n.net", text), inner)
        if error.fix is not None:
            assert not check_source(Source("n.net", apply_edits(text, error.fix.edits)), inner)
        else:
            name = path.replace("/", ".")
            assert f"another name: `from {name}` can't be read" in str(error.help_text)
            found = check_source(Source("n.net", TEXT.format(name)), inner)
            assert found, path  # it can't, indeed


FOLDERS = ("in", "in/sub", "in/sub/deep", "in-other", "out", "out/sub")
NAMES = ("a", "b", "sub", "deep")


def _planted(top: Path, draw: Random) -> None:
    """Files and links of every kind: to files and folders, up, across, absolute, of links."""
    for folder in FOLDERS:
        (top / folder).mkdir(parents=True)
    for folder in FOLDERS:
        for name in NAMES:
            path = top / folder / f"{name}.net"
            kind = draw.randrange(4)
            if kind == 0:
                path.write_text(UNIT if folder.split("/")[0] == "in" else SECRET, encoding="utf-8")
            elif kind == 1:
                other = top / draw.choice(FOLDERS) / f"{draw.choice(NAMES)}.net"
                _link(path, other, draw)
        if draw.random() < 0.5:
            _link(top / folder / draw.choice("ab"), top / draw.choice((*FOLDERS, ".")), draw)


def _link(path: Path, target: Path, draw: Random) -> None:
    relative = os.path.relpath(target, path.parent)
    path.symlink_to(target if draw.random() < 0.3 else relative)


@pytest.mark.parametrize("seed", range(25))
def test_links_lead_where_the_system_says(seed: int, tmp_path: Path) -> None:
    """Whatever the links are, a file is read just if it really lies in the folder."""
    _planted(tmp_path, Random(seed))
    own = tmp_path / "in"
    whole = [("x", own)]
    if Random(seed).random() < 0.5:
        (tmp_path / "other").symlink_to("in")  # the folder may be called by a link
        whole.append(("by a link", tmp_path / "other"))
    tried = set()
    for parts in (p for count in (1, 2, 3) for p in product(NAMES, repeat=count)):
        path = own.joinpath(*parts).with_suffix(".net")
        expected = "E0212"
        if os.path.isfile(path):
            inside = os.path.realpath(path).startswith(f"{os.path.realpath(own)}/")
            expected = "" if inside else "E0017"
        for name, folder in whole:
            found = check_source(Source("x.net", TEXT.format(".".join(parts))), folder)
            assert [each.code for each in found] == [expected][: len(expected)], (name, parts)
            assert SECRET.strip() not in str(found)
        tried.add(expected)
    assert "E0212" in tried


RECIPE = """
train t {
    model: n()
    data: digits
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 8
    steps: 1
}
"""
VERBS = (
    "check @", "summary @", "explain @", "expand @", "draw @ -o x.dot", "compile @ -o x.py",
    "verify @", "diff @ @", "bench @", "train @", "eval @ --weights w", "predict @ --weights w x",
    "look @ --weights w", "search @", "doctor @", "soup @ --weights w --weights v -o u",
    "migrate @ @ --weights w -o u",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_stays_in_the_folder(verb: str, run: Runner) -> None:
    (run.folder / "in").mkdir()
    (run.folder / "secret.net").write_text(SECRET, encoding="utf-8")
    (run.folder / "in" / "link.net").symlink_to("../secret.net")
    for path, code in (("link", "E0017"), ("../secret", "E0101"), ('"/etc/hostname"', "E0101")):
        (run.folder / "in" / "x.net").write_text(TEXT.format(path) + RECIPE, encoding="utf-8")
        said = run.refused(*verb.replace("@", "in/x.net").split())
        assert f"error[{code}]" in said
        assert SECRET.strip() not in said
