"""What statements that were given up have left behind them: an `else`, and closing brackets."""

from __future__ import annotations

from typing import final

from netlang.syntax.mistakes.spot import OPENERS
from netlang.syntax.recovery.places import ResumePoint

__all__ = ["Remains"]


@final
class Remains:
    """The bodies in which reading went on, and the brackets that close only after them."""

    def __init__(self) -> None:
        self._bodies: set[int] = set()
        self._brackets: list[str] = []

    def enter(self, token: int, body: ResumePoint) -> None:
        """Reading goes on in a body, whose brace is this token."""
        self._bodies.add(token)
        self._brackets += body.unclosed

    def forget_brackets(self) -> None:
        """A definition ends, and every bracket with it."""
        self._brackets.clear()

    def takes(self, kind: str, first: int) -> bool:
        """Whether a token, in a statement that begins with token `first`, is one of the remains."""
        if self._brackets and kind == OPENERS[self._brackets[-1]]:
            self._brackets.pop()
            return True
        return kind == "else" and first in self._bodies
