"""Files in revisions of git: which text they have, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import netlang
from netlang.modules import revisions
from netlang.modules.files import bundled_folder
from netlang.syntax.limits import MAX_CHARACTERS

NET = """\
from parts.part import width

net a(classes=2) {
    input x: [4]
    linear(width * classes)
}
"""

# A file of the library that imports another one.
BUNDLED = """\
from convnext_v2 import unit

net b {
    input x: [8, 7, 7]
    unit(linear_maps=false)
}
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits, and a folder that has changed since."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "specs" / "parts").mkdir(parents=True)
    spec, part = folder / "specs/a.net", folder / "specs/parts/part.net"
    git(folder, "init", "-q", "-b", "trunk")
    spec.write_text(NET, encoding="utf-8")
    part.write_text("width = 3\n", encoding="utf-8")
    (folder / "specs/bundled.net").write_text(BUNDLED, encoding="utf-8")
    (folder / "specs/link.net").symlink_to("a.net")
    (folder / "specs/large.net").write_text("#" * (MAX_CHARACTERS + 1), encoding="utf-8")
    (folder / "specs/wrong.net").write_text("net a {\n    relux\n}\n", encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "branch", "some/branch")
    part.write_text("width = 5\n", encoding="utf-8")
    git(folder, "commit", "-q", "-a", "-m", "second")
    part.write_text("width = 7\n", encoding="utf-8")
    return folder


@pytest.fixture
def specs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(repository / "specs")
    return repository / "specs"


@pytest.mark.parametrize(
    ("spec", "outputs"),
    [
        ("a.net", 14),
        ("a.net@HEAD", 10),
        ("a.net@HEAD~1", 6),
        ("a.net@some/branch", 6),
        ("a.net@trunk:a", 10),
        ("a.net@HEAD~1:a(classes=1)", 3),
        ("./a.net@HEAD^", 6),
    ],
)
def test_imports_are_of_the_revision_too(specs: Path, spec: str, outputs: int) -> None:
    assert netlang.load(spec).params == 4 * outputs + outputs
    assert netlang.load(str(specs / spec)).params == 4 * outputs + outputs


def test_files_of_the_library_are_of_no_revision(
    specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they are: a virtual environment may be in the folder of a spec."""
    assert netlang.load("bundled.net@HEAD").params == netlang.load("bundled.net").params
    library = specs / ".venv"
    monkeypatch.setattr(revisions, "bundled_folder", lambda: library)
    library.mkdir()
    shutil.copy(bundled_folder() / "convnext.net", library)
    stored = revisions.Revision(specs / "bundled.net", "HEAD")
    assert stored.has(library / "convnext.net")
    assert not stored.has(specs / "convnext.net")
    assert stored.read(library / "convnext.net").text


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("a.net@absent", "E0025"),
        ("a.net@--output=x", "E0025"),
        ("a.net@HEAD:b", "E0007"),
        ("b.net@HEAD", "E0026"),
        ("parts@HEAD", "E0006"),
        ("link.net@HEAD", "E0026"),
        ("large.net@HEAD", "E0018"),
        ("../../a.net@HEAD", "E0025"),
        ("wrong.net@HEAD", "wrong.net@HEAD:1:5"),
    ],
)
def test_what_a_revision_lacks_is_refused(specs: Path, spec: str, code: str) -> None:
    with pytest.raises(netlang.NetlangError, match=code):
        netlang.load(spec)
    assert not (specs / "x").exists()


def test_a_file_that_is_gone_is_found_in_its_revision(specs: Path) -> None:
    (specs / "new").mkdir()
    (specs / "new" / "c.net").write_text("net c {\n    input x: [2]\n    linear(2)\n}\n")
    git(specs, "add", "new")
    git(specs, "commit", "-q", "-m", "third", "--", "new")
    git(specs, "rm", "-q", "-r", "new")
    assert netlang.load("new/c.net@HEAD").params == 6


def test_without_git(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(specs))
    with pytest.raises(netlang.NetlangError, match="E0024"):
        netlang.load("a.net@HEAD")


def test_what_a_partial_clone_lacks_is_never_fetched(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even by a git that doesn't know the variable against it: fetching may run a command."""
    copy = tmp_path / "copy"
    shutil.copytree(repository, copy, symlinks=True)
    for name in ("HEAD~1:specs/a.net", "HEAD~1:specs/parts"):
        asked = ["git", "rev-parse", name]
        told = subprocess.run(asked, cwd=copy, check=True, capture_output=True, text=True)
        (copy / ".git/objects" / told.stdout[:2] / told.stdout[2:].strip()).unlink()
    fetch = f"touch {tmp_path}/fetched; false"
    settings = {"url": str(repository), "promisor": "true", "uploadpack": fetch}
    git(copy, "config", "core.repositoryformatversion", "1")
    git(copy, "config", "extensions.partialclone", "origin")
    for key, value in settings.items():
        git(copy, "config", f"remote.origin.{key}", value)
    monkeypatch.chdir(copy / "specs")
    monkeypatch.setitem(revisions._ENVIRONMENT, "GIT_NO_LAZY_FETCH", "0")
    for spec in ("a.net@HEAD~1", "parts/part.net@HEAD~1"):
        with pytest.raises(netlang.NetlangError, match="E0026"):
            netlang.load(spec)
    assert not (tmp_path / "fetched").exists()
