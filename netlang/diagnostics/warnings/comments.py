"""Problems with comments that silence warnings: W0106, E0223 and E0224."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Caution, Diagnostic

__all__ = ["NotAWarning", "NothingAllowed", "UnknownWarning"]


class NothingAllowed(Caution):
    code: ClassVar[str] = "W0106"
    title: ClassVar[str] = "`allow {name}` silences nothing"
    caption: ClassVar[str] = "there is no such warning here"
    help: ClassVar[str] = "remove it"

    name: str


class UnknownWarning(Diagnostic):
    code: ClassVar[str] = "E0223"
    title: ClassVar[str] = "there is no warning `{name}`"
    caption: ClassVar[str] = "no such code"
    help: ClassVar[str] = "`netlang rule` lists all codes; those of warnings begin with W"

    name: str


class NotAWarning(Diagnostic):
    code: ClassVar[str] = "E0224"
    title: ClassVar[str] = "`{name}` is an error: it can't be allowed"
    caption: ClassVar[str] = "only warnings, whose codes begin with W, can be silenced"
    help: ClassVar[str] = "remove it"

    name: str
