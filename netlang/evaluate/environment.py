"""Names and what they stand for, in nested scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netlang.evaluate.values import Broken, Value
from netlang.evaluate.work import Work
from netlang.records import Draft, field
from netlang.source import Span

__all__ = ["Environment"]


class Environment(Draft):
    """One scope: its own names, then those of the enclosing scope, `outer`.

    `file` resolves the outermost names: those of the file, which are evaluated on demand.
    """

    file: Callable[[str], Value | None]
    outer: Environment | None = None
    own: dict[str, tuple[Value, Span]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Words of statements that couldn't be read; nothing is known of these names."""
    listed: Callable[[], Iterable[str]] = tuple
    """All names that `file` finds, for suggestions."""
    work: Work = field(default_factory=Work)
    """What expressions of this and inner scopes have computed, which is limited."""

    def find(self, name: str) -> Value | None:
        """What `name` stands for, or None."""
        scope: Environment | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name][0]
            scope = scope.outer
        found = self.file(name)
        return Broken() if found is None and self.unread and self.may_name(name) else found

    def may_name(self, name: str) -> bool:
        """Whether a statement that couldn't be read may have defined a label of this name."""
        return name in self.unread or any(
            word.endswith("{") and name.startswith(word[:-1]) for word in self.unread
        )

    def assigned(self, name: str) -> Span | None:
        """Where `name` was assigned in this block, or None. Names of the file don't count."""
        scope: Environment | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name][1]
            scope = scope.outer
        return None

    def assign(self, name: str, value: Value, span: Span) -> None:
        self.own[name] = (value, span)

    def inner(self) -> Environment:
        """A scope inside this one."""
        return Environment(self.file, self, unread=self.unread, work=self.work)

    def names(self) -> Iterator[str]:
        """The names of this block, for suggestions."""
        scope: Environment | None = self
        while scope is not None:
            yield from scope.own
            yield from scope.listed()
            scope = scope.outer
