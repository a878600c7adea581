"""Makes holes of what can't be said, so that everything else is written.

A hole gives the value that its node gives. Where the language has no such value either, as for
complex numbers or a shape with two batch axes, the value is lost: nodes that read it are part of
the hole, which ends where a value can be said again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from netlang.backends.torch.importing.call import Call, Made
from netlang.backends.torch.importing.layouts import batch_axis, sizes_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import (
    Argument,
    BareWord,
    Maker,
    SourceStep,
    SourceTensor,
    Value,
    WalkState,
)
from netlang.records import Draft, field

if TYPE_CHECKING:
    from torch.fx import Node

__all__ = ["Holes", "operator_of"]

_MOST_NAMES = 6


@final
class _Lost(Draft, eq=False):
    """Nodes that are in a hole already: what they read, what they are, and why they are in it."""

    inputs: dict[Maker, Value] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    why: str = ""

    def __ior__(self, other: _Lost) -> _Lost:
        self.inputs |= other.inputs
        self.names += [name for name in other.names if name not in self.names]
        self.why = self.why or other.why
        return self


@final
class Holes(Draft, eq=False):
    """The holes of one walk, and the values that are lost."""

    state: WalkState
    lost: dict[Value, _Lost] = field(default_factory=dict)

    def reads_lost(self, held: Iterable[Made | None]) -> bool:
        """Whether one of these values can't be read by itself."""
        return any(each in self.lost for each in _values(held))

    def filled(self, node: Node, held: Iterable[Made | None], error: NotSayable) -> Made:
        """What a node gives that can't be said, or that reads what is lost."""
        call = Call(self.state, node, {})
        hole = self._gathered(call, held, error)
        val = node.meta.get("val")
        if isinstance(val, Tensor):
            return self._value(call, val, hole)
        if val is None:  # a file doesn't say what it is
            return self._lose(call, torch.empty(0), hole)
        parts = val if isinstance(val, tuple | list) else ()
        return tuple(self._value(call, each, hole) for each in parts if isinstance(each, Tensor))

    def written_into(self, node: Node, before: Made | None, hole: Made) -> Made:
        """What a node gives after a hole has written into a part of it: another hole."""
        found = _Lost()
        for each in _values([hole]):
            step = each.step
            if step is not None and step.op == "hole":
                read = {value.source: value for value in step.inputs}
                found |= _Lost(read, [str(step.arguments["of"])], str(step.arguments["why"]))
            found |= self.lost.get(each, _Lost())
        for each in _values([before]):
            found |= self.lost.get(each, _Lost({each.source: each}))
        return self._value(Call(self.state, node, {}), node.meta["val"], found)

    def _gathered(self, call: Call, held: Iterable[Made | None], error: NotSayable) -> _Lost:
        """A hole of a node, and of those in front of it that are lost."""
        found = _Lost()
        for each in _flat(held):
            if isinstance(each, Value):
                found |= self.lost.get(each, _Lost({each.source: each}))
            else:
                found |= self._stored(call, each)
        why = f"{error.reason}; {error.advice}" if error.advice else error.reason
        found |= _Lost(names=[operator_of(call.node)], why=why)
        return found

    def _stored(self, call: Call, stored: SourceTensor) -> _Lost:
        """A tensor of the source, unless it belongs to a step, or is itself what can't be said."""
        if stored.key and stored.key.rpartition(".")[0] in self.state.owned:
            return _Lost()
        try:
            made = call.valued(stored)
        except NotSayable:
            return _Lost()
        return _Lost({made.source: made})

    def _value(self, call: Call, val: Tensor, hole: _Lost) -> Value:
        """A hole that gives a tensor, if a spec can have one of these sizes there."""
        read = list(hole.inputs.values())
        minor = _is_said(val, read)
        if minor is None:
            return self._lose(call, val, hole)
        shape = tuple(val.shape)
        batch, fold = batch_axis(shape)
        sizes = sizes_of(shape, batch, fold)
        arguments: dict[str, Argument] = {"shape": sizes, "of": _listed(hole.names)}
        arguments["why"] = hole.why
        if val.dtype is torch.int64:
            arguments["dtype"] = BareWord("int64")
        step = call.step("hole", read, arguments)
        free = all(each.free for each in read)
        return Value(Maker(step), shape, sizes, batch, fold, free, minor)

    def _lose(self, call: Call, val: Tensor, hole: _Lost) -> Value:
        step, shape = SourceStep("", {}, [], call.modules), tuple(val.shape)
        value = Value(Maker(step), shape, shape, None, known=False)
        self.lost[value] = hole
        return value


def operator_of(node: Node) -> str:
    """What a node does, as its source calls it: `grid_sampler`, `TopK`."""
    written: str | None = node.meta.get("written")
    space, _, name = str(node.target).partition(".")
    return written or (name.partition(".")[0] if space == "aten" else str(node.target))


def _is_said(val: Tensor, read: list[Value]) -> bool | None:
    """Whether the examples stand innermost in a value; None if no spec can have it there."""
    if val.dtype not in (torch.float32, torch.int64) or not val.numel() or not read:
        return None
    try:
        batch, fold = batch_axis(val.shape)
    except NotSayable:
        return None
    of_one = all(each.free for each in read)
    if of_one != (batch is None):
        return None
    alike = [each for each in read if each.fold == fold]
    return any(each.minor for each in alike) if fold == 1 or alike else None


def _listed(names: list[str]) -> str:
    more = ", ..." if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _flat(held: Iterable[Made | None]) -> Iterable[Value | SourceTensor]:
    for each in held:
        if isinstance(each, tuple):
            yield from _flat(each)
        elif each is not None:
            yield each


def _values(held: Iterable[Made | None]) -> Iterable[Value]:
    return (each for each in _flat(held) if isinstance(each, Value))
