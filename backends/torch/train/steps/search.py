"""Finds the layer that made a loss infinite or NaN, by repeating and watching each step.

Steps can be repeated exactly, so nothing needs to be watched, or waited for, while all is well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from math import inf
from typing import final

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train.devices import random_state, restore_random_state
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.steps.step import Play, Stepper
from netlang.backends.torch.train.world import World
from netlang.recipes.words.timing import Pace, Watch

__all__ = ["Culprit", "NotFinite", "intact", "repeated"]


@final
@dataclass(frozen=True)
class Culprit:
    """What went wrong first, in words, and the label of the layer, if it was in one.

    `subject` is what isn't finite, with its verb.
    """

    what: str
    label: str | None = None
    subject: str = "the loss is"


@final
class NotFinite(Exception):
    """The loss of step `step` isn't finite. `culprit` is None if the steps don't show why."""

    def __init__(self, step: int, culprit: Culprit | None) -> None:
        super().__init__(step, culprit)
        self.step = step
        self.culprit = culprit


def intact(state: State) -> bool:
    """Whether all weights and the losses since the last record are finite, in all processes."""
    own = [state.layout.own(each) for each in state.model.parameters()]
    weights = [each for each in own if each.numel()]
    largest = torch.stack(torch._foreach_norm(weights, inf)) if weights else torch.zeros(())
    total = state.world.sum(state.losses)
    return not state.world.largest(int(not (largest.isfinite().all() & total.isfinite())))


def repeated(
    stepper: Stepper,
    part: Prepared,
    until: int,
    pace: Callable[[int], Pace],
    watches: Mapping[int, Watch],
) -> NotFinite:
    """Repeat the steps up to `until`, and say which isn't finite, and why.

    `pace` is that of the step after so many, and `watches` are what a plateau remembered then.
    """
    state = stepper.state
    while state.step < until:
        epoch, position = divmod(state.step, part.epoch_steps)
        with closing(part.batches(epoch, position)) as batches:
            for batch in batches:
                state.watch = watches.get(state.step, state.watch)
                whole = part.whole(state.step % part.epoch_steps)
                found = _watched_step(stepper, batch, whole, pace(state.step))
                if found is not None:
                    return NotFinite(state.step + 1, found)
                if state.step == until:
                    break
    return NotFinite(until, None)


def _watched_step(stepper: Stepper, batch: Batch, whole: int, pace: Pace) -> Culprit | None:
    """Make a step; returns what in it isn't finite, if anything."""
    for play in stepper.due():
        found = _watched(stepper, batch, whole, pace, play)
        if found is not None:
            return found
    stepper.finish()
    return None


def _watched(stepper: Stepper, batch: Batch, whole: int, pace: Pace, play: Play) -> Culprit | None:
    state = stepper.state
    before = random_state(state.device)
    stepper.gradients(batch, whole, play, pace.clock)
    world = state.world
    # The first process whose own loss it is: what it finds is what all of them say.
    where = world.size - world.largest(0 if _finite(state.losses) else world.size - world.rank)
    if where < world.size:
        restore_random_state(before, state.device)
        return _shared_culprit(_in_forward(state.model, stepper, batch, whole), world, where)
    if state.scaler is None:
        # Scaled gradients may overflow: the scaler sees it, skips the step and scales less.
        label = _last(state, [each.grad for each in state.model.parameters()])
        if label is not None:
            what = f"the gradient of `{label}` isn't finite, though the loss is"
            return Culprit(what, label, "a gradient is")
    stepper.update(pace, play)
    label = _last(state, state.model.parameters())
    if label is not None:
        what = f"the step takes weights of `{label}` beyond all numbers, though the loss is finite"
        return Culprit(what, label, "weights become")
    return None


def _shared_culprit(found: Culprit, world: World, where: int) -> Culprit:
    """The finding of process `where`."""
    text = json.dumps([found.what, found.label]).encode()
    what, label = json.loads(world.copied(text, where))
    return Culprit(what, label)


def _finite(value: Tensor) -> bool:
    return bool(value.isfinite().all())


def _last(state: State, values: Iterable[Tensor | None]) -> str | None:
    """The label of the last parameter that isn't finite, which the backward pass reaches first.

    Processes with only some rows of it ask each other.
    """
    labels = [name.rpartition(".")[0] for name, _ in state.model.named_parameters()]
    own = [None if value is None else state.layout.own(value) for value in values]
    bad = [place for place, value in enumerate(own, 1) if value is not None and not _finite(value)]
    last = state.world.largest(max(bad, default=0))
    return labels[last - 1] if last else None


# --- the forward pass -----------------------------------------------------------------------


@final
@dataclass
class _Watch:
    """Watches the inputs and outputs of every layer, in order of execution."""

    before: str | None = None
    found: Culprit | None = None
    handles: list[RemovableHandle] = field(default_factory=list)

    def add(self, label: str, layer: nn.Module) -> None:
        def see(_: nn.Module, inputs: object, outputs: object) -> None:
            self._see(label, inputs, outputs)

        self.handles.append(layer.register_forward_hook(see))

    def _see(self, label: str, inputs: object, outputs: object) -> None:
        if self.found is not None:
            return
        given = all(map(_finite, _tensors(inputs)))
        if given and label and not all(map(_finite, _tensors(outputs))):
            self.found = Culprit(f"`{label}` is the first layer whose output isn't finite", label)
        elif not given or not all(map(_finite, _tensors(outputs))):
            where = f"after `{self.before}`" if self.before else "before any layer with a label"
            self.found = Culprit(f"the first value that isn't finite comes {where}", self.before)
        self.before = label


def _in_forward(model: nn.Module, stepper: Stepper, batch: Batch, whole: int) -> Culprit:
    """The first layer, in order of execution, whose output isn't finite."""
    watch = _Watch()
    if not all(map(_finite, _tensors((batch.inputs, tuple(batch.targets.values()))))):
        watch.found = Culprit("an input or target of the batch isn't finite")
    for label, layer in model.named_modules():
        watch.add(label, layer)
    try:
        for part in stepper.parts(batch, whole):
            with torch.no_grad():
                stepper.look(part)
    finally:
        for handle in watch.handles:
            handle.remove()
    return watch.found or Culprit("every layer's output is finite, but not the loss of them")


def _tensors(value: object) -> Iterator[Tensor]:
    """The floating-point tensors among a layer's inputs or outputs."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)
