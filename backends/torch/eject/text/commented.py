"""Puts what a function does in a comment after its header, as the model's classes have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netlang.backends.torch.eject.text.sections import WIDTH

__all__ = ["commented"]

_DOCSTRING = re.compile(r'    """([^"\\]+)"""')


def commented(lines: Sequence[str]) -> Iterator[str]:
    """The lines with docstrings of functions at the top as comments, where there is room for them.

    A docstring of several lines, or one with quotes in it, stays.
    """
    left = list(lines)
    while left:
        line = left.pop(0)
        about = _DOCSTRING.fullmatch(left[0]) if left and line.startswith("def ") else None
        text = about[1].removesuffix(".") if about else ""
        comment = f"{line}  # {text[:1].lower()}{text[1:]}"
        if about and line.endswith("):") and ". " not in text and len(comment) <= WIDTH:
            yield comment
            del left[0]
        else:
            yield line
