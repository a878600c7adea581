"""What tells recipes of runs apart, in words."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.torch.compare.reading import RunRead
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.overrides import read_override
from netlang.syntax import ast

__all__ = ["titles_of"]


def titles_of(firsts: Sequence[RunRead]) -> list[str]:
    """A title for a run of each recipe: its name, and the keys that aren't the same in all.

    Of calls of one function, only the arguments that differ are named.
    """
    names = sorted({name for run in firsts for name in run.keys})
    columns = {name: [run.keys.get(name, "none") for run in firsts] for name in names}
    unlike = {name: _unlike(name, each) for name, each in columns.items() if len(set(each)) > 1}
    found: list[str] = []
    for place, run in enumerate(firsts):
        keys = "".join(f" {name}={values[place]}" for name, values in unlike.items())
        title, number = f"{run.name}{keys}", 2
        while title in found:  # nets that differ under one recipe
            title, number = f"{run.name}{keys} ({number})", number + 1
        found.append(title)
    return found


def _unlike(name: str, values: Sequence[str]) -> Sequence[str]:
    """Values of a key, without the arguments that are the same in all calls of one function."""
    calls = [_call(name, value) for value in values]
    if None in calls:
        return values
    functions, arguments = zip(*filter(None, calls), strict=True)
    if len(set(functions)) > 1 or len(set(map(len, arguments))) > 1:
        return values
    unlike = [
        place for place, each in enumerate(zip(*arguments, strict=True)) if len(set(each)) > 1
    ]
    return [f"{functions[0]}({', '.join(each[place] for place in unlike)})" for each in arguments]


def _call(name: str, text: str) -> tuple[str, tuple[str, ...]] | None:
    """The function and the arguments of a call, as written; None for anything else."""
    try:
        value = read_override(f"{name}={text}").value
    except NetlangError:
        return None
    if not isinstance(value, ast.Call):
        return None
    return value.callee.span.text, tuple(each.span.text for each in value.arguments)
