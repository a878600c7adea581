"""Warnings about unused names and loops without effect: W0101 to W0105."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Caution

__all__ = ["LoopNeverRuns", "UnusedBlock", "UnusedFileConstant", "UnusedImport", "UnusedTarget"]


class UnusedImport(Caution):
    code: ClassVar[str] = "W0101"
    title: ClassVar[str] = "`{name}` is imported and never used"
    caption: ClassVar[str] = "nothing in this file reads it"
    help: ClassVar[str] = "remove it"

    name: str


class UnusedFileConstant(Caution):
    code: ClassVar[str] = "W0102"
    title: ClassVar[str] = "constant `{name}` is never used"
    caption: ClassVar[str] = "no net or recipe of this file needs it"
    help: ClassVar[str] = "use it, or remove it"

    name: str


class UnusedBlock(Caution):
    code: ClassVar[str] = "W0103"
    title: ClassVar[str] = "block `{name}` is never used"
    caption: ClassVar[str] = "no net of this file needs it"
    help: ClassVar[str] = (
        "use it, or remove it; blocks for other files stand in a file without nets"
    )

    name: str


class UnusedTarget(Caution):
    code: ClassVar[str] = "W0104"
    title: ClassVar[str] = "loop variable `{name}` is never used"
    caption: ClassVar[str] = "nothing in the loop reads it"
    help: ClassVar[str] = "use it, or let its name begin with `_`"

    name: str


class LoopNeverRuns(Caution):
    code: ClassVar[str] = "W0105"
    title: ClassVar[str] = "this loop never runs"
    caption: ClassVar[str] = "{why}"
    help: ClassVar[str] = "remove it, or let it run"

    why: str
