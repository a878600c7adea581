"""Near misses: texts that follow the grammar and mean nothing, by hypothesis's strategy for Lark.

Three terminals are decided by the lexer from what stands around them (`grammar.lark` says how), so
here they get texts that mostly come out as them: the texts are near the language, not in it.
"""

from __future__ import annotations

import warnings
from functools import cache

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning
from hypothesis.extra.lark import from_lark
from lark import Lark

from netlang.syntax.tables import GRAMMAR

__all__ = ["BATCH", "near_misses"]

BATCH = 50
"""Texts drawn at a time: starting hypothesis costs more than a text."""
NAMES = ("in", "x", "y", "conv", "relu", "add", "linear", "f", "channels", "shape", "range", "len")
WORDS = {
    "SEP": ("\n", "; ", "\n\n"),
    "COMPUTED": ("{",),
    "NAME": NAMES,
    "DIMS": ("1x1", "3x3", "2x3x4"),
    "NUMBER": ("0", "1", "2", "8", "0.5", "1e-3", "2M"),
    "STRING": ('"same"', '"{x}"', '""'),
    "DOC": ('"""doc"""',),
}
# A text of each rule stands in a file of its own: whole files of the grammar seldom get to a net.
FRAMES = {
    "file": "{}",
    "body": "f = relu\nnet a(x=2) {}",
    "path": "f = conv(8, 1x1)\nnet a {{ input x: [8, 4, 4]; y: relu\n{} }}",
    "conditional": "net a {{ input x: [8]; y = 3; linear({}) }}",
    "train_def": "net a {{ input x: [8]; linear(2) }}\n{}",
}


def _terminals(grammar: Lark) -> dict[str, st.SearchStrategy[str]]:
    """What each terminal is drawn from, with a space behind what would grow together."""
    used = {part.name for rule in grammar.rules for part in rule.expansion if part.is_term}
    plain = {t.name: (t.pattern.value,) for t in grammar.terminals if t.pattern.type == "str"}
    return {
        name: st.sampled_from([_apart(text) for text in texts])
        for name, texts in (plain | WORDS).items()
        if name in used
    }


def _apart(text: str) -> str:
    return f"{text} " if text[-1].isalnum() or text == "->" else text


def _of(start: str) -> st.SearchStrategy[str]:
    text = GRAMMAR.read_text(encoding="utf-8")
    grammar = Lark(text, parser="earley", start=start, lexer="basic")
    return from_lark(grammar, start=start, explicit=_terminals(grammar))


@cache
def _strategy() -> st.SearchStrategy[str]:
    kinds = [_of(start).map(frame.format) for start, frame in FRAMES.items()]
    return st.sampled_from(kinds).flatmap(lambda kind: kind)


@cache
def near_misses(batch: int) -> tuple[str, ...]:
    """`BATCH` texts or a few more or less, the same for a number."""
    found: list[str] = []

    @seed(batch)
    @settings(
        max_examples=BATCH, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(_strategy())
    def collect(text: str) -> None:
        found.append(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return tuple(found)
