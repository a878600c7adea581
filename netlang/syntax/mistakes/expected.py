"""What could have followed where the parser stopped, in the terms of the language.

Loaded only after an error. On exit, no text contains the name of a terminal.
"""

from __future__ import annotations

from netlang.syntax.lalr import Tables, load_tables

__all__ = ["advance", "allowed", "can_follow", "in_words", "states_before"]

_VALUE = frozenset(("NAME", "NUMBER", "STRING", "DIMS", "true", "false", "in", "(", "["))
_ALSO_VALUES = frozenset(("here", "-", "not", "*"))
_STEP = frozenset(("NAME", "NUMBER", "STRING", "COMPUTED", "in", "here", "(", "{", "reuse"))
_STATEMENT = frozenset(("if", "for", "repeat", "assert", "output", "input", "auxiliary"))
_DEFINITION = frozenset(("block", "net", "train", "from", "assert"))
_OPERATORS = frozenset((
    "+", "-", "*", "/", "//", "%", "**", "..", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or",
    "if", "(", "[", ".",
))  # fmt: skip
_REST = {
    "NAME": "a name", "NUMBER": "a whole number", "STRING": "a string", "SEP": "a line break",
    "DIMS": "dims", "$END": "the end of the file",
}  # fmt: skip
_UNSAID = frozenset(("DOC", "COMPUTED"))
_LIKELY = ("->", "SEP", ",", ")", "]", "}", ":", "=")
_LONGEST = 5


def states_before(kinds: list[str], index: int, symbol: str) -> list[int]:
    """The stack of states when token `index` arrives, before it ends any rule."""
    tables = load_tables()
    states = [tables.starts[symbol]]
    for kind in kinds[:index]:
        advance(tables, states, kind)
    return states


def advance(tables: Tables, states: list[int], kind: str) -> bool:
    """Feed one token to a stack of states; returns False if it isn't allowed."""
    while True:
        action = tables.actions[states[-1]].get(kind)
        if action is None:
            return False
        if action >= 0:
            states.append(action)
            return True
        rule = tables.rules[-1 - action]
        if rule.length:
            del states[-rule.length :]
        states.append(tables.gotos[states[-1]][rule.origin])


def can_follow(states: list[int], kind: str) -> bool:
    """Whether a token of a kind can come next; the stack, which may be deep, isn't copied."""
    tables = load_tables()
    below, above = len(states), list[int]()
    while True:
        action = tables.actions[above[-1] if above else states[below - 1]].get(kind)
        if action is None or action >= 0:
            return action is not None
        rule = tables.rules[-1 - action]
        below -= max(0, rule.length - len(above))
        del above[max(0, len(above) - rule.length) :]
        above.append(tables.gotos[above[-1] if above else states[below - 1]][rule.origin])


def allowed(states: list[int]) -> frozenset[str]:
    """The kinds of token that can come next, each tried up to its shift."""
    tables = load_tables()
    kinds = tables.actions[states[-1]]
    return frozenset(kind for kind in kinds if advance(tables, list(states), kind))


def in_words(kinds: frozenset[str]) -> str:
    """A list for messages ("a value, `,` or `)`"): at most five, the likeliest first."""
    rest = set(kinds) - _UNSAID
    words: list[str] = []
    if rest >= _DEFINITION:
        words.append("a definition (`block`, `net`, `train`, `from`, `assert` or `name = value`)")
        rest -= _DEFINITION | {"NAME", "inline"}
    if rest >= _STATEMENT:
        words.append("a step or another statement")
        rest -= _STATEMENT | _STEP
    elif rest >= {"NAME", "STRING", "{"}:
        words.append("a step")
        rest -= _STEP
    elif rest >= _VALUE:
        words.append("a value")
        rest -= _VALUE | _ALSO_VALUES
    if rest >= {"+", "*", "=="}:
        rest -= _OPERATORS
        words.append("an operator")
    elif {"->", "="} <= rest and "(" not in rest:
        rest.discard("=")  # a function of a body begins as a step does
    elif "." in rest and len(rest) > 1:
        rest.discard(".")
    ordered = sorted(rest, key=lambda kind: (_rank(kind), kind))
    words.extend(_REST.get(kind, f"`{kind}`") for kind in ordered)
    return _joined(words[:_LONGEST])


def _rank(kind: str) -> int:
    """A sort key: the kinds most likely to be missing come first."""
    return _LIKELY.index(kind) if kind in _LIKELY else len(_LIKELY)


def _joined(words: list[str]) -> str:
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
