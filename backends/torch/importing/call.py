"""One node of the graph, for the function that says what it is in the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias, final

import torch
from torch import Tensor

from netlang.backends.torch.importing.layouts import batch_axis, sizes_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import (
    Argument,
    Maker,
    ModuleCall,
    SourceStep,
    SourceTensor,
    Value,
    WalkState,
)
from netlang.backends.torch.importing.tables.stored import StoredSteps
from netlang.records import Draft

if TYPE_CHECKING:
    from torch.fx import Node

__all__ = ["Call", "Handler", "Made", "modules_of"]

Made: TypeAlias = "Value | SourceTensor | tuple[Made, ...]"
Handler: TypeAlias = "Callable[[Call], Made]"
# Of a table that the source computes, for all examples of the graph.
_MOST_NUMBERS = 1 << 30
# Arguments by which an operator has random numbers or none.
_BY_MODE = {"train", "training", "dropout_p"}


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
        self.state.made.append(made)
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
        is_random = torch.Tag.nondeterministic_seeded in getattr(self.node.target, "tags", ())
        if is_random and not self.given.keys() & _BY_MODE:
            raise NotSayable("random numbers")
        if _new_numbers(self.node) > _MOST_NUMBERS:
            raise NotSayable("a table of more numbers than memory has room for")
        with torch.no_grad():
            assert callable(self.node.target)
            result = self.node.target(**_plain_arguments(self.given))
        return _constants(result)

    def promote(self) -> None:
        """Make floats of the tables of whole numbers and truth values that floats meet here.

        PyTorch does so where an operator takes its inputs number by number.
        """
        result = self.node.meta.get("val")
        by_number = torch.Tag.pointwise in getattr(self.node.target, "tags", ())
        if not by_number or not isinstance(result, Tensor) or not result.is_floating_point():
            return
        for name, held in self.given.items():
            if not isinstance(held, SourceTensor) or held.persistent or name == "condition":
                continue
            if not held.tensor.is_floating_point():
                self.given[name] = SourceTensor("", held.tensor.to(result.dtype), False, False)

    def _learned(self, stored: SourceTensor) -> Value:
        """A tensor of the source as a value: a parameter or a constant."""
        name = stored.key or f"constant {id(stored.tensor)}"
        found = self.state.learned.get(name)
        if found is None:
            found = self.state.learned[name] = StoredSteps(self.state, self.step).said(stored)
            self.state.constants.append(stored)
        return found


def _new_numbers(node: Node) -> int:
    """How many numbers a node computes; what it shows in another shape is no new memory."""
    made, schema = node.meta["val"], getattr(node.target, "_schema", None)
    shows = schema is None or any(each.alias_info for each in schema.returns)
    return made.numel() if isinstance(made, Tensor) and not shows else 0


def _constants(result: object) -> Made | None:
    if isinstance(result, list | tuple):
        return tuple(SourceTensor("", each, False, False) for each in result)
    return SourceTensor("", result, False, False) if isinstance(result, Tensor) else None


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
