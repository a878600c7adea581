"""Reads the sections of a recipe: `step critic { ... }` and `draw { z: normal }`.

On exit, every key is known, given once and of the right kind, and no required one is missing.
`netlang.recipes.sections.check` finds out whether they fit the net.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic, Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.recipes.bind import listed
from netlang.recipes.keys import TURN_KEYS, read_distribution
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.turn import Draw, Turn
from netlang.recipes.words.optimizers import Sgd
from netlang.recipes.words.terms import Loss
from netlang.records import Draft, field
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["Sections", "StepsUnread", "gathered"]

_KINDS = ("step", "draw")
_NEEDED: Mapping[str, tuple[str, str]] = {
    "train": ("which parts of the net it trains", 'train: ["critic"]'),
    "loss": ("what it minimises", "loss: mse(score, 1)"),
    "optimizer": ("how the weights change", "optimizer: adam(lr=2e-4)"),
}

# Each looks at all weights of the net, and has an optimizer of its own.
_MOST_STEPS = 32

# A record has their losses under the names under which it has those of steps.
_SCORES = ("validation", "test")

Keep = Callable[[NetlangError], None]


@final
class StepsUnread(NetlangError):
    """Nothing but steps of a recipe is wrong; `rest` has what could be read of them.

    What couldn't is empty there, so that the rest can be checked as well.
    """

    def __init__(self, rest: Recipe, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.rest = rest


@final
class Sections(Draft):
    """The sections of a recipe while they are read; `keep` gets what is wrong with them.

    `parts` are the steps as far as they could be read, each with an optimizer.
    """

    names: Environment
    keep: Keep
    turns: list[Turn] = field(default_factory=list)
    parts: list[Turn] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    places: dict[str, Span] = field(default_factory=dict)

    def read(self, sections: Iterable[ast.Section]) -> None:
        """Read them in the order in which they are written."""
        steps = 0
        for section in sections:
            steps += section.kind == "step"
            try:
                if section.kind == "step" and steps > _MOST_STEPS:
                    if steps == _MOST_STEPS + 1:
                        raise NetlangError(
                            refusals.TooManyTurns(span=section.kind_span, most=_MOST_STEPS)
                        )
                    continue
                self._read(section)
            except NetlangError as error:
                self.keep(error)

    def _read(self, section: ast.Section) -> None:
        kind, span = section.kind, section.kind_span
        if kind not in _KINDS:
            fix = fixes.replacement(kind, _KINDS, span)
            raise NetlangError(refusals.UnknownSection(span=span, kind=kind, fix=fix))
        self._require_name(section)
        place = f"{kind} {section.name}" if section.name else kind
        if place in self.places:
            before = Note(self.places[place], f"`{place}` is given here")
            raise NetlangError(refusals.KeyTwice(span=section.span, key=place, notes=(before,)))
        self.places[place] = section.name_span or span
        if kind == "step":
            self._step(section)
        else:
            self._draw(section)

    def _require_name(self, section: ast.Section) -> None:
        if section.kind == "step" and section.name is None:
            what = "a `step` needs a name, under which its loss is recorded"
            wrong = refusals.SectionName(span=section.kind_span, what=what, example="step critic")
            raise NetlangError(wrong)
        if section.kind == "step" and section.name in _SCORES:
            what = f"a `step` can't be called `{section.name}`: its loss would look like a score"
            raise NetlangError(
                refusals.SectionName(span=section.name_span, what=what, example="step critic")
            )
        if section.kind == "draw" and section.name is not None:
            what = "`draw` has no name: it names the inputs of the net"
            raise NetlangError(
                refusals.SectionName(span=section.name_span, what=what, example="draw")
            )

    def _step(self, section: ast.Section) -> None:
        values: dict[str, Any] = {}
        places: dict[str, Span] = {}
        for entry in _once(section, self.keep):
            key, value = entry.key, entry.value
            try:
                places[key] = value.span
                if key not in TURN_KEYS:
                    fix = fixes.replacement(key, TURN_KEYS, entry.key_span)
                    available = listed(TURN_KEYS)
                    unknown = refusals.UnknownSectionKey(
                        span=entry.key_span, key=key, available=available, fix=fix
                    )
                    raise NetlangError(unknown)
                values[key] = TURN_KEYS[key](key, value, self.names)
            except NetlangError as error:
                self.keep(error)
        # A key that was probably meant by an unknown one isn't reported as missing as well.
        from netlang.advice.similar import nearest

        given = places.keys() | {
            nearest(key, TURN_KEYS) for key in places.keys() - TURN_KEYS.keys()
        }
        for key in () if section.unread else [each for each in _NEEDED if each not in given]:
            self.keep(_missing(section, key))
        assert section.name is not None
        assert section.name_span is not None
        if all(key in values for key in _NEEDED):
            turn = Turn(name=section.name, span=section.name_span, places=places, **values)
            self.turns.append(turn)
        known: dict[str, Any] = {"train": (), "loss": Loss(()), "optimizer": Sgd(lr=0.1)}
        known |= values
        self.parts.append(Turn(name=section.name, span=section.name_span, places=places, **known))

    def _draw(self, section: ast.Section) -> None:
        for entry in _once(section, self.keep):
            try:
                distribution = read_distribution(entry.key, entry.value, self.names)
                self.draws.append(Draw(entry.key, distribution, entry.key_span))
            except NetlangError as error:
                self.keep(error)


def _once(section: ast.Section, keep: Keep) -> Iterable[ast.Entry]:
    seen: dict[str, Span] = {}
    for entry in section.entries:
        if entry.key in seen:
            before = Note(seen[entry.key], f"`{entry.key}` is given here")
            keep(
                NetlangError(refusals.KeyTwice(span=entry.key_span, key=entry.key, notes=(before,)))
            )
        else:
            seen[entry.key] = entry.key_span
            yield entry


def _missing(section: ast.Section, key: str) -> NetlangError:
    what, example = _NEEDED[key]
    return NetlangError(
        refusals.StepKeyMissing(
            span=section.name_span, step=str(section.name), key=key, what=what, example=example
        )
    )


def gathered(turns: Iterable[Turn], places: Mapping[str, Span], keep: Keep) -> dict[str, Any]:
    """The fields of a recipe for its steps: their losses together, and the first optimizer."""
    found = tuple(turns)
    for key in ("loss", "optimizer"):
        if found and key in places:
            keep(NetlangError(refusals.BesideSteps(span=places[key], key=key)))
    if not found:
        return {}
    terms = tuple(term for turn in found for term in turn.loss.terms)
    return {"turns": found, "loss": Loss(terms), "optimizer": found[0].optimizer}
