"""The result of reading a text with mistakes: its diagnostics, and the tree of what can be read."""

from __future__ import annotations

from typing import final

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.syntax.ast import File

__all__ = ["BrokenText"]


@final
class BrokenText(NetlangError):
    """A text with mistakes: the first ones explained, the rest counted, and what can be read."""

    def __init__(self, file: File, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.file = file
