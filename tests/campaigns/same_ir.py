"""Programs as plain data without places in a text, to compare two that should be the same."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.evaluate.values import Layer, describe
from netlang.ir.dims import Expr
from netlang.ir.numbers.provenance import Traced
from netlang.ir.program import Function, Program
from netlang.records import Record, names_of
from netlang.source import Span

__all__ = ["plain"]


def plain(program: Program) -> object:
    """The program as nested tuples; functions that are one stay one, by number."""
    return _Plain({}).of(program)


class _Plain:
    def __init__(self, known: dict[int, int]) -> None:
        self.known = known

    def of(self, value: object) -> object:
        if isinstance(value, Function) and id(value) in self.known:
            return "function", self.known[id(value)]
        if isinstance(value, Function):
            self.known[id(value)] = len(self.known)
        if isinstance(value, Traced):
            return int(value), self.of(value.origin)
        if isinstance(value, Layer):
            return describe(value)
        if isinstance(value, Expr):
            return str(value)
        if isinstance(value, Mapping):
            found = ((key, each) for key, each in value.items() if not isinstance(each, Span))
            return tuple((key, self.of(each)) for key, each in found)
        if isinstance(value, frozenset):
            return tuple(sorted(map(str, value)))
        if isinstance(value, tuple):
            return tuple(self.of(each) for each in value if not isinstance(each, Span))
        if isinstance(value, Record):
            return type(value).__name__, *self._fields(value)
        return value

    def _fields(self, value: Record) -> tuple[object, ...]:
        found = ((name, getattr(value, name)) for name in names_of(value))
        return tuple((name, self.of(each)) for name, each in found if not isinstance(each, Span))
