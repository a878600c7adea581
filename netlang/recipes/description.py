"""The base of everything that a recipe names: optimizers, schedules, losses, data, augmentations.

A description is a frozen record whose fields are its signature in the language
(`netlang.ir.arguments`). It says what is wanted and contains no tensor; a backend carries it out.
"""

from __future__ import annotations

from typing import ClassVar

from netlang.evaluate.values import describe
from netlang.ir.arguments import Argument, Described, signature

__all__ = ["Description"]


class Description(Described):
    """`name` is the word that a recipe uses for it."""

    name: ClassVar[str]

    def __str__(self) -> str:
        """As a recipe would write it, with every argument that matters."""
        given = ", ".join(
            f"{item.name}={self._spelled(item)}"
            for item in signature(type(self))
            # A list that is empty without being given can't be given so.
            if (value := getattr(self, item.name)) is not None and not value == item.default == ()
        )
        return f"{self.name}({given})" if given else self.name

    def _spelled(self, item: Argument) -> str:
        value = getattr(self, item.name)
        if value is None:
            return "none"
        known = item.kind.keywords
        if isinstance(value, tuple) and value and all(each in known for each in value):
            return f"[{', '.join(value)}]"
        return str(value) if value in known else describe(value)
