"""The exceptions: a user's mistakes, a warning, and a broken invariant of our own.

Each shows its diagnostics as text. The renderer is loaded only when one is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["InternalError", "NetlangError", "NetlangWarning"]


class NetlangError(Exception):
    """An invalid spec, file or argument; carries at least one diagnostic."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        from netlang.diagnostics.many import limited
        from netlang.diagnostics.render.text import render_text

        return "\n\n".join(render_text(diagnostic) for diagnostic in limited(self.diagnostics))

    def _render_traceback_(self) -> list[str]:
        """What IPython and notebooks show."""
        return str(self).splitlines()


# As users know it; they see the name in tracebacks.
NetlangError.__module__ = "netlang"


class NetlangWarning(UserWarning):
    """A spec that is legal but probably a mistake, or a note on a weights file.

    `diagnostic` has all details if there is more than a text.
    """

    def __init__(self, found: Diagnostic | str) -> None:
        super().__init__(found)
        self.diagnostic = None if isinstance(found, str) else found

    def __str__(self) -> str:
        from netlang.diagnostics.render.text import render_text

        return super().__str__() if self.diagnostic is None else render_text(self.diagnostic)


class InternalError(Exception):
    """A broken invariant of the compiler itself; never the user's fault."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}\nThis is a bug in netlang: please report it with the spec that shows it."
        )
