"""Copies of the project with a fault in them.

A fault is a passage of one source file and what it becomes; the passage must stand there exactly
once, so that the table can't grow stale unseen.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import final

from tests.quality import ROOT

__all__ = ["FAULTS", "Fault", "copy_project", "plant"]

# Where the folders of the project lie once they are installed.
FOLDERS = {
    "netlang": "netlang",
    "backends": "netlang/backends",
    "specs": "netlang/specs",
    "tests": "tests",
}


@final
@dataclass(frozen=True)
class Fault:
    """A passage of `file` and what a person could have written in its place."""

    name: str
    about: str
    file: str
    was: str
    becomes: str

    def planted(self) -> str:
        """The text of the file with the fault; raises ValueError unless the passage is there."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.was)) != 1:
            raise ValueError(f"{self.name}: its passage stands {found} times in {self.file}")
        return text.replace(self.was, self.becomes)


def _table() -> tuple[Fault, ...]:
    path = Path(__file__).with_name("faults.toml")
    with path.open("rb") as file:
        return tuple(Fault(name=name, **entry) for name, entry in tomllib.load(file).items())


FAULTS = _table()


def copy_project(into: Path) -> None:
    """The packages as they are installed, and the tests beside them, in an empty folder."""
    unwanted = ignore_patterns("__pycache__", "cases", "*.egg-info")
    for folder, package in FOLDERS.items():
        copytree(ROOT / folder, into / package, ignore=unwanted)


def plant(fault: Fault, into: Path) -> None:
    """Write the fault into a copy of the project."""
    folder, _, rest = fault.file.partition("/")
    (into / FOLDERS[folder] / rest).write_text(fault.planted(), encoding="utf-8")
