"""Reads a `train` definition as a `Recipe`.

On exit, every key is known, given once and of the right kind, and no required one is missing; all
mistakes are reported together. `netlang.recipes.check` finds out whether the recipe fits its net.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic, Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.many import Reported
from netlang.evaluate.builtins import is_word
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.values import Broken
from netlang.modules.library import Module
from netlang.modules.mentions import mentioned
from netlang.recipes.bind import listed
from netlang.recipes.keys import KEYS, LENGTHS, NEEDED
from netlang.recipes.overrides import argument_of, meant_key, read_override, unknown_key
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.read import Sections, StepsUnread, gathered
from netlang.recipes.sections.turn import Turn
from netlang.recipes.spaces.probes import open_spaces
from netlang.recipes.spaces.written import Spaces
from netlang.records import Draft, field
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["read_recipe"]

# Of words in what can't be read, so many are looked at as misspelt keys.
_MOST_SLIPS = 100


def read_recipe(
    module: Module, name: str, overrides: Iterable[str] = (), spaces: Spaces | None = None
) -> Recipe:
    """The recipe `name` of a file.

    Each override is a text ``name=value`` that replaces a parameter or a key. `spaces` says what to
    take where the recipe leaves something to a search, and gets to know it; without it, a recipe
    must be closed. Raises `NetlangError` with every mistake.
    """
    texts = tuple(overrides)
    reading = _Reading(
        module.recipes[name],
        Environment(module.find, listed=module.names, work=module.work).inner(),
        texts,
        spaces if spaces is not None else Spaces(),
    )
    reading.unread()
    reading.override()
    reading.parameters()
    reading.entries()
    reading.read_sections()
    recipe = reading.result()
    if spaces is None and reading.spaces.found:
        raise NetlangError(open_spaces(recipe.name, reading.spaces))
    return recipe


@final
class _Reading(Draft):
    """A recipe while it is read."""

    definition: ast.TrainDef
    names: Environment
    overrides: tuple[str, ...]
    spaces: Spaces
    problems: list[Diagnostic] = field(default_factory=list)
    reported: Reported = field(default_factory=Reported)
    failed: bool = False
    # The steps as far as they could be read, if nothing but them is wrong.
    parts: tuple[Turn, ...] = ()
    arguments: dict[str, ast.Entry] = field(default_factory=dict)
    replaced: dict[str, ast.Entry] = field(default_factory=dict)
    # Each reader of KEYS returns the value of the field with that name.
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)

    def _keep(self, error: NetlangError) -> None:
        self.failed = True
        self.problems += filter(self.reported.is_new, error.diagnostics)

    def unread(self) -> None:
        """Reading part of the recipe failed and was reported; its words may have named anything."""
        for each in self.definition.unread:
            self.failed = True
            self.names.unread.update(word for word in each.words if not is_word(word))

    # --- the command line -------------------------------------------------------------------

    def override(self) -> None:
        """Record each override as an argument for a parameter or as an entry."""
        parameters = {parameter.name for parameter in self.definition.parameters}
        for text in self.overrides:
            try:
                entry = read_override(text)
                target = self.arguments if entry.key in parameters else self.replaced
                if target is self.replaced and entry.key not in KEYS:
                    raise self._unknown_override(entry, parameters)
                if entry.key in target:
                    raise NetlangError(refusals.KeyTwice(span=entry.key_span, key=entry.key))
                target[entry.key] = entry
            except NetlangError as error:
                self._keep(error)

    def _unknown_override(self, entry: ast.Entry, parameters: set[str]) -> NetlangError:
        known = (*sorted(parameters), *KEYS)
        return NetlangError(
            refusals.UnknownOverride(
                span=entry.key_span,
                recipe=self.definition.name,
                name=entry.key,
                available=listed(known),
                fix=argument_of(entry, self.definition.entries)
                or fixes.replacement(entry.key, known, entry.key_span),
            )
        )

    # --- parameters -------------------------------------------------------------------------

    def parameters(self) -> None:
        """Give every parameter its value, in order, since a default may use earlier ones."""
        used = mentioned(
            (self.definition.entries, self.definition.sections, self.definition.unread)
        )
        for parameter in self.definition.parameters:
            used.update(mentioned(parameter.default))
        for parameter in self.definition.parameters:
            try:
                self._parameter(parameter, used)
            except NetlangError as error:
                self._keep(error)
                self.names.assign(parameter.name, Broken(), parameter.name_span)

    def _parameter(self, parameter: ast.Parameter, used: set[str]) -> None:
        name, span = parameter.name, parameter.name_span
        if name in self.names.own:
            raise NetlangError(language.DefinedTwice(span=span, name=name))
        if name not in used:
            self._keep(
                NetlangError(
                    language.UnusedParameter(span=span, name=name, block=self.definition.name)
                )
            )
        entry = self.arguments.get(name)
        if entry is not None and isinstance(entry.value, ast.Pipeline):
            raise NetlangError(refusals.PathNotAllowed(span=entry.value.span, key=name))
        expr = entry.value if entry is not None else parameter.default
        if expr is None:
            raise NetlangError(
                refusals.ParameterWithoutDefault(span=span, recipe=self.definition.name, name=name)
            )
        assert not isinstance(expr, ast.Pipeline)
        chosen = self.spaces.filled(name, expr, self.names, parameter=True)
        self.names.assign(name, Evaluator(self.names).decided(chosen), span)

    # --- entries ----------------------------------------------------------------------------

    def entries(self) -> None:
        """Read every entry; those of the command line replace those of the file."""
        for entry in self._in_force():
            try:
                value = self.spaces.filled(entry.key, entry.value, self.names)
                self._note(entry.key, value)
                self.values[entry.key] = KEYS[entry.key](entry.key, value, self.names)
            except NetlangError as error:
                self._keep(error)

    def _in_force(self) -> Iterable[ast.Entry]:
        for entry in self.definition.entries:
            if entry.key not in KEYS:
                self._keep(NetlangError(unknown_key(entry, self.definition.entries)))
            elif entry.key in self.places:
                before = Note(self.places[entry.key], f"`{entry.key}` is given here")
                fix = Fix("remove one of them", (fixes.without_statement(entry.span),))
                twice = refusals.KeyTwice(
                    span=entry.key_span, key=entry.key, notes=(before,), fix=fix
                )
                self._keep(NetlangError(twice))
            else:
                self._note(entry.key, entry.value)
                if not self._is_replaced(entry.key):
                    yield entry
        for entry in self.replaced.values():
            self._note(entry.key, entry.value)
            yield entry

    def _note(self, key: str, value: ast.Expr | ast.Pipeline) -> None:
        """Record where a value is, and each step of a path: `augment[0]`."""
        self.places[key] = value.span
        stages = value.stages if isinstance(value, ast.Pipeline) else (value,)
        for place, stage in enumerate(stages):
            self.places[f"{key}[{place}]"] = stage.span

    def _is_replaced(self, key: str) -> bool:
        """`steps` on the command line also replaces `epochs` in the file, and vice versa."""
        other = LENGTHS.get(key)
        if other in self.replaced and key not in self.replaced:
            self.places.pop(key)
            return True
        return key in self.replaced

    def read_sections(self) -> None:
        """Read the steps that take turns, and what is drawn."""
        sections, sound = Sections(self.names, self._keep), not self.failed
        sections.read(self.definition.sections)
        self.parts = tuple(sections.parts) if sound else ()
        self.values.update(gathered(sections.turns, self.places, self._keep))
        self.values["draws"] = tuple(sections.draws)
        self.places.update(sections.places)
        if sections.turns:
            first = sections.turns[0].places
            self.places.update(loss=first["loss"], optimizer=first["optimizer"])

    # --- the whole --------------------------------------------------------------------------

    def result(self) -> Recipe:
        """The recipe. Raises `NetlangError` with every mistake."""
        problems = len(self.problems)
        self._completeness()
        if self.failed and self.parts and len(self.problems) == problems:
            raise StepsUnread(self._recipe(turns=self.parts), *self.problems)
        if self.failed:
            raise NetlangError(*self.problems)
        return self._recipe()

    def _recipe(self, **parts: tuple[Turn, ...]) -> Recipe:
        fields = self.values | parts
        if parts:
            first = self.parts[0]
            fields |= {"loss": first.loss, "optimizer": first.optimizer}
        length = fields.pop("steps", None) or fields.pop("epochs")
        return Recipe(
            name=self.definition.name,
            length=length,
            doc=self.definition.doc,
            overrides=self.overrides,
            span=self.definition.name_span,
            places=self.places,
            **fields,
        )

    def _completeness(self) -> None:
        if {"steps", "epochs"} <= self.places.keys():
            note = Note(self.places["steps"], "and in steps here")
            fix = self._without("epochs")
            both = refusals.StepsAndEpochs(span=self.places["epochs"], notes=(note,), fix=fix)
            self._keep(NetlangError(both))
        if any(each.whole for each in self.definition.unread):
            return
        unread = set[str]().union(*(each.words for each in self.definition.unread))
        # A key that was probably meant by an unknown one isn't reported as missing as well.
        slips = {each.key for each in self.definition.entries if each.key not in KEYS}
        slips |= {*sorted(unread - KEYS.keys())[:_MOST_SLIPS]}
        present = unread | set(self.places) | {meant for key in slips if (meant := meant_key(key))}
        present |= {"steps"} if "epochs" in present else set()
        if any(each.kind == "step" for each in self.definition.sections):
            present |= {"loss", "optimizer"}
        for key, (what, example) in NEEDED.items():
            if key not in present:
                missing = refusals.MissingKey(
                    span=self.definition.name_span,
                    recipe=self.definition.name,
                    key=key,
                    what=what,
                    example=example,
                    fix=self._with_line(example) if key != "model" else None,
                )
                self._keep(NetlangError(missing))

    def _without(self, key: str) -> Fix | None:
        """The removal of an entry of the file."""
        for entry in self.definition.entries:
            if entry.key == key and entry.value.span == self.places[key]:
                return Fix("keep `steps` or `epochs`", (fixes.without_statement(entry.span),))
        return None

    def _with_line(self, line: str) -> Fix | None:
        """Adds an entry after the last one."""
        if not self.definition.entries:
            return None
        last = self.definition.entries[-1].span
        indent = " " * (last.location.column - 1)
        return fixes.inserted(last, f"\n{indent}{line}", f"add a line such as `{line}`")
