"""Texts of users for messages, escaped; the first of many names; numbers of bytes."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["abridged", "escaped", "listed", "shown_bytes", "visible", "visible_lines"]

# Characters of a name that messages show, and of each end of a longer one.
_LONGEST, _KEPT = 200, 80


def visible(text: str) -> str:
    """User text with escapes for everything that a terminal or editor would interpret or hide."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def visible_lines(text: str) -> str:
    """The same for each line of a text, keeping line breaks."""
    return "\n".join(map(visible, text.split("\n")))


def escaped(char: str) -> str:
    """The escape of a character, as Python writes it."""
    return char.encode("unicode_escape").decode()


def abridged(name: str) -> str:
    """A name of a file, such as a key of weights, with its middle left out if it is very long."""
    return name if len(name) <= _LONGEST else f"{name[:_KEPT]}...{name[-_KEPT:]}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first names, as a message quotes them; dots tell of more."""
    return ", ".join(f"`{visible(abridged(name))}`" for name in names[:most]) + ", ..." * (
        len(names) > most
    )


def shown_bytes(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
