"""Finds the arguments with which a block of the library is a part of another net.

It climbs: each argument in turn becomes the one with which most of the steps are equal, until all
are or none can be made better. What is found is equal; what isn't found may be there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import final

from netlang.backends.torch.importing.bundled.blocks.catalogue import BundledBlock, TakenParameter
from netlang.backends.torch.importing.bundled.blocks.forms import Forms, NormalForm
from netlang.backends.torch.importing.bundled.blocks.literals import KnownValues
from netlang.backends.torch.importing.text.pieces import AppliedText, Arg, Literal, rendered
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import elaborate_target, resolve_text
from netlang.ir.length import Lengths, distinct_steps
from netlang.records import Draft, Record, field

__all__ = ["BlockSearch", "Part", "StepBudget", "spec_of_call"]

_ROUNDS = 4
_MOST_TRIES = 500
# What a try costs that ends with an error, in steps.
_FAILED = 10
# What a block must have in common with a part to be looked at further, with any arguments.
_ALIKE = 0.3
# What has so many times more steps is another block; some steps of a block may be idle.
_LONGER = 4


@final
class Part(Record, eq=False):
    """A part of a net: its normal form, the type that it is given, and the values in it."""

    form: NormalForm
    given: str
    pool: KnownValues


@final
class StepBudget(Draft, eq=False):
    """How many steps may still be compiled for an import: a file may have very many parts."""

    left: int

    def take(self, steps: int) -> None:
        """Count steps that were compiled."""
        self.left -= steps


def spec_of_call(definitions: str, call: str, given: str) -> str:
    """A net of one call, for an input of a type."""
    return f"{definitions}\n\nnet alone {{\n    input given: {given}\n\n    {call}\n}}\n"


@final
class BlockSearch(Draft, eq=False):
    """The search for one block; `before` are the arguments of another part that was it.

    `tried` says how alike the calls so far are.
    """

    block: BundledBlock
    part: Part
    forms: Forms
    facts: Counter[object]
    budget: StepBudget
    before: Mapping[str, Literal] | None = None
    tried: dict[str, float] = field(default_factory=dict)

    def arguments(self) -> AppliedText | None:
        """The call of the block that is the part, if one was found."""
        taken = self.block.parameters()
        pools = {each.name: self.part.pool.like(each.values) for each in taken}
        if self._is_spent():
            return None
        best = max(self._starts(taken), key=lambda given: self._score(taken, given))
        score = self._score(taken, best)
        if score < _ALIKE:
            return None
        for _ in range(_ROUNDS):
            before = score
            for each in taken:
                for value in pools[each.name]:
                    if score >= 1 or self._is_spent():
                        break
                    other = {**best, each.name: value}
                    found = self._score(taken, other)
                    if found > score:
                        best, score = other, found
            if score >= 1:
                return self._call(taken, self._shortest(taken, best))
            if score == before:
                break
        return None

    def _is_spent(self) -> bool:
        return len(self.tried) > _MOST_TRIES or self.budget.left <= 0

    def _starts(self, taken: Iterable[TakenParameter]) -> Sequence[Mapping[str, Literal]]:
        """Arguments to begin with: as the library uses the block, or all of them the channels."""
        channels = self.part.pool.ints[0]
        uses = self.block.uses() or [{each.name: channels for each in taken if each.required}]
        return uses if self.before is None else [self.before, *uses]

    def _shortest(
        self, taken: Iterable[TakenParameter], given: Mapping[str, Literal]
    ) -> dict[str, Literal]:
        """The arguments without those that are the defaults."""
        found = dict(given)
        for each in taken:
            if not each.required and each.name in found:
                less = {name: value for name, value in found.items() if name != each.name}
                found = less if self._score(taken, less) >= 1 else found
        return found

    def _call(self, taken: Iterable[TakenParameter], given: Mapping[str, Literal]) -> AppliedText:
        args = [
            Arg(each.name, given[each.name], named=not each.required)
            for each in taken
            if each.name in given
        ]
        return AppliedText(self.block.name, tuple(args))

    def _score(self, taken: Iterable[TakenParameter], given: Mapping[str, Literal]) -> float:
        """How alike the block is with these arguments: 1 if it is the part, less if it isn't."""
        call = rendered([[self._call(taken, given)]], lambda _: None)
        if call not in self.tried:
            self.tried[call] = self._likeness(call)
        return self.tried[call]

    def _likeness(self, call: str) -> float:
        imports = f"from {self.block.file} import {self.block.name}"
        try:
            program = elaborate_target(resolve_text(spec_of_call(imports, call, self.part.given)))
        except NetlangError:
            self.budget.take(_FAILED)
            return -1.0
        steps = Lengths().steps(program.net)
        self.budget.take(distinct_steps(program.net))
        if steps > _LONGER * len(self.part.form.steps) + _FAILED:
            # Its steps aren't written out: a block may repeat them as often as it likes.
            return 0.0
        form = self.forms.of(program)
        if form.is_same(self.part.form):
            return 1.0
        facts = form.facts()
        common, every = (facts & self.facts).total(), (facts | self.facts).total()
        return 0.999 * (common / max(every, 1))
