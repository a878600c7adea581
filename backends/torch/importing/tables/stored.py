"""The steps that give a tensor of the source: a parameter, a rule, a computation, or a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import torch

from netlang.backends.torch.importing.layouts import BATCH, batch_axis, sizes_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Maker, SourceStep, SourceTensor, Value, WalkState
from netlang.backends.torch.importing.tables.constants import argument_of_constant, shortest
from netlang.backends.torch.importing.tables.long import is_tiring, long_table
from netlang.backends.torch.importing.tables.masks import window_mask
from netlang.backends.torch.importing.tables.runs import numbered, runs_in, written_runs
from netlang.ops.constants.listed import MOST_LISTED
from netlang.records import Draft

__all__ = ["StoredSteps"]

# Of the source, by which it computes a table; and runs of a table that say more than those.
_STEPS, _LINES = 40, 2


@final
class StoredSteps(Draft, eq=False):
    """Makes them, by `step`, after those that there are."""

    state: WalkState
    step: Callable[..., SourceStep]

    def said(self, stored: SourceTensor) -> Value:
        """The steps that give a tensor of the source."""
        shape = tuple(stored.tensor.shape)
        batch, fold = batch_axis(shape)
        sizes = sizes_of(shape, batch, fold)
        table = _of_each(stored, batch)
        short = table if table.key else SourceTensor("", shortest(table.tensor), False, False)
        whole = self._ruled(stored, short, few=True)
        if whole is None and _is_tiring(short):
            computed = self._computed(stored)
            if computed is not None:
                return computed
        whole = whole or self._ruled(stored, short, few=False) or self._listed(stored, short)
        step = whole.step
        assert step is not None
        if step.op == "full":
            step.arguments["shape"] = sizes
        elif short.tensor.shape != table.tensor.shape:
            step = self.step("expand", [whole], {"shape": sizes})
        return Value(Maker(step), shape, sizes, batch, fold, True)

    def _ruled(self, stored: SourceTensor, short: SourceTensor, *, few: bool) -> Value | None:
        """The steps of a rule that gives a table, without what repeats along its axes.

        With `few`, only rules that need less than the source usually does.
        """
        shape = tuple(short.tensor.shape)
        if short.tensor.dtype is torch.bool and not (stored.key and stored.persistent):
            numbers = SourceTensor("", short.tensor.float(), False, False)
            floats = self._ruled(numbers, numbers, few=few)
            if floats is None and few and _is_tiring(short):
                return None
            floats = floats or self._listed(numbers, numbers)
            step = self.step("not_equal", [floats], {"to": 0})
            return Value(Maker(step), shape, shape, None, 1, True)
        if short.key:
            return None
        positions = numbered(self.step, short.tensor)
        if positions is not None:
            return positions
        runs = runs_in(short.tensor) if _is_tiring(short) else None
        if runs is not None and (not few or len(runs.lines) <= _LINES):
            return written_runs(self.step, runs, shape)
        if few:
            return window_mask(self.step, short.tensor) if _is_tiring(short) else None
        return long_table(self.step, short.tensor) if _is_long(short) else None

    def _computed(self, stored: SourceTensor) -> Value | None:
        """The steps by which the source computes a constant, if the language has them all."""
        # What gives its own input comes back here, where there is then nothing.
        origin = self.state.origins.pop(id(stored.tensor), None)
        state, first = self.state, len(self.state.made)
        if origin is None or state.depth >= _STEPS:
            return None
        learned = dict(state.learned)
        state.depth += 1
        try:
            value = origin.compute()
        except NotSayable:
            value = None
        finally:
            state.depth -= 1
        new, shape = state.made[first:], stored.tensor.shape
        if len(new) <= _STEPS and value is not None and value.free and value.shape == shape:
            self._put_behind(origin.behind, [each for each in new if id(each) not in state.placed])
            return value
        gone = {id(each) for each in new}
        if gone:
            state.steps[:] = [each for each in state.steps if id(each) not in gone]
        del state.made[first:]
        state.placed -= gone
        state.learned = learned
        return None

    def _put_behind(self, place: SourceStep | None, new: Sequence[SourceStep]) -> None:
        """Move new steps to where the source has them, unless they read what comes later."""
        steps = self.state.steps
        rest = steps[: len(steps) - len(new)]
        at = 0
        if place is not None:
            at = next((i for i, each in enumerate(rest, 1) if each is place), len(rest))
        while at < len(rest) and id(rest[at]) in self.state.placed:
            at += 1
        later = {id(each) for each in rest[at:]}
        if not any(id(each.step) in later for step in new for each in step.read):
            steps[:] = [*rest[:at], *new, *rest[at:]]
            self.state.placed.update(map(id, new))

    def _listed(self, stored: SourceTensor, short: SourceTensor) -> Value:
        """A step that gives a tensor of the source, number by number if it is a table."""
        shape = tuple(short.tensor.shape)
        op, arguments = argument_of_constant(short)
        step = self.step(op, (), arguments, stored.key if stored.persistent else None)
        return Value(Maker(step), shape, shape, None, 1, True)


def _is_tiring(table: SourceTensor) -> bool:
    return not table.key and is_tiring(table.tensor)


def _is_long(table: SourceTensor) -> bool:
    """Whether a table has more numbers than a spec may list."""
    return not table.key and table.tensor.numel() > MOST_LISTED


def _of_each(stored: SourceTensor, batch: int | None) -> SourceTensor:
    """A table without its batch axis, along which it is the same for all examples."""
    if batch is None or stored.key:
        return stored
    fold = stored.tensor.shape[batch] // BATCH
    if fold == 1 and stored.tensor.stride(batch) == 0:  # one place in memory stands for all
        return SourceTensor("", stored.tensor.select(batch, 0), False, False)
    examples = stored.tensor.unflatten(batch, (BATCH, fold))
    first = examples.narrow(batch, 0, 1)
    if not bool((examples == first).all()):
        raise NotSayable("a table with numbers of its own for each example")
    table = first.squeeze(batch)
    return SourceTensor("", table if fold > 1 else table.squeeze(batch), False, False)
