"""How the texts of the scaling campaign are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

__all__ = ["Make", "Texts", "each", "files", "joined", "net"]

Texts: TypeAlias = Mapping[str, str]
"""Files by name; the first is the one that is looked at."""
Make: TypeAlias = Callable[[int], str]


def net(body: str, head: str = "", shape: str = "[8, H=64, W=64]") -> str:
    """A file with one net, whose first step is `probe`."""
    return f"{head}net a {{\n    input x: {shape}\n    probe: relu\n{body}\n}}\n"


def each(count: int, text: Callable[[int], str], between: str = "\n") -> str:
    """So many texts in a row, made of their numbers."""
    return between.join(text(number) for number in range(count))


def joined(count: int, text: str, between: str = "\n") -> str:
    """One text so many times."""
    return between.join([text] * count)


def files(text: str, count: int, other: Callable[[int], str]) -> Texts:
    """The file `main.net`, and others that are called `m0.net`, `m1.net` and so on."""
    return {"main.net": text, **{f"m{number}.net": other(number) for number in range(count)}}
