"""Failing specs made small: statements left out for as long as the failure is of the same kind.

Delta debugging (Zeller, Hildebrandt 2002) over lines; lines with braces go with all that they hold,
or alone, their insides staying.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.campaigns.subject import Spec

__all__ = ["shrunk"]

MOST_TRIALS = 800
LONGEST = 6
_INPUT = re.compile(r"\s*input (\w+):")


def shrunk(spec: Spec, fails: Callable[[Spec], bool]) -> Spec:
    """A small spec for which `fails` is still true; it must be for `spec`."""
    trials = _Trials(fails)
    found = spec
    while (smaller := _one_smaller(found, trials)) is not None:
        found = smaller
    return found


class _Trials:
    """Asks whether a spec fails, each only once, and not without end."""

    def __init__(self, fails: Callable[[Spec], bool]) -> None:
        self._fails, self._known, self.left = fails, dict[str, bool](), MOST_TRIALS

    def __call__(self, spec: Spec) -> bool:
        key = spec.saved()
        if key not in self._known:
            self.left -= 1
            self._known[key] = self.left >= 0 and self._fails(spec)
        return self._known[key]


def _one_smaller(spec: Spec, trials: _Trials) -> Spec | None:
    for candidate in _candidates(spec):
        if trials.left < 0:
            return None
        if trials(candidate):
            return candidate
    return None


def _candidates(spec: Spec) -> Iterator[Spec]:
    """Specs with a part left out, large parts first."""
    for name in spec.files:
        yield replace(spec, files={k: v for k, v in spec.files.items() if k != name})
    for text in _texts(spec.text):
        yield replace(spec, text=text)
    for name, whole in spec.files.items():
        for text in _texts(whole):
            yield replace(spec, files={**spec.files, name: text})


def _texts(text: str) -> Iterator[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < len(text.split("\n")) - 1:
        yield "\n".join(lines) + "\n"
    parts = sorted(_parts(lines), key=lambda part: part.start - part.stop)
    for part in parts:
        yield from _with_and_without_inputs(lines[: part.start] + lines[part.stop :])
    for part in parts:
        if len(part) > 2 and lines[part.start].endswith("{"):
            yield "\n".join(_without_braces(lines, part)) + "\n"
    for index, line in enumerate(lines):
        for shorter in _shorter(line):
            yield "\n".join([*lines[:index], shorter, *lines[index + 1 :]]) + "\n"


def _with_and_without_inputs(lines: list[str]) -> Iterator[str]:
    """Both: an input that nobody names may be what the first path reads."""
    yield "\n".join(lines) + "\n"
    if (fewer := _without_inputs(lines)) != lines:
        yield "\n".join(fewer) + "\n"


def _without_inputs(lines: list[str]) -> list[str]:
    """Lines without the inputs that nothing names."""
    text = "\n".join(lines)
    return [
        line
        for line in lines
        if not (match := _INPUT.match(line)) or len(re.findall(rf"\b{match[1]}\b", text)) > 1
    ]


def _parts(lines: list[str]) -> Iterator[range]:
    """Lines that can go together: up to `LONGEST` statements in a row."""
    ends = {part.start: part.stop for part in _statements(lines)}
    for start in ends:
        stop = start
        for _ in range(LONGEST):
            if stop not in ends:
                break
            stop = ends[stop]
            yield range(start, stop)


def _statements(lines: list[str]) -> Iterator[range]:
    """One line, or from a brace to the one that closes it."""
    for start, line in enumerate(lines):
        depth = 0
        for stop in range(start, len(lines)):
            depth += lines[stop].count("{") - lines[stop].count("}")
            if depth <= 0:
                break
        if depth == 0 and not line.startswith("}"):
            yield range(start, stop + 1)


def _without_braces(lines: list[str], part: range) -> list[str]:
    inner = [line.removeprefix("    ") for line in lines[part.start + 1 : part.stop - 1]]
    return [*lines[: part.start], *inner, *lines[part.stop :]]


def _shorter(line: str) -> Iterator[str]:
    """A path with one step less, a step without its label or an argument."""
    indent = line[: len(line) - len(line.lstrip())]
    steps = line.strip().split(" -> ")
    if len(steps) > 1:
        for index in range(len(steps)):
            yield indent + " -> ".join(steps[:index] + steps[index + 1 :])
    for match in re.finditer(r", \w+=[\w.]+", line):
        yield line[: match.start()] + line[match.end() :]
