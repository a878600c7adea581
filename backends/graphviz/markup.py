"""Text for DOT: quoted names and HTML-like labels from which nothing can break out.

Labels, names and docstrings are not trusted. On exit, every text is one line of printable
characters, short enough for a figure and escaped for its context.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from html import escape

__all__ = [
    "MINUS", "OBELUS", "TIMES", "bold", "clean", "coloured", "element", "html", "name_of", "quoted",
]  # fmt: skip

LONGEST = 64
TIMES = "\N{MULTIPLICATION SIGN}"
MINUS = "\N{MINUS SIGN}"
OBELUS = "\N{DIVISION SIGN}"

# Control, format (bidirectional overrides among them), surrogate, private, unassigned.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


# Graphviz reads escapes in a string, and keeps what looks like an entity in the titles of an SVG.
_NAME = str.maketrans({"\\": "/", '"': "'", "&": "+"})


def clean(text: str, longest: int = LONGEST) -> str:
    """One line of printable characters, cut off at `longest`."""
    line = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in _UNPRINTABLE
    )
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def name_of(text: str) -> str:
    """A name that needs no escapes in DOT, nor where Graphviz copies it into an SVG."""
    return clean(text, 240).translate(_NAME) or "unnamed"


def quoted(text: str) -> str:
    """A DOT string. Nothing in it is read as an escape or ends it."""
    return f'"{name_of(text)}"'


def html(text: str) -> str:
    """Text inside an HTML-like label."""
    return escape(clean(text), quote=True)


def element(tag: str, content: str, **attributes: str | int) -> str:
    """``<TAG NAME="value">content</TAG>``, where `content` already is markup."""
    return f"<{tag}{_attributes(attributes)}>{content}</{tag}>"


def bold(text: str) -> str:
    return element("B", html(text))


def coloured(text: str, color: str, size: int | None = None) -> str:
    """Text in another colour, and in another size if one is given."""
    attributes: dict[str, str | int] = {"COLOR": color}
    if size is not None:
        attributes["POINT-SIZE"] = size
    return f"<FONT{_attributes(attributes)}>{html(text)}</FONT>"


def _attributes(attributes: Mapping[str, str | int]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{escape(str(value), quote=True)}"'
        for name, value in attributes.items()
    )
