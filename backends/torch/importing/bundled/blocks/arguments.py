"""Finds the arguments with which a block of the library is a part of another net.

It climbs: each argument in turn becomes the one with which most of the steps are equal, until all
are or none can be made better. What is found is equal; what isn't found may be there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import final

from netlang.backends.torch.importing.bundled.blocks.catalogue import BundledBlock, TakenParameter
from netlang.backends.torch.importing.bundled.blocks.compiling import BlockCall, CallCompiler
from netlang.backends.torch.importing.bundled.blocks.forms import NormalForm
from netlang.backends.torch.importing.bundled.blocks.literals import KnownValues
from netlang.backends.torch.importing.text.pieces import AppliedText, Arg, Literal, rendered
from netlang.records import Draft, Record, field

__all__ = ["BlockSearch", "Part"]

_ROUNDS = 4
# Uses that the search begins with: those that have most in common with the values of the part.
_MOST_STARTS = 4
_MOST_TRIES = 500
# What a block must have in common with a part to be looked at further, with any arguments.
_ALIKE = 0.3
# What has so many times more steps is another block; some steps of a block may be idle.
_LONGER, _IDLE = 4, 10


@final
class Part(Record, eq=False):
    """A part of a net: its normal form, the type that it is given, and what is known of both."""

    form: NormalForm
    given: str
    pool: KnownValues
    facts: Counter[object]


@final
class BlockSearch(Draft, eq=False):
    """The search for one block; `before` are the arguments of another part that was it.

    `tried` says how alike the calls so far are.
    """

    block: BundledBlock
    part: Part
    compiler: CallCompiler
    before: Mapping[str, Literal] | None = None
    tried: dict[str, float] = field(default_factory=dict)

    def arguments(self) -> AppliedText | None:
        """The call of the block that is the part, if one was found."""
        taken = self.block.parameters()
        pools = {each.name: self.part.pool.like(each.values) for each in taken}
        if self._is_spent():
            return None
        best, score = self._best_start(taken)
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

    def _best_start(self, taken: Iterable[TakenParameter]) -> tuple[Mapping[str, Literal], float]:
        """The first of the starts that are most like the part, and how alike it is."""
        best: Mapping[str, Literal] = {}
        most = -1.0
        for given in self._starts(taken):
            score = self._score(taken, given)
            if score > most:
                best, most = given, score
            if most >= 1:
                break
        return best, most

    def _is_spent(self) -> bool:
        return len(self.tried) > _MOST_TRIES or self.compiler.is_spent

    def _starts(self, taken: Iterable[TakenParameter]) -> Sequence[Mapping[str, Literal]]:
        """Arguments to begin with: as the library uses the block, or all of them the channels."""
        pool = self.part.pool
        uses = self.block.uses() or [{each.name: pool.ints[0] for each in taken if each.required}]
        likely = sorted(uses, key=lambda given: -sum(map(pool.has, given.values())))[:_MOST_STARTS]
        return likely if self.before is None else [self.before, *likely]

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
        form = self.compiler.form(BlockCall(imports, call, self.part.given), self._most_steps())
        if form is None:
            return 0.0
        if form.is_same(self.part.form):
            return 1.0
        facts, own = form.facts(), self.part.facts
        common = (facts & own).total()
        return 0.999 * (common / max(facts.total() + own.total() - common, 1))

    def _most_steps(self) -> int:
        return _LONGER * len(self.part.form.steps) + _IDLE
