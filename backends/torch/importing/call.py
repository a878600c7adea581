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
from netlang.backends.torch.importing.tables.runs import numbered, runs_in, written_runs
from netlang.ops.constants.listed import MOST_LISTED
from netlang.records import Draft, field

if TYPE_CHECKING:
    from torch.fx import Node

__all__ = ["Call", "Handler", "Made", "WalkState", "modules_of"]

Made: TypeAlias = "Value | SourceTensor | tuple[Made, ...]"
Handler: TypeAlias = "Callable[[Call], Made]"
_READABLE = 100


@final
class WalkState(Draft, eq=False):
    """The steps so far, those that have weights by their labels, and learned tensors by key.

    `constants` are held so that no other tensor gets the identity of one. If the graph isn't
    `batched`, it is of one example, and no axis is that of the batch.
    """

    steps: list[SourceStep] = field(default_factory=list)
    owned: dict[str, SourceStep] = field(default_factory=dict)
    learned: dict[str, Value] = field(default_factory=dict)
    constants: list[SourceTensor] = field(default_factory=list)
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
            shape = tuple(stored.tensor.shape)
            batch, fold = batch_axis(shape)
            sizes = sizes_of(shape, batch, fold)
            table = _of_each(stored, batch)
            short = table if table.key else SourceTensor("", shortest(table.tensor), False, False)
            whole = self._table(stored, short)
            step = whole.step
            assert step is not None
            if step.op == "full":
                step.arguments["shape"] = sizes
            elif short.tensor.shape != table.tensor.shape:
                step = self.step("expand", [whole], {"shape": sizes})
            found = Value(Maker(step), shape, sizes, batch, fold, True)
            self.state.learned[name] = found
            self.state.constants.append(stored)
        return found

    def _table(self, stored: SourceTensor, short: SourceTensor) -> Value:
        """A step that gives a tensor of the source, without what repeats along its axes."""
        shape = tuple(short.tensor.shape)
        if short.tensor.dtype is torch.bool and not (stored.key and stored.persistent):
            numbers = SourceTensor("", short.tensor.float(), False, False)
            step = self.step("not_equal", [self._table(numbers, numbers)], {"to": 0})
            return Value(Maker(step), shape, shape, None, 1, True)
        positions = numbered(self.step, short.tensor) if not short.key else None
        if positions is not None:
            return positions
        is_long = not short.key and short.tensor.numel() > MOST_LISTED
        runs = runs_in(short.tensor) if _is_tiring(short) else None
        if runs is not None:
            return written_runs(self.step, runs, shape)
        made = long_table(self.step, short.tensor) if is_long else None
        if made is not None:
            return made
        op, arguments = argument_of_constant(short)
        step = self.step(op, (), arguments, stored.key if stored.persistent else None)
        return Value(Maker(step), shape, shape, None, 1, True)


def _constants(result: object) -> Made | None:
    if isinstance(result, list | tuple):
        return tuple(SourceTensor("", each, False, False) for each in result)
    return SourceTensor("", result, False, False) if isinstance(result, Tensor) else None


def _is_tiring(table: SourceTensor) -> bool:
    """Whether a table has more numbers than a reader sees the rule of."""
    return not table.key and MOST_LISTED >= table.tensor.numel() > _READABLE


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
