"""What sizes and spans may speak of. All raise `InternalError`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim, symbols_of
from netlang.source import Span

__all__ = ["speak_of", "stands_in_its_source"]


def speak_of(dims: Iterable[Dim], known: Collection[str], what: str) -> None:
    for dim in dims:
        unknown = sorted(set(symbols_of(dim)) - set(known))
        if unknown:
            raise InternalError(f"{what} speaks of sizes that no input has: {unknown}")


def stands_in_its_source(span: Span, what: str) -> None:
    if not 0 <= span.start <= span.end <= len(span.source.text):
        raise InternalError(f"{what} lies outside of {span.source.name}")
