"""One node of the graph, for the function that says what it is in the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias, final

import torch
from torch import Tensor

from netlang.backends.torch.importing.layouts import BATCH, batch_axis, sizes_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import (
    Argument,
    Maker,
    ModuleCall,
    SourceStep,
    SourceTensor,
    Value,
)
from netlang.backends.torch.importing.tables.constants import argument_of_constant, shortest
from netlang.backends.torch.importing.tables.long import long_table
from netlang.backends.torch.importing.tables.masks import window_mask
from netlang.backends.torch.importing.tables.runs import numbered, runs_in, written_runs
from netlang.ops.constants.listed import MOST_LISTED
from netlang.records import Draft, Record, field

if TYPE_CHECKING:
    from torch.fx import Node

__all__ = ["Call", "Handler", "Made", "Origin", "WalkState", "modules_of"]

Made: TypeAlias = "Value | SourceTensor | tuple[Made, ...]"
Handler: TypeAlias = "Callable[[Call], Made]"
_READABLE = 100
# Of the source, by which it computes a table; and runs of a table that say more than those.
_STEPS, _LINES = 40, 2


@final
class Origin(Record, eq=False):
    """How the source computes a constant: a node, what says it in the language, and where.

    That is `behind` a step, or in front of all if it is None. `made` keeps its identity.
    """

    call: Call
    handler: Handler
    made: Tensor
    behind: SourceStep | None


@final
class WalkState(Draft, eq=False):
    """The steps so far, those that have weights by their labels, and learned tensors by key.

    `origins` has the constants that the source computes, by the identity of their tensors;
    `placed` are the steps that were moved to where the source computes one, by identity.
    `constants` are held so that no other tensor gets the identity of one. If the graph isn't
    `batched`, it is of one example, and no axis is that of the batch.
    """

    steps: list[SourceStep] = field(default_factory=list)
    owned: dict[str, SourceStep] = field(default_factory=dict)
    learned: dict[str, Value] = field(default_factory=dict)
    constants: list[SourceTensor] = field(default_factory=list)
    origins: dict[int, Origin] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)
    batched: bool = True


def modules_of(node: Node) -> tuple[ModuleCall, ...]:
    """The modules around a node, from the outermost one."""
    stack = node.meta.get("nn_module_stack") or {}
    found = []
    for call, (path, kind) in stack.items():
        name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
        found.append(ModuleCall(path, name, call))
    return tuple(found)


@final
class Call(Draft, eq=False):
    """One node, for the function that says what it is in the language.

    `result` is torch's shape of what is made, if that isn't the node's.
    """

    state: WalkState
    node: Node
    given: dict[str, object]
    result: tuple[int, ...] | None = None

    @property
    def modules(self) -> tuple[ModuleCall, ...]:
        return modules_of(self.node)

    def value(self, name: str) -> Value:
        """A tensor among the arguments, as a value."""
        return self.valued(self.given[name])

    def valued(self, held: object) -> Value:
        """What a node has become, as a value: a stored tensor becomes a step."""
        if isinstance(held, Value):
            return held
        if isinstance(held, SourceTensor):
            return self._learned(held)
        raise NotSayable("a value that isn't a tensor")

    def values(self, name: str) -> list[Value]:
        held = self.given[name]
        assert isinstance(held, list | tuple)
        return [self.valued(each) for each in held]

    def stored(self, name: str) -> SourceTensor | None:
        """A tensor of the source among the arguments; None if there is none."""
        held = self.given.get(name)
        return held if isinstance(held, SourceTensor) else None

    def integer(self, name: str) -> int:
        held = self.given[name]
        if not isinstance(held, int):
            raise NotSayable(f"its `{name}` isn't a number")
        return held

    def integers(self, name: str) -> tuple[int, ...]:
        held = self.given[name]
        whole = held if isinstance(held, list | tuple) else [held]
        if not all(isinstance(each, int) for each in whole):
            raise NotSayable(f"its `{name}` aren't numbers")
        return tuple(whole)

    def number(self, name: str) -> float:
        held = self.given[name]
        if not isinstance(held, int | float):
            raise NotSayable(f"its `{name}` isn't a number")
        return held

    @property
    def shape(self) -> tuple[int, ...]:
        """Torch's shape of the result."""
        return self.result or tuple(self.node.meta["val"].shape)

    def emit(
        self,
        op: str,
        inputs: Sequence[Value],
        arguments: Mapping[str, Argument] | None = None,
        *,
        shape: Sequence[int] | None = None,
        key: str | None = None,
    ) -> Value:
        """A step with one output, of the node's shape if no other is given."""
        shape = self.shape if shape is None else tuple(shape)
        step = self.step(op, inputs, arguments, key)
        batch, fold = batch_axis(shape)
        read = step.read
        free = bool(read) and all(each.free for each in read)
        minor = fold > 1 and any(each.minor for each in read)
        return Value(Maker(step), shape, sizes_of(shape, batch, fold), batch, fold, free, minor)

    def step(
        self,
        op: str,
        inputs: Sequence[Value],
        arguments: Mapping[str, Argument] | None = None,
        key: str | None = None,
    ) -> SourceStep:
        if not all(map(_is_finite, (arguments or {}).values())):
            raise NotSayable("a number that isn't finite")
        again = key is not None and key in self.state.owned
        made = SourceStep(op, dict(arguments or {}), list(inputs), self.modules, key, again)
        if key is not None:
            self.state.owned.setdefault(key, made)
        self.state.steps.append(made)
        return made

    def folded(self, *, lists: bool) -> Made | None:
        """What a node gives that reads constants alone; they are computed here and now.

        A node with several results is left to its own function unless `lists`.
        """
        held = [each for each in _leaves(self.given) if isinstance(each, Value | SourceTensor)]
        if any(isinstance(each, Value) or each.key for each in held):
            return None
        kinds = (Tensor, list, tuple) if lists else (Tensor,)
        if not isinstance(self.node.meta.get("val"), kinds):
            return None
        if not held and not _makes(self.given):
            return None
        with torch.no_grad():
            assert callable(self.node.target)
            result = self.node.target(**_plain_arguments(self.given))
        return _constants(result)

    def _learned(self, stored: SourceTensor) -> Value:
        """A tensor of the source as a value: a parameter or a constant."""
        name = stored.key or f"constant {id(stored.tensor)}"
        found = self.state.learned.get(name)
        if found is None:
            found = self.state.learned[name] = self._said(stored)
            self.state.constants.append(stored)
        return found

    def _said(self, stored: SourceTensor) -> Value:
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
        if not _is_long(short):
            return None
        return window_mask(self.step, short.tensor) if few else long_table(self.step, short.tensor)

    def _computed(self, stored: SourceTensor) -> Value | None:
        """The steps by which the source computes a constant, if the language has them all."""
        # What gives its own input comes back here, where there is then nothing.
        origin = self.state.origins.pop(id(stored.tensor), None)
        if origin is None:
            return None
        steps, learned = list(self.state.steps), dict(self.state.learned)
        try:
            value = self.valued(origin.handler(origin.call))
        except NotSayable:
            value = None
        shape, placed = stored.tensor.shape, self.state.placed
        known = {id(each) for each in steps}
        new = [each for each in self.state.steps if id(each) not in known]
        if len(new) <= _STEPS and value is not None and value.free and value.shape == shape:
            self._put_behind(origin.behind, [each for each in new if id(each) not in placed])
            return value
        self.state.steps[:], self.state.learned = steps, learned
        return None

    def _put_behind(self, place: SourceStep | None, new: Sequence[SourceStep]) -> None:
        """Move new steps to where the source has them, unless they read what comes later."""
        moved = {id(each) for each in new}
        rest = [each for each in self.state.steps if id(each) not in moved]
        at = 0 if place is None else next(i for i, each in enumerate(rest) if each is place) + 1
        while at < len(rest) and id(rest[at]) in self.state.placed:
            at += 1
        later = {id(each) for each in rest[at:]}
        if not any(id(each.step) in later for step in new for each in step.read):
            self.state.steps[:] = [*rest[:at], *new, *rest[at:]]
            self.state.placed.update(moved)

    def _listed(self, stored: SourceTensor, short: SourceTensor) -> Value:
        """A step that gives a tensor of the source, number by number if it is a table."""
        shape = tuple(short.tensor.shape)
        op, arguments = argument_of_constant(short)
        step = self.step(op, (), arguments, stored.key if stored.persistent else None)
        return Value(Maker(step), shape, shape, None, 1, True)


