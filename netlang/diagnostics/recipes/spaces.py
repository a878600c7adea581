"""Errors about spaces in recipes, from which `netlang search` chooses (E0810 to E0815)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "ChoiceOfOne",
    "ChoiceTwice",
    "OpenSpaces",
    "SpaceBackwards",
    "SpaceMisplaced",
    "SpaceOfOne",
]


class SpaceBackwards(Diagnostic):
    code = "E0810"
    title = "the space of `{name}` ends at {high}, before it starts"
    caption = "{high} isn't above {low}"
    help = "write `{word}({high}, {low})`"

    name: str
    word: str
    low: str
    high: str


class SpaceOfOne(Diagnostic):
    """Equal ends, or a step beyond the end."""

    code = "E0811"
    title = "the space of `{name}` has one value, {low}"
    caption = "nothing to choose from"
    help = "{advice}"

    name: str
    low: str
    advice: str


class ChoiceOfOne(Diagnostic):
    code = "E0812"
    title = "`choice` has {count:value/values} to choose from"
    caption = "a choice is between two at least"
    help = "write `choice(16, 32, 64)`"

    count: int


class ChoiceTwice(Diagnostic):
    code = "E0813"
    title = "`{value}` is among the values of a `choice` twice"
    caption = "given before"
    help = "remove one of them"

    value: str


class SpaceMisplaced(Diagnostic):
    code = "E0814"
    title = "`{key}` can't be searched: {why}"
    caption = "a space"
    help = "write one value; `{key}` is the same in all trials"

    key: str
    why: str


class OpenSpaces(Diagnostic):
    code = "E0815"
    title = "recipe `{recipe}` leaves {names} open"
    caption = "a space, from which `netlang search` chooses"
    help = "look for a value by `netlang search`, or give one: `{example}`"

    recipe: str
    names: str
    example: str
