"""Reads the sentences in which conditions are told, for all sizes at once.

It knows their grammar and nothing of how they come about.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["holding"]

Grid = NDArray[np.bool_]
Sizes = NDArray[np.int64]
Named = Mapping[str, Sizes]


def holding(sentence: str, named: Named) -> Grid:
    """Where a sentence holds, of the sizes given under their names."""
    if found := re.fullmatch(r"one of (.+) must be at least (\d+)", sentence):
        return _any([named[name] >= int(found[2]) for name in _names(found[1])])
    if re.fullmatch(r"\w+ must be at least \d+( or \w+ at least \d+)+", sentence):
        pairs = re.findall(r"(\w+) (?:must be )?at least (\d+)", sentence)
        return _any([named[name] >= int(bound) for name, bound in pairs])
    parts = re.fullmatch(r"(.+?) (must equal|must not be|must be) (.+)", sentence)
    assert parts, sentence
    subject, verb, rest = parts.groups()
    if verb == "must equal":
        return np.equal(_value(subject, named), _value(rest, named))
    if " mod " in subject:
        holds = _all([_remainder(each, rest, named) for each in _names(subject)])
        return ~holds if verb == "must not be" else holds
    if not set(_names(subject)) <= set(named):
        return _of_value(_value(subject, named), rest, named)
    return _all([_alternatives(named[name], rest, named) for name in _names(subject)])


def _names(text: str) -> list[str]:
    return re.split(r", | and ", text)


def _any(grids: list[Grid]) -> Grid:
    return functools.reduce(np.logical_or, grids)


def _all(grids: list[Grid]) -> Grid:
    return functools.reduce(np.logical_and, grids)


def _value(text: str, named: Named) -> Sizes:
    """A formula of sizes, numbers and ``+ - * //``, which Python writes alike."""
    assert re.fullmatch(r"[\w\s()+*/-]+", text), text
    found: Sizes = eval(text, {"__builtins__": {}}, dict(named))
    return found


def _remainder(subject: str, rest: str, named: Named) -> Grid:
    value, _, modulus = subject.rpartition(" mod ")
    return _of_value(_value(value, named) % int(modulus), rest, named)


def _alternatives(size: Sizes, text: str, named: Named) -> Grid:
    return _any([_clauses(size, part, named) for part in text.split(", or ")])


def _clauses(size: Sizes, text: str, named: Named) -> Grid:
    return _all([_clause(size, part, named) for part in text.split(" and ")])


def _clause(size: Sizes, text: str, named: Named) -> Grid:
    if found := re.fullmatch(r"(.+) mod (\d+)", text):
        return _clause(size % int(found[2]), found[1], named)
    if text.startswith("not "):
        return ~_clause(size, text.removeprefix("not "), named)
    return _of_value(size, text, named)


def _of_value(size: Sizes, text: str, named: Named) -> Grid:
    if text in ("even", "odd"):
        return np.equal(size % 2, int(text == "odd"))
    if found := re.fullmatch(r"(a |no )?multiples? of (\d+)", text):
        multiple: Grid = size % int(found[2]) == 0
        return ~multiple if found[1] == "no " else multiple
    if found := re.fullmatch(r"from (\d+) to (\d+)", text):
        return (size >= int(found[1])) & (size <= int(found[2]))
    if found := re.fullmatch(r"at (least|most) (\D.*|\d+ ?\D.*)", text):
        bound = _value(found[2], named)
        return size >= bound if found[1] == "least" else size <= bound
    return _any([_item(size, item) for item in re.split(r", | or ", text)])


def _item(size: Sizes, text: str) -> Grid:
    if found := re.fullmatch(r"at (least|most) (-?\d+)", text):
        return size >= int(found[2]) if found[1] == "least" else size <= int(found[2])
    first, _, last = text.partition(" to ")
    return (size >= int(first)) & (size <= int(last or first))
