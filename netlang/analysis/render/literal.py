"""Values and labels in a form that the language reads back exactly, whatever their text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from netlang.ir.arguments import Argument, literal_tensor, shape
from netlang.ops import operator

__all__ = ["KEYWORDS", "braces_defined", "label", "literal", "quoted", "reference"]

# The words that act as something else than a name; a test compares them with the grammar's.
KEYWORDS = frozenset(
    (
        "and", "as", "assert", "auxiliary", "block", "else", "false", "for", "from", "here", "if",
        "import", "in", "inline", "input", "net", "not", "or", "output", "repeat", "reuse", "train",
        "true",
    )
)  # fmt: skip

# Layers of the prelude: as a lone word at the start of a path these would be ambiguous.
_PRELUDE = frozenset(("bn", "gap"))
_BRACES = {"{": "{opening_brace}", "}": "{closing_brace}"}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def literal(value: object, argument: Argument | None = None) -> str:
    """A compile-time value; in an `argument`, a word is bare and a tuple is a window."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        bare = argument is not None and value in argument.kind.keywords
        return str(value) if bare else quoted(value)
    if isinstance(value, tuple):
        if argument is not None and _is_window(value, argument):
            return "x".join(str(int(size)) for size in value)
        return f"[{', '.join(literal(item) for item in value)}]"
    return repr(float(value)) if isinstance(value, float) else str(value)


def _is_window(value: tuple[object, ...], argument: Argument) -> bool:
    if argument.kind in (shape, literal_tensor) or len(value) < 2:
        return False
    return "each axis" in argument.kind.description and all(isinstance(n, int) for n in value)


def label(path: str) -> str:
    """A path as the label of a step; parts that are neither words nor numbers are quoted."""
    parts = path.split(".")
    return ".".join([part if _is_bare(part) else quoted(part, braces=True) for part in parts])


@lru_cache(maxsize=1024)
def _is_bare(part: str) -> bool:
    """Whether it reads as a name, or as a number without leading zeros."""
    if not part.isascii():
        return False
    return part.isidentifier() or (part.isdecimal() and (part[0] != "0" or part == "0"))


def braces_defined(labels: Iterable[str]) -> list[str]:
    """The lines that define what labels call their braces; none if no label has any."""
    if any("_brace}" in each for each in labels):
        return ['opening_brace = "{"', 'closing_brace = "}"']
    return []


def reference(path: str) -> str:
    """A path as the value that steps start from; quoted if it could mean something else."""
    first, dot, rest = path.partition(".")
    if first in KEYWORDS or (not dot and (first in _PRELUDE or operator(first) is not None)):
        return f'"{first}"' + (f".{label(rest)}" if dot else "")
    return label(path)


def quoted(text: str, *, braces: bool = False) -> str:
    """A quoted string; in a label, the braces of a computed part are escaped by a constant."""
    escaped = "".join(_ESCAPES.get(char, char) for char in text)
    if braces:
        escaped = "".join(_BRACES.get(char, char) for char in escaped)
    return f'"{escaped}"'
