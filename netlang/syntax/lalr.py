"""Runs the LALR(1) automaton of `grammar.lark`, from the first token to the tree.

Lark computes the tables ahead of time (`tables.py`); this loop only follows them, so neither Lark
nor the grammar is loaded when a net is compiled. The tree grows from the leaves in one pass without
recursion: time is linear, and no nesting can overflow the stack.

After `parse_part`, the text is known to follow the grammar and the limits of `limits.py`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast, final

from msgspec.json import decode

from netlang.records import Record, no_collection
from netlang.source import Source
from netlang.syntax.ast import Expr
from netlang.syntax.construct.builder import Builder, Maker
from netlang.syntax.construct.expressions import EXPRESSIONS
from netlang.syntax.construct.statements import STATEMENTS
from netlang.syntax.lexer import Lexer, Tokens, Words
from netlang.syntax.limits import MAX_ARGUMENTS, MAX_DEPTH, MAX_SYMBOLS, Mistake

__all__ = [
    "ParserStacks", "Stuck", "Tables", "load_tables", "parse_expression",
    "parse_part",
]  # fmt: skip

_NESTING = frozenset((
    "attribute", "binary", "call", "compare", "comprehension", "conditional", "if", "index",
    "list_expr", "logical", "slice", "spread", "suite", "targets", "tuple_expr", "unary",
))  # fmt: skip
# How the tables call the repetitions of these rules.
_LIMITED = ("__parameters_", "__arguments_")


class GrammarRule(NamedTuple):
    """What to do at the end of a rule: take `length` values, make one of those in `kept`.

    `maker` is None if the single kept value is passed on; `single` says that one value is all and
    no level of depth is added. Values at `spliced` are lists, made by
    repetitions, whose items are inserted in place; `nests` is 1 if the rule adds a level of depth;
    `whole` says that every value is kept unchanged, `limited` that a repetition may have at most
    `MAX_ARGUMENTS` items.
    """

    origin: str
    maker: Maker | None
    single: bool
    length: int
    kept: tuple[int, ...]
    spliced: frozenset[int]
    nests: int
    whole: bool
    limited: bool

    @property
    def passes(self) -> bool:
        """Whether it passes on one value unchanged."""
        return self.length == 1 and self.maker is None


@final
class Tables(Record):
    """The contents of `tables.json`, ready to use.

    `actions[state][kind]` is the next state, or -1 - the number of the rule that ends here;
    `gotos[state][origin]` is the state after a rule of that name.
    """

    words: Words
    rules: tuple[GrammarRule, ...]
    ends: list[tuple[str, Maker | None, bool, GrammarRule]]
    """What most ends of rules need, in reverse order: an action is -1 minus a rule's number."""
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    starts: dict[str, int]
    passed: dict[tuple[int, int, str], int]
    """Filled in by `passing`."""

    def passing(self, below: int, state: int, kind: str) -> int:
        """The state after all rules that pass on one value, from `state` before a token of `kind`.

        `below` is the state under it. Each path is followed once: an expression has many such
        rules, one for each precedence of operators.
        """
        key = below, state, kind
        if key not in self.passed:
            action = self.actions[state].get(kind)
            while action is not None and action < 0 and self.rules[-1 - action].passes:
                state = self.gotos[below][self.rules[-1 - action].origin]
                action = self.actions[state].get(kind)
            self.passed[key] = state
        return self.passed[key]


@final
class Stuck(Exception):
    """No rule allows token number `index` here, while a `symbol` is read."""

    def __init__(self, tokens: Tokens, index: int, symbol: str) -> None:
        super().__init__(index)
        self.tokens = tokens
        self.index = index
        self.symbol = symbol


@cache
def load_tables() -> Tables:
    makers = EXPRESSIONS | STATEMENTS
    data: Any = decode(Path(__file__).with_name("tables.json").read_bytes())
    rules = tuple(
        GrammarRule(
            origin,
            makers[maker] if maker else None,
            length == len(kept) == 1 and not spliced and maker not in _NESTING,
            length,
            tuple(kept),
            frozenset(spliced),
            int(maker in _NESTING),
            len(kept) == length and not spliced,
            origin.startswith(_LIMITED),
        )
        for origin, length, maker, kept, spliced in data["rules"]
    )
    return Tables(
        words=Words(data["patterns"], data["keywords"], data["marks"]),
        rules=rules,
        ends=[(rule.origin, rule.maker, rule.single, rule) for rule in reversed(rules)],
        actions=[data["actions"][row] for row, _ in data["states"]],
        gotos=[data["gotos"][row] for _, row in data["states"]],
        starts=data["starts"],
        passed={},
    )


def parse_part(source: Source, symbol: str, start: int, end: int) -> object:
    """The characters `start` to `end` parsed as a `symbol`. Raises `Stuck` or `Mistake`."""
    tables = load_tables()
    with no_collection():
        tokens = Lexer(tables.words, source.text, start, end).run()
        return ParserStacks(tables, Builder(source, tokens, parse_expression), symbol).follow()


