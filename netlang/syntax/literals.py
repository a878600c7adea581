"""The values of numbers, dims, strings and docstrings, from their texts.

On exit, a number is finite and has at most `MAX_DIGITS` digits, and a string has no unknown escape.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite

from netlang.syntax.limits import MAX_DIGITS, Mistake

__all__ = ["dims_value", "docstring_value", "number_value", "string_value"]

_SUFFIXES = {"k": 3, "M": 6, "G": 9, "T": 12}
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


def number_value(text: str, start: int) -> int | float:
    """`600_000`, `1e-3`, `14M`: an int if the text has no exponent and the value is whole."""
    end = start + len(text)
    if text.isdigit():
        if len(text) > MAX_DIGITS:
            raise Mistake("long_number", start, end)
        return int(text)
    digits = text.replace("_", "")
    if len(digits) > MAX_DIGITS:
        raise Mistake("long_number", start, end)
    zeros = _SUFFIXES.get(digits[-1], 0)
    if zeros:
        digits = digits[:-1]
    whole, dot, fraction = digits.partition(".")
    if "e" not in digits and "E" not in digits and (zeros or not dot):
        significant = fraction.rstrip("0")
        if len(significant) <= zeros:
            return int((whole + significant).ljust(len(whole) + zeros, "0"))
    value = float(digits) * 10.0**zeros
    if not isfinite(value):
        raise Mistake("infinite_number", start, end)
    return value


def dims_value(text: str, start: int) -> tuple[int, ...]:
    """`3x3`."""
    if len(text) > MAX_DIGITS:
        raise Mistake("long_number", start, start + len(text))
    return _dims(text)


@lru_cache(maxsize=1024)
def _dims(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))


def string_value(text: str, start: int) -> str:
    r"""The characters between the quotes; escapes are `\"`, `\\`, `\n` and `\t`."""
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    characters = []
    at = 0
    while at < len(inner):
        if inner[at] == "\\":
            at += 1
            if inner[at : at + 1] not in _ESCAPES:  # a part of a label may end here
                raise Mistake("unknown_escape", start + at, start + at + 2)
            characters.append(_ESCAPES[inner[at]])
        else:
            characters.append(inner[at])
        at += 1
    return "".join(characters)


def docstring_value(text: str) -> str:
    """The text between the triple quotes, without the common indentation of its lines."""
    lines = text[3:-3].expandtabs(4).splitlines() or [""]
    rest = [line for line in lines[1:] if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    shifted = [lines[0].strip(), *(line[margin:].rstrip() for line in lines[1:])]
    return "\n".join(shifted).strip()
