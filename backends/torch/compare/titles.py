"""What tells recipes of runs apart, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netlang.backends.torch.compare.reading import RunRead

__all__ = ["titles_of"]

_CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)


def titles_of(firsts: Sequence[RunRead]) -> list[str]:
    """A title for a run of each recipe: its name, and the keys that aren't the same in all.

    Of calls of one function, only the arguments that differ are named.
    """
    names = sorted({name for run in firsts for name in run.keys})
    columns = {name: [run.keys.get(name, "none") for run in firsts] for name in names}
    unlike = {name: _unlike(each) for name, each in columns.items() if len(set(each)) > 1}
    found: list[str] = []
    for place, run in enumerate(firsts):
        keys = "".join(f" {name}={values[place]}" for name, values in unlike.items())
        title, number = f"{run.name}{keys}", 2
        while title in found:  # nets that differ under one recipe
            title, number = f"{run.name}{keys} ({number})", number + 1
        found.append(title)
    return found


def _unlike(values: Sequence[str]) -> Sequence[str]:
    """Values, without the arguments that are the same in all if they are calls of one function."""
    calls = [_CALL.fullmatch(value) for value in values]
    names = {call and call[1] for call in calls}
    parts = [_parts(call[2]) for call in calls if call is not None]
    if len(names) > 1 or None in names or len({len(each) for each in parts}) > 1:
        return values
    unlike = [place for place, each in enumerate(zip(*parts, strict=True)) if len(set(each)) > 1]
    (name,) = names
    return [f"{name}({', '.join(each[place] for place in unlike)})" for each in parts]


def _parts(arguments: str) -> list[str]:
    """What commas outside of brackets and strings part; what is more than a call stays whole."""
    found, depth, quoted = [""], 0, False
    for char in arguments:
        quoted ^= char == '"'
        depth += 0 if quoted else (char in "([{") - (char in ")]}")
        if depth < 0:
            return [arguments]
        if char == "," and depth == 0 and not quoted:
            found.append("")
        else:
            found[-1] += char
    return [each.strip() for each in found]
