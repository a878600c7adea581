"""The labels of a body, so that each new one is a name that nothing else has."""

from __future__ import annotations

from typing import final

from netlang.backends.torch.importing.text.lines import cut, under
from netlang.records import Draft, field

__all__ = ["TakenLabels", "is_inside"]


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

    def seen_from(self, path: str, scope: str) -> str | None:
        """A path without the scopes that it shares with the reader.

        The nearest label of a name is the one that is read, so no scope in between may have it.
        None if each of its names is hidden.
        """
        inner: list[str] = []
        while True:
            shown = cut(path, scope)
            first = shown.partition(".")[0]
            nearer = any(under(each, first) in self for each in inner)
            if not nearer and (not scope or path.startswith(f"{scope}.")):
                return shown
            if not scope:
                return None
            inner.append(scope)
            scope = scope.rpartition(".")[0]


def is_inside(scope: str, path: str) -> bool:
    """Whether a scope is that of a path, or lies in it."""
    return not path or scope == path or scope.startswith(f"{path}.")
