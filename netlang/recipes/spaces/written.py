"""Finds the spaces in what a recipe says, and puts a value in place of each.

A space is a call of a word such as `log_uniform`, or of `choice`, wherever a value stands; a name
that the file defines goes first. What isn't chosen isn't looked at: the spaces in the other values
of a `choice` don't exist then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar, cast, final

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Edit
from netlang.diagnostics.edits import apply_edits
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.ir.arguments import signature
from netlang.recipes.bind import fields_of, word_of
from netlang.recipes.keys import DESCRIBED
from netlang.recipes.spaces.valid import options_of, require_options, require_values
from netlang.recipes.tables import table
from netlang.recipes.words.spaces import CHOICE, NumberSpace
from netlang.records import Draft, Record, field, names_of, replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["FIXED", "Choose", "Dimension", "Options", "Spaces", "first_of"]

_COMMENT = re.compile(r'("[^"\n]*")|#[^\n]*')
# What the score of a trial is measured on or by must be the same in all of them.
FIXED = {
    "data": "scores on different examples don't compare",
    "validation": "scores on different examples don't compare",
    "seed": "the best of several seeds is luck; `seeds: 5` gives their mean",
    "seeds": "means of different numbers of runs don't compare",
}
"""The keys that can't be searched, and why."""

# What is in parentheses where it stands beside an operator.
_OPERATORS = (ast.Binary, ast.Unary, ast.Compare, ast.Logical, ast.Conditional)

_T = TypeVar("_T")


@final
class Options(Record):
    """The values of a `choice`, as they are written."""

    texts: tuple[str, ...]

    def drawn(self, position: float) -> int:
        """The place of an option, for a number from 0 to below 1 that is evenly drawn."""
        return int(position * len(self.texts))

    def position(self, place: float) -> float:
        """The position of the option at a place, from 0 to 1."""
        return place / (len(self.texts) - 1)


@final
class Dimension(Record):
    """One thing to choose: its name in tables, its space, and where that is written."""

    name: str
    space: NumberSpace | Options
    span: Span


Choose: TypeAlias = Callable[[Dimension], "int | float"]
"""Chooses a number, or the place of one of the options."""


def first_of(dimension: Dimension) -> int | float:
    """The start of a space."""
    return dimension.space.low if isinstance(dimension.space, NumberSpace) else 0


def _one_line(text: str) -> str:
    """A text of a recipe as it can be given on the command line."""
    return " ".join(_COMMENT.sub(lambda found: found[1] or " ", text).split())


