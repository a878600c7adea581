"""What can go wrong between a recipe and the script that trains by it."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.core import Diagnostic

__all__ = ["NoScript"]


class NoScript(Diagnostic):
    """A part of a recipe that no script is written for."""

    code: ClassVar[str] = "E0903"
    title: ClassVar[str] = "no script is written for {what}"
    caption: ClassVar[str] = "`netlang train` carries it out"
    help: ClassVar[str] = "{advice}"

    what: str
    advice: str