def parse_expression(source: Source, start: int, end: int) -> Expr:
    return cast(Expr, parse_part(source, "conditional", start, end))


@final
class ParserStacks:
    """One run of the automaton.

    For each symbol that was read and isn't part of a node yet, the stacks hold its state, its
    value and the number of its first token. `deep` holds the place and the depth of each value
    under which something nests; most have none.
    """

    def __init__(self, tables: Tables, builder: Builder, symbol: str) -> None:
        self.tables = tables
        self.symbol = symbol
        self.builder = builder
        self.states: list[int] = []
        self.values: list[Any] = []
        self.firsts: list[int] = []
        self.deep: list[tuple[int, int]] = []

    def follow(self) -> object:
        actions, gotos, ends = self.tables.actions, self.tables.gotos, self.tables.ends
        states, values, firsts = self.states, self.values, self.firsts
        builder, passed = self.builder, self.tables.passed
        state = self.tables.starts[self.symbol]
        states.append(state)
        for index, kind in enumerate(builder.kinds):
            while True:
                action = actions[state].get(kind)
                if action is None:
                    raise Stuck(builder.tokens, index, self.symbol)
                if action >= 0:
                    if len(states) > MAX_SYMBOLS:
                        raise Mistake("too_deep", *self._place(index))
                    state = action
                    states.append(state)
                    values.append(index)
                    firsts.append(index)
                    break
                origin, maker, single, rule = ends[action]
                if not single:
                    self.reduce(rule, index)
                    state = gotos[states[-1]][origin]
                    states.append(state)
                elif maker is None:
                    below = states[-2]
                    way = passed.get((below, state, kind))
                    state = self.tables.passing(below, state, kind) if way is None else way
                    states[-1] = state
                else:
                    values[-1] = maker(builder, values[-1:], firsts[-1], index - 1)
                    state = gotos[states[-2]][origin]
                    states[-1] = state
        return values[0]

    def take(self, index: int, kind: str, *, closing: bool = False) -> None:
        """Follow one token. Raises `Stuck` if no rule allows it.

        One that closes what is open may follow however much that is.
        """
        actions, gotos = self.tables.actions, self.tables.gotos
        while True:
            action = actions[self.states[-1]].get(kind)
            if action is None:
                raise Stuck(self.builder.tokens, index, self.symbol)
            if action >= 0:
                if len(self.states) > MAX_SYMBOLS and not closing:
                    raise Mistake("too_deep", *self._place(index))
                self.states.append(action)
                self.values.append(index)
                self.firsts.append(index)
                return
            rule = self.tables.rules[-1 - action]
            if rule.passes:
                self.states[-1] = gotos[self.states[-2]][rule.origin]
                continue
            self.reduce(rule, index)
            self.states.append(gotos[self.states[-1]][rule.origin])

    def _place(self, index: int) -> tuple[int, int]:
        return self.builder.starts[index], self.builder.ends[index]

    def reduce(self, rule: GrammarRule, index: int) -> None:
        """Replace the parts of a rule that ends before token `index` by its value.

        If this raises a `Mistake`, the parts are still there.
        """
        values, firsts, builder, length = self.values, self.firsts, self.builder, rule.length
        place, deep = len(values) - length, self.deep
        first = firsts[place] if length else index
        depth = self._depth(place) + rule.nests if deep else rule.nests
        if depth > MAX_DEPTH:
            raise Mistake("too_deep", builder.starts[first], builder.ends[index - 1])
        children = values[place:] if rule.whole else self._children(rule)
        value = rule.maker(builder, children, first, index - 1) if rule.maker else children[0]
        if length:
            del self.states[-length:], values[place:], firsts[place:]
            if deep:
                self.forget(place)
        values.append(value)
        firsts.append(first)
        if depth:
            deep.append((place, depth))

    def _depth(self, place: int) -> int:
        """The largest depth of the values from a place on."""
        found = 0
        for at, deep in reversed(self.deep):
            if at < place:
                break
            found = max(found, deep)
        return found

    def forget(self, place: int) -> None:
        """Remove the depths of the values from a place on."""
        deep = self.deep
        while deep and deep[-1][0] >= place:
            deep.pop()

    def _children(self, rule: GrammarRule) -> list[Any]:
        values, length, kept = self.values, rule.length, rule.kept
        if not rule.spliced:
            if len(kept) == 1:
                return [values[kept[0] - length]]
            return [values[place - length] for place in kept]
        if kept[0] == 0 and 0 in rule.spliced:
            # A repetition grows in place: copying it at each step would take quadratic time.
            children: list[Any] = values[-length]
            if rule.limited and len(children) >= MAX_ARGUMENTS - 1:  # the first isn't in it
                starts, first = self.builder.starts, self.firsts[-1]
                raise Mistake("too_many", starts[first], self.builder.ends[first])
            for place in kept[1:]:
                children.append(values[place - length])
            return children
        children = []
        for place in kept:
            value = values[place - length]
            if place in rule.spliced:
                children.extend(value)
            else:
                children.append(value)
        return children
