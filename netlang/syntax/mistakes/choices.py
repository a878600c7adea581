"""Explanations of steps that are written as values: chosen by an expression, or listed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.syntax.mistakes.spot import OPENERS, Spot

__all__ = ["CHOICES"]

_ELSE = re.compile(r"if[ \t]+([^\n{}#]+?)[ \t]+else[ \t]+([^\n{}#;]+)")
_BRACED = re.compile(
    r"if[ \t]+([^\n{}#]+?)[ \t]*\{[ \t]*([^\n{}#;]+?)[ \t]*\}[ \t]*else[ \t]*"
    r"\{[ \t]*([^\n{}#;]+?)[ \t]*\}"
)
_LABEL = re.compile(r"([\w.{}\"]+:)[ \t]+(.*)", re.DOTALL)
_CLOSERS = frozenset(OPENERS.values())


def _chosen_step(spot: Spot) -> Diagnostic | None:
    """`relu if smooth else tanh`, alone or at the end of a path, in parentheses or not."""
    if spot.kind() != "if" or spot.first >= 0 or spot.innermost not in ("{", "("):
        return None
    found = _ELSE.match(spot.source.text, spot.start)
    start = spot.span(spot.first).start
    _, arrow, step = spot.source.text[start : spot.start].rpartition("->")
    step, other = step.strip(), found[2].strip() if found else ""
    if found is None or "->" in other or "\n" in step:
        return None
    if spot.innermost == "(":
        if not step.startswith("(") or not other.endswith(")"):
            return None
        step, other = step[1:].strip(), other[:-1].strip()
    label, step = (
        (labelled[1] + " ", labelled[2]) if (labelled := _LABEL.match(step)) else ("", step)
    )
    advice = f"a step is chosen by `if {found[1]} {{ {step} }} else {{ {other} }}`"
    if arrow:  # on a line of its own it wouldn't belong to an output or a branch
        return spot.unexpected(advice)
    text = f"if {found[1]} {{ {label}{step} }} else {{ {label}{other} }}"
    end = found.end() - (len(found[2]) - len(found[2].rstrip()))
    return spot.unexpected(advice, spot.replacing(advice, start, end, text))


def _chosen_value(spot: Spot) -> Diagnostic | None:
    """`stride=if first { 2 } else { 1 }`: a value is chosen as in Python."""
    if spot.kind() != "if" or spot.innermost not in ("(", "["):
        return None
    found = _BRACED.match(spot.source.text, spot.start)
    if found is None:
        return spot.unexpected("a value is chosen by `a if condition else b`")
    text = f"{found[2]} if {found[1]} else {found[3]}"
    advice = f"a value is chosen by `{text}`"
    return spot.unexpected(advice, spot.replacing(advice, spot.start, found.end(), text))


def _listed_steps(spot: Spot) -> Diagnostic | None:
    """`[conv(8, 3x3), relu]` where a step stands."""
    if spot.kind() != "[" or spot.innermost != "{" or "NAME" not in spot.allowed:
        return None
    if spot.first != 0 and spot.kind(-1) != "->":
        return None
    commas = list(_commas(spot))
    if not commas:
        return None
    texts = [
        spot.source.text[spot.span(one).end : spot.span(other).start].strip()
        for one, other in zip((0, *commas), commas, strict=False)
    ]
    if not all(text[:1].isidentifier() for text in texts if text):
        return None  # numbers
    path = " -> ".join(text for text in texts if text)
    advice = f"steps are joined by `->`: `{path}`" if len(path) < 60 else "steps are joined by `->`"
    end = spot.span(commas[-1]).end
    return spot.unexpected(advice, spot.replacing(advice, spot.start, end, path))


def _commas(spot: Spot) -> Iterator[int]:
    """The offsets of the commas of a list, and of its end; nothing if it doesn't end."""
    depth, found = 0, list[int]()
    for offset in range(len(spot.tokens.kinds) - spot.index):
        kind = spot.kind(offset)
        depth += (kind in OPENERS) - (kind in _CLOSERS)
        if depth == 0 or (depth == 1 and kind == ","):
            found.append(offset)
        if depth == 0:
            yield from found
            return


CHOICES = (_chosen_step, _chosen_value, _listed_steps)