@final
class Spaces(Draft):
    """The spaces of a recipe that is being read, and what was chosen.

    `values` are the texts of what was chosen, by dimension; `overrides` the texts of each parameter
    and key with spaces, which give the same recipe.
    """

    choose: Choose = first_of
    found: list[Dimension] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    names: Environment | None = None
    descriptions: frozenset[str] = frozenset()
    operand: bool = False

    def filled(self, key: str, value: _T, names: Environment, *, parameter: bool = False) -> _T:
        """The value of a key or parameter with a choice in place of each space.

        Raises `NetlangError` for a space that is none.
        """
        assert isinstance(value, ast.Node)
        before, self.edits, self.names = len(self.found), [], names
        kind = None if parameter else DESCRIBED.get(key)
        self.descriptions = frozenset(table(kind)) if kind else frozenset()
        new = self._node(value, key, None if parameter else key)
        opened = self.found[before:]
        if opened and not parameter and key in FIXED:
            why = FIXED[key]
            raise NetlangError(refusals.SpaceMisplaced(span=opened[0].span, key=key, why=why))
        if opened:
            self.overrides[key] = _one_line(_edited(value.span, self.edits))
        return cast(_T, new)

    def _node(self, node: ast.Node, path: str, key: str | None) -> ast.Node:
        if isinstance(node, ast.Call):
            word = word_of(node)
            if word is not None and self._is_space(word.name):
                return self._space(node, word, path, key)
            return self._call(node, path, key)
        if isinstance(node, ast.Pipeline):
            stages = tuple(self._node(e, f"{path}{_word(e)}", key) for e in node.stages)
            return replace(node, stages=cast("tuple[ast.Expr, ...]", stages))
        outer, self.operand = self.operand, isinstance(node, _OPERATORS)
        changes = {name: self._part(getattr(node, name), path) for name in names_of(node)}
        self.operand = outer
        return replace(node, **changes)

    def _part(self, part: object, path: str) -> object:
        if isinstance(part, ast.Node):
            return self._node(part, path, None)
        if isinstance(part, tuple):
            return tuple(self._part(each, path) for each in part)
        return part

    def _is_space(self, word: str) -> bool:
        """Whether a word means a space here: no name of the file, no description of the key."""
        assert self.names is not None
        known = word == CHOICE or word in table("space")
        return known and word not in self.descriptions and self.names.find(word) is None

    def _call(self, call: ast.Call, path: str, key: str | None) -> ast.Node:
        """A call that is no space; its arguments have their names in the path."""
        word = word_of(call)
        classes = table(DESCRIBED[key]) if key is not None and key in DESCRIBED else {}
        cls = classes.get(word.name) if word is not None else None
        # Positional arguments of a loss are the values that it compares.
        names = [each.name for each in signature(cls)] if cls and key != "loss" else []
        arguments = []
        outer, self.operand = self.operand, False
        for place, each in enumerate(call.arguments):
            name = each.name or (names[place] if place < len(names) else str(place + 1))
            value = self._node(each.value, f"{path}.{name}", None)
            arguments.append(replace(each, value=cast(ast.Expr, value)))
        self.operand = outer
        return replace(call, arguments=tuple(arguments))

    # --- spaces -----------------------------------------------------------------------------

    def _space(self, call: ast.Call, word: ast.Name, path: str, key: str | None) -> ast.Node:
        again = re.compile(rf"{re.escape(path)}(_\d+)?")
        taken = sum(again.fullmatch(each.name) is not None for each in self.found)
        name = f"{path}_{taken + 1}" if taken else path
        if word.name == CHOICE:
            return self._option(call, name, key)
        assert self.names is not None
        cls = table("space")[word.name]
        space = cls(**fields_of(cls, call.arguments, self.names, call.span))
        assert isinstance(space, NumberSpace)
        require_values(name, space, call)
        number = self.choose(self._noted(Dimension(name, space, call.span)))
        text = repr(number)
        self.values[name] = text
        self._edit(call, f"({text})" if self.operand and number < 0 else text)
        return _number(number, space, call)

    def _option(self, call: ast.Call, name: str, key: str | None) -> ast.Node:
        options = tuple(options_of(call))
        texts = tuple(_one_line(each.span.text) for each in options)
        require_options(call, options, texts)
        place = int(self.choose(self._noted(Dimension(name, Options(texts), call.span))))
        chosen, outer, self.edits = options[place], self.edits, []
        inside = _labels(options)[place]
        self.values[name] = inside if isinstance(chosen, ast.Call) else texts[place]
        new = self._node(chosen, f"{name}.{inside}", key)
        text = _edited(chosen.span, self.edits)
        self.edits = outer
        self._edit(call, f"({text})" if self.operand and isinstance(chosen, _OPERATORS) else text)
        return new

    def _edit(self, call: ast.Call, text: str) -> None:
        self.edits.append(Edit(call.span, text))

    def _noted(self, dimension: Dimension) -> Dimension:
        self.found.append(dimension)
        return dimension


def _word(stage: ast.Expr) -> str:
    """The word of a step of a path, as a part of a name."""
    word = word_of(stage)
    return f".{word.name}" if word is not None and word.name != CHOICE else ""


def _labels(options: Iterable[ast.Expr]) -> list[str]:
    """A name for each option: its word, and its place where that isn't enough."""
    words = [word.name if (word := word_of(each)) else "" for each in options]
    return [
        f"{word}{place}" if words.count(word) > 1 or not word else word
        for place, word in enumerate(words, 1)
    ]


def _edited(span: Span, edits: Iterable[Edit]) -> str:
    """The text of a span with edits inside it."""
    inside = [Edit(_moved(each.span, span.start), each.text) for each in edits]
    return apply_edits(span.text, inside)


def _moved(span: Span, start: int) -> Span:
    return Span(span.source, span.start - start, span.end - start)


def _number(value: float, space: NumberSpace, call: ast.Call) -> ast.Node:
    """A chosen number as an expression; an end of the space is what stands there."""
    ends = dict(zip(("low", "high"), call.arguments, strict=False))
    ends |= {each.name: each for each in call.arguments if each.name}
    for name in ("low", "high"):
        if value == getattr(space, name) and name in ends:
            return ends[name].value
    plain = ast.Number(span=call.span, value=abs(value))
    return ast.Unary(span=call.span, operator="-", operand=plain) if value < 0 else plain
