"""Files as they were in a revision of git: ``file.net@HEAD~1``.

git is asked for the revision, then for each file, imports included; nothing is checked out, and no
filter, hook or pager of the repository runs. Links are refused.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import GitMissing, NotInRevision, RevisionUnknown
from netlang.modules.files import bundled_folder, of_content, too_large
from netlang.modules.storage import DISK, Storage
from netlang.source import Source
from netlang.syntax.limits import MAX_CHARACTERS

__all__ = ["Revision", "split_revision"]

_SECONDS = 60
_REVISION = re.compile(r"(?P<file>.+?\.net)@(?P<revision>[^\0]+)", re.DOTALL)
_LINK, _FILES = "120000", ("100644", "100755")
# Nothing is fetched, nobody is asked, nothing in the repository is written. A git that doesn't know
# GIT_NO_LAZY_FETCH would run the command by which the repository says it fetches missing objects;
# no protocol is called "none".
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def split_revision(where: str) -> tuple[str, str] | None:
    """The file and revision of ``file.net@HEAD~1``; None for what names no revision."""
    match = None if where.endswith(".net") else _REVISION.fullmatch(where)
    return (match["file"], match["revision"]) if match else None


@final
class Revision(Storage):
    """The files of the folder of `path`, as they were in a revision. Raises `NetlangError`."""

    def __init__(self, path: Path, revision: str) -> None:
        self._revision = revision
        self._shown = str(path)
        self._folder = path.parent
        # A folder that is gone since is found from the one above it.
        self._above = self._folder
        while not self._above.is_dir() and self._above != self._above.parent:
            self._above = self._above.parent
        self._objects: dict[Path, tuple[str, int] | None] = {}
        self._commit = self._commit_of(revision)

    def has(self, path: Path) -> bool:
        return DISK.has(path) if self._is_bundled(path) else self._object(path) is not None

    def leads_out(self, path: Path, folder: Path) -> bool:
        return False  # a link is refused as such

    def read(self, path: Path, shown: str | None = None) -> Source:
        shown = shown or str(path)
        if self._is_bundled(path):
            return DISK.read(path, shown)
        found = self._object(path)
        if found is None:
            raise self._not_there(shown, "isn't there")
        name, size = found
        if size > MAX_CHARACTERS:
            raise too_large(size, shown)
        return of_content(self._git(["cat-file", "blob", name], shown), f"{shown}@{self._revision}")

    def _is_bundled(self, path: Path) -> bool:
        """Whether a file is the library's, and the revision isn't one of the library itself."""
        library = bundled_folder()
        return path.is_relative_to(library) and not self._folder.is_relative_to(library)

    def _object(self, path: Path) -> tuple[str, int] | None:
        """The name and size of the blob at a path; None if there is no file."""
        if path not in self._objects:
            self._objects[path] = self._looked_up(path)
        return self._objects[path]

    def _looked_up(self, path: Path) -> tuple[str, int] | None:
        relative = path.relative_to(self._above).as_posix()
        listed = self._git(["ls-tree", "-l", "-z", self._commit, "--", relative], str(path))
        entry, _, _ = listed.partition(b"\0")
        if not entry:
            return None
        mode, _, name, size = entry.partition(b"\t")[0].decode("ascii").split()
        if mode == _LINK:
            raise self._not_there(str(path), "is a link")
        if mode not in _FILES:
            return None
        if not size.isdecimal():  # git shows BAD for a blob that a partial clone or damage left out
            raise self._not_there(str(path), "isn't in this copy of the repository")
        return name, int(size)

    def _commit_of(self, revision: str) -> str:
        """The full name of a revision's commit."""
        if revision.startswith("-"):
            raise self._unknown("a revision doesn't start with `-`")
        command = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        done = self._run(command)
        name = done.stdout.decode("ascii", "replace").strip()
        if done.returncode or not re.fullmatch(r"[0-9a-f]{40,64}", name):
            raise self._unknown(_told(done) or "the repository has no such commit")
        return name

    def _git(self, arguments: list[str], shown: str) -> bytes:
        done = self._run(arguments)
        if done.returncode:
            raise self._not_there(shown, f"can't be read: {_told(done) or 'git failed'}")
        return done.stdout

    def _run(self, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self._above,
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
        except FileNotFoundError:
            raise NetlangError(GitMissing(span=None, path=self._shown)) from None
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise self._unknown(str(error)) from None

    def _unknown(self, reason: str) -> NetlangError:
        return NetlangError(
            RevisionUnknown(span=None, path=self._shown, revision=self._revision, reason=reason)
        )

    def _not_there(self, shown: str, what: str) -> NetlangError:
        return NetlangError(
            NotInRevision(span=None, path=shown, revision=self._revision, what=what)
        )


def _told(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git ended with, without the warnings before it; empty if it said nothing."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    wrong = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return [*wrong, *lines, ""][0]
