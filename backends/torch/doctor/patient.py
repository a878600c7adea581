"""What is examined: a recipe with its net, data and device, and the samples that checks share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.analysis.facts import Facts
from netlang.analysis.locate import locate
from netlang.backends.classified import classified_output
from netlang.backends.torch.data.drawn import drawn_inputs
from netlang.backends.torch.data.sets import Batch, Examples, Images
from netlang.backends.torch.runtime.kinds import is_below
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.devices import derived_seed
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.setup import DataSplit, Prepare, fresh_state, prepare
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.world import World
from netlang.ir.program import Program
from netlang.recipes.check.mixing import mixed_classes
from netlang.recipes.recipe import Recipe
from netlang.records import replace as with_values
from netlang.source import Span
from netlang.targets.doctor import CheckupOptions
from netlang.targets.options import RunOptions

__all__ = ["FEWEST", "Patient", "class_numbers", "first_of"]

# Multiply-accumulates of one experiment: some ten seconds, whatever the net.
_WORK = {"cpu": 2e11}
_WORK_OF_OTHERS = 1e14
# Of a training step: the forward pass, and twice as much back.
_PASSES = 3
FEWEST = 8
"""Examples that a pass must be affordable for."""
# Numbers in a sample of inputs: 64 MB.
_SAMPLE = 1 << 24


@final
class Patient:
    """A recipe that is examined on a device. `say` shows what takes long.

    `found` are the names of the mistakes so far, so that a check can leave out what follows from
    one, and `without_gradient` is set where nothing can be learned. `players` are one patient for
    each step of a recipe whose steps take turns, with its loss, its optimizer and the weights that
    it trains. Everything that is drawn depends on the recipe's seed alone.
    """

    def __init__(
        self,
        recipe: Recipe,
        program: Program,
        options: CheckupOptions,
        device: torch.device,
        say: Callable[[str], None],
    ) -> None:
        self.recipe, self.program, self.options, self.device = recipe, program, options, device
        self.say = say
        self.found: set[str] = set()
        self.without_gradient = False
        run = RunOptions(options.folder or Path(), options.places, workers=options.workers)
        self._process = TrainingProcess(recipe, program, run, device)
        self.data: DataSplit = prepare(self._process, say)
        self.objective = Objective(recipe, program)
        # A rate at which the net learns: the recipe's, unless a check has found a better one.
        self.working_rate = recipe.optimizer.lr
        classes = mixed_classes(recipe, program)
        drawn = drawn_inputs(recipe, program)
        self._ready = Prepare(
            recipe, device, World(), options.workers, self.data.normalizer, drawn, classes
        )

    @cached_property
    def players(self) -> tuple[Patient, ...]:
        """The steps that take turns, each on every batch; none of a recipe without any."""
        return tuple(self._playing(own) for own in self.recipe.played if own.turn is not None)

    def _playing(self, own: Recipe) -> Patient:
        assert own.turn is not None
        found = copy(self)
        found.recipe = with_values(own, turn=with_values(own.turn, every=1))
        found.objective = Objective(found.recipe, self.program)
        found.working_rate = own.optimizer.lr
        return found

    # --- places in the spec -----------------------------------------------------------------

    def place(self, key: str) -> Span:
        """Where the recipe has a key; the recipe itself if it hasn't."""
        return self.recipe.places.get(key, self.recipe.span)

    def step(self, label: str) -> Span:
        """Where the step with a label path is written; the recipe's `model` if it isn't known."""
        found = locate(self.program.net, label) if label else None
        return self.place("model") if found is None or found.node is None else found.node.span

    # --- examples ---------------------------------------------------------------------------

    @property
    def train(self) -> Examples:
        return self.data.train.examples

    @property
    def held(self) -> dict[str, Examples]:
        """The parts that no step trains on, by name."""
        parts = {"validation": self.data.validation, "test": self.data.test}
        return {name: part.examples for name, part in parts.items() if part is not None}

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """The class numbers ``[n]`` of the training part, if each example has one."""
        return class_numbers(self.train)

    @property
    def channels(self) -> int | None:
        """How many classes the net can tell apart, if it classifies."""
        output = classified_output(self.recipe, self.program)
        return output.channels if output and isinstance(output.channels, int) else None

    def seed(self, purpose: str) -> int:
        """The seed of one of the doctor's own draws."""
        return derived_seed(self.recipe.seed, f"doctor: {purpose}")

    def chosen(self, examples: Examples, count: int, purpose: str = "sample") -> Examples:
        """Up to `count` of the examples, by chance, in their order."""
        if len(examples) <= count:
            return examples
        order = epoch_order(self.seed(purpose), 0, len(examples))
        return examples.subset(np.sort(order[:count]))

    @property
    def most(self) -> int:
        """The largest number of examples whose inputs may be held as a sample."""
        sizes = [int(size or 256) for size in self.recipe.data.shape]
        return int(max(8, _SAMPLE // max(1, int(np.prod(sizes)))))

    def seen(self, examples: Examples, count: int, purpose: str = "sample") -> Batch:
        """Up to `count` examples as a net sees them in a test, in one batch on the device.

        Images that the path leaves in different sizes: those of the first size.
        """
        some = self.chosen(examples, min(count, self.most), purpose)
        ready = replace(self._ready, workers=0) if isinstance(some, Images) else self._ready
        found: list[Batch] = []
        with closing(ready.testing(some)) as part:
            for views in part.once():
                first = views.scales[0]
                inputs = tuple(each[:: views.views].contiguous() for each in first.inputs)
                batch = Batch(inputs, first.targets)
                if not found or batch.inputs[0].shape[1:] == found[0].inputs[0].shape[1:]:
                    found.append(batch)
        return _joined(found)

    @cached_property
    def sample(self) -> Batch:
        """Up to 512 training examples as the net sees them in a test."""
        return self.seen(self.train, 512)

    def batch(self, count: int, steps: int = 1) -> Batch:
        """The first `count` examples of the sample; fewer where so many steps are much work."""
        most = self._work // max(1, _PASSES * self.macs * steps)
        return first_of(self.sample, max(FEWEST, min(count, most)))

    def part(self, examples: Examples, *, augmented: bool) -> Prepared:
        """Batches of training examples, as the recipe augments them or as in a test."""
        ready = self._ready
        plain = ready.testing(examples)
        if not augmented and plain.path.views * plain.path.scales == 1 and not plain.path.ragged:
            return plain
        plain.close()
        return ready.training(examples)

    # --- nets -------------------------------------------------------------------------------

    def state(self) -> State:
        """The state before the first step, as in training."""
        state = fresh_state(with_values(self._process, recipe=self.recipe))
        if self.recipe.turn is not None:
            for name, each in state.model.named_parameters():
                own = is_below(name, self.recipe.turn.train)
                each.requires_grad_(each.requires_grad and own)
        return state

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of the net for one example."""
        return Facts(self.program).macs

    def steps(self, wanted: int, batch: int) -> int:
        """How many of `wanted` training steps of a batch are affordable in one experiment."""
        return min(wanted, self._work // max(1, _PASSES * self.macs * batch))

    @property
    def _work(self) -> int:
        return int(_WORK.get(self.device.type, _WORK_OF_OTHERS))


def class_numbers(examples: Examples) -> NDArray[np.int64] | None:
    """The class number of each example; None where a label is no whole number."""
    labels = examples.labels
    return labels if labels is not None and labels.dtype == np.int64 else None


def first_of(batch: Batch, count: int) -> Batch:
    """The first examples of a batch."""
    targets = {name: value[:count] for name, value in batch.targets.items()}
    return Batch(tuple(each[:count] for each in batch.inputs), targets)


def _joined(batches: list[Batch]) -> Batch:
    """Several batches of one shape as one."""
    if len(batches) == 1:
        return batches[0]
    inputs = tuple(torch.cat(each) for each in zip(*(b.inputs for b in batches), strict=True))
    names = batches[0].targets
    return Batch(inputs, {name: torch.cat([b.targets[name] for b in batches]) for name in names})