def _constants(result: object) -> Made | None:
    if isinstance(result, list | tuple):
        return tuple(SourceTensor("", each, False, False) for each in result)
    return SourceTensor("", result, False, False) if isinstance(result, Tensor) else None


def _is_tiring(table: SourceTensor) -> bool:
    """Whether a table has more numbers than a reader sees the rule of."""
    return not table.key and table.tensor.numel() > _READABLE


def _is_long(table: SourceTensor) -> bool:
    """Whether a table has more numbers than a spec may list."""
    return not table.key and table.tensor.numel() > MOST_LISTED


def _of_each(stored: SourceTensor, batch: int | None) -> SourceTensor:
    """A table without its batch axis, along which it is the same for all examples."""
    if batch is None or stored.key:
        return stored
    first = stored.tensor.narrow(batch, 0, 1)
    if stored.tensor.shape[batch] != BATCH or not bool((stored.tensor == first).all()):
        raise NotSayable("a table with numbers of its own for each example")
    return SourceTensor("", first.squeeze(batch), False, False)


def _leaves(held: object) -> Iterable[object]:
    if isinstance(held, dict):
        held = list(held.values())
    if isinstance(held, list | tuple):
        for each in held:
            yield from _leaves(each)
    else:
        yield held


def _is_finite(argument: Argument) -> bool:
    if isinstance(argument, tuple):
        return all(map(_is_finite, argument))
    return not isinstance(argument, float) or isfinite(argument)


def _makes(given: Mapping[str, object]) -> bool:
    """Whether a node makes a tensor of numbers alone."""
    return not any(isinstance(each, tuple) for each in given.values())


def _plain_arguments(held: object) -> dict[str, object]:
    def plain(each: object) -> object:
        if isinstance(each, SourceTensor):
            return each.tensor
        return [plain(item) for item in each] if isinstance(each, list | tuple) else each

    assert isinstance(held, dict)
    return {name: plain(each) for name, each in held.items()}
