"""Names and what they stand for, scope inside scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from netlang.elaborate.values import Value
from netlang.source import Span

__all__ = ["Environment"]


@dataclass(slots=True)
class Environment:
    """One scope: its own names, then those of the scope around it.

    `outer` answers for the outermost names: those of the file, which are evaluated on demand.
    """

    outer: Environment | Callable[[str], Value | None]
    own: dict[str, tuple[Value, Span]] = field(default_factory=dict)

    def find(self, name: str) -> Value | None:
        """What `name` stands for, or None."""
        scope: Environment | Callable[[str], Value | None] = self
        while isinstance(scope, Environment):
            if name in scope.own:
                return scope.own[name][0]
            scope = scope.outer
        return scope(name)

    def assigned(self, name: str) -> Span | None:
        """Where `name` was assigned in this block, or None: file names don't count."""
        scope: Environment | Callable[[str], Value | None] = self
        while isinstance(scope, Environment):
            if name in scope.own:
                return scope.own[name][1]
            scope = scope.outer
        return None

    def assign(self, name: str, value: Value, span: Span) -> None:
        self.own[name] = (value, span)

    def inner(self) -> Environment:
        """A scope inside this one."""
        return Environment(self)

    def names(self) -> Iterator[str]:
        """The names of this block, for suggestions."""
        scope: Environment | Callable[[str], Value | None] = self
        while isinstance(scope, Environment):
            yield from scope.own
            scope = scope.outer
