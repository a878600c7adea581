"""Parts of statements, and of the paths of labels."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.torch.importing.text.pieces import Piece, Statement, rendered

__all__ = ["braced", "cut", "under"]


def braced(inner: Sequence[Statement]) -> list[Piece]:
    """Statements between braces, on one line if there is one that is short."""
    if len(inner) == 1 and "\n" not in rendered(inner, lambda _: None):
        return ["{ ", *inner[0], " }"]
    pieces: list[Piece] = ["{\n"]
    for statement in inner:
        pieces += [*statement, "\n"]
    return [*pieces, "}"]


def under(scope: str, name: str) -> str:
    """The path of a name in a scope."""
    return f"{scope}.{name}" if scope else name


def cut(path: str, scope: str) -> str:
    """A path as it is seen inside of a scope that it begins with."""
    return path.removeprefix(f"{scope}.") if scope else path
