"""The labels of a body, so that each new one is a name that nothing else has."""

from __future__ import annotations

from typing import final

from netlang.records import Draft, field

__all__ = ["TakenLabels"]


@final
class TakenLabels(Draft, eq=False):
    """Labels that steps have, beside the keys of weights; `numbers` are those that were tried."""

    keys: frozenset[str]
    made: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)

    def __contains__(self, path: str) -> bool:
        return path in self.keys or path in self.made

    def unused(self, base: str) -> str:
        """The name, or with the first number with which it is no label yet."""
        found, number = base, self.numbers.get(base, 1)
        while found in self:
            number += 1
            found = f"{base.rstrip('0123456789')}{number}"
        self.numbers[base] = max(number - 1, 1)
        return found
