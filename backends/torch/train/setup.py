"""The start of a run: the parts of the data as batches, and the state before the first step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from torch import nn

from netlang.backends.torch.augment.path import path_for
from netlang.backends.torch.data.drawn import DrawnInputs, drawn_inputs
from netlang.backends.torch.data.fit import require_fit, spare_channels
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.loader import BatchOrder, Loader
from netlang.backends.torch.data.sets import Examples, Images, Parts, Tensors
from netlang.backends.torch.recipes.initialize import initialize
from netlang.backends.torch.recipes.normalize import Normalizer, normalizer_for
from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.recipes.pretrained import load_pretrained
from netlang.backends.torch.runtime.groups import freeze, set_training
from netlang.backends.torch.runtime.kinds import is_below
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.devices import derived_seed
from netlang.backends.torch.train.modules import empty_module, module_of
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.processes.batch_norm import share_batch_norms
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.storage import Json
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.check.mixing import mixed_classes
from netlang.recipes.check.run import collects, nothing_to_watch
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.samples import Grid

__all__ = ["Prepare", "DataSplit", "fresh_state", "prepare"]

# Images that statistics are computed from, where there are more.
_ENOUGH = 10_000


@final
@dataclass(frozen=True)
class DataSplit:
    """The parts of the data as batches. `classes` are the names of the labels.

    `normalizer` prepares the net's inputs and belongs to the weights. `plain` are the training
    examples as for a test, if averaged weights need statistics of batch norms, and `samples` the
    first of them, if a recipe shows what the net makes of them.
    """

    train: Prepared
    validation: Prepared | None
    test: Prepared | None
    classes: tuple[str, ...] | None
    notes: tuple[str, ...]
    normalizer: Normalizer | None = None
    plain: Prepared | None = None
    samples: Prepared | None = None

    def facts(self) -> dict[str, Json]:
        """What must be unchanged when a run continues: examples per part, class names."""
        parts = {"training": self.train, "validation": self.validation, "test": self.test}
        counts: dict[str, Json] = {
            name: None if part is None else len(part.examples) for name, part in parts.items()
        }
        return counts | {"classes": None if self.classes is None else list(self.classes)}

    def remarks(self) -> tuple[str, ...]:
        """Remarks on the images seen so far."""
        parts = (self.train, self.validation, self.test)
        images = [each.examples for each in parts if each is not None]
        found = (each.remarks() for each in images if isinstance(each, Images))
        return tuple(remark for remarks in found for remark in remarks)

    def close(self) -> None:
        """Stop preparing batches."""
        for part in (self.train, self.validation, self.test, self.plain, self.samples):
            if part is not None:
                part.close()


@final
@dataclass(frozen=True)
class Prepare:
    """Turns the examples of a recipe into batches on a device.

    In training, labels that are mixed become probabilities of so many `classes`.
    """

    recipe: Recipe
    device: torch.device
    world: World
    workers: int | None = None
    normalizer: Normalizer | None = None
    drawn: DrawnInputs | None = None
    classes: int | None = None

    def normalized(self, train: Examples) -> Prepare:
        """With the recipe's normalization, computed from the training examples if not given.

        They are prepared as for a test. Every process uses all of them, so all get the same
        numbers.
        """
        recipe = self.recipe
        if recipe.normalize is None:
            return self
        if not isinstance(train, Tensors) and len(train) > _ENOUGH:
            order = epoch_order(derived_seed(recipe.seed, "normalization"), 0, len(train))
            train = train.subset(np.sort(order[:_ENOUGH]))
        with closing(replace(self, world=World()).testing(train)) as part:
            seen = (views.scales[0].inputs[0] for views in part.once())
            made = normalizer_for(recipe.normalize, seen, self.device)
        return replace(self, normalizer=made)

    def training(self, examples: Examples) -> Prepared:
        """Augmented batches, in the order of each epoch."""
        return self._prepared(examples, self.recipe.augment, "augment")

    def testing(self, examples: Examples) -> Prepared:
        """Batches as for a test, each example once."""
        return self._prepared(examples, self.recipe.test_path, "test")

    def _prepared(
        self, examples: Examples, steps: tuple[Augmentation, ...], purpose: str
    ) -> Prepared:
        recipe = self.recipe
        images = not isinstance(examples, Tensors)
        seed = derived_seed(recipe.seed, purpose)
        exact = purpose == "test"
        path = path_for(steps, seed, images=images, classes=self.classes, exact=exact)
        drawn_by = derived_seed(recipe.seed, "order") if recipe.shuffle else None
        order = BatchOrder(recipe.batch, drawn_by, self.world)
        source = Loader(examples, path, order, self.device, self.workers)
        normalize = None if self.normalizer is None else self.normalizer.apply
        return Prepared(source, path, normalize, recipe.channels_last, self.drawn)


def prepare(process: TrainingProcess, say: Callable[[str], None] = lambda _: None) -> DataSplit:
    """The parts of a recipe's data, ready for training. Raises `NetlangError` for any problem.

    `say` gets messages about what takes long.
    """
    recipe, program, wanted = process.recipe, process.program, process.wanted
    parts = load_parts(recipe, wanted.places, say)
    require_fit(recipe, program, parts)
    problems = [] if parts.validation is not None else list(nothing_to_watch(recipe))
    if problems:
        raise NetlangError(*problems)
    classes, drawn = mixed_classes(recipe, program), drawn_inputs(recipe, program)
    ready = Prepare(
        recipe, process.device, process.world, wanted.workers, drawn=drawn, classes=classes
    )
    ready = ready.normalized(parts.train)
    # Every process uses all of what is no part of a batch, so all get the same numbers.
    alone = replace(ready, world=World())
    return DataSplit(
        ready.training(parts.train),
        None if parts.validation is None or recipe.turns else ready.testing(parts.validation),
        None if parts.test is None or recipe.turns else ready.testing(parts.test),
        parts.classes,
        (*parts.notes, *spare_channels(recipe, program, parts), *_large_batch(recipe, parts)),
        ready.normalizer,
        alone.testing(parts.train) if collects(recipe, program) else None,
        None if recipe.samples is None else alone.testing(_first(parts.train, recipe.samples)),
    )


def _first(examples: Examples, grid: Grid) -> Examples:
    """The examples whose images are shown."""
    return examples.subset(np.arange(min(grid.count, len(examples))))


def _large_batch(recipe: Recipe, parts: Parts) -> tuple[str, ...]:
    count = len(parts.train)
    if recipe.batch <= count:
        return ()
    return (
        f"a batch of {recipe.batch} is more than all {count} examples: each step sees them all",
    )


def fresh_state(process: TrainingProcess, *, shard: bool = False) -> State:
    """The state before the first step, including the random streams.

    With `shard`, each of several processes has some rows of the weights.
    """
    world = process.world
    state = _sharded_state(process) if shard and world.size > 1 else _whole_state(process)
    # Dropout draws different numbers in each process, as their examples differ.
    noise = f"noise of process {world.rank}" if world.rank else "noise"
    torch.manual_seed(derived_seed(process.recipe.seed, noise))
    return state


def _whole_state(process: TrainingProcess) -> State:
    recipe, device, world = process.recipe, process.device, process.world
    model = _drawn(process).to(device)
    if recipe.channels_last:
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    model = _arranged(model, process)
    optimizer, *others = _optimizers(recipe, device, model)
    state = State(
        model, optimizer, device, tuple(others), losses=torch.zeros((), device=device), world=world
    )
    state.turns = torch.zeros(len(recipe.turns), device=device)
    if recipe.precision is Precision.FP16:
        state.scaler = torch.amp.GradScaler(device.type)
    if recipe.averages:
        state.averaged = deepcopy(model).requires_grad_(False).eval()
    return state


def _optimizers(
    recipe: Recipe, device: torch.device, model: nn.Module
) -> Iterator[torch.optim.Optimizer]:
    """The optimizer of each step; that of a recipe without steps is for the whole model."""
    if not recipe.turns:
        yield optimization_for(recipe, device).build(model)
        return
    free = {name: each for name, each in model.named_parameters() if each.requires_grad}
    for own in recipe.played:
        assert own.turn is not None
        for name, each in free.items():
            each.requires_grad_(is_below(name, own.turn.train))
        yield optimization_for(own, device).build(model, trained=True)
    for each in free.values():
        each.requires_grad_()


def _drawn(process: TrainingProcess) -> nn.Module:
    """The net with its initial weights, on the CPU."""
    recipe, program = process.recipe, process.program
    model = module_of(program, derived_seed(recipe.seed, "weights"))
    initialize(model, recipe.init, program, derived_seed(recipe.seed, "init"))
    load_pretrained(model, recipe, program, process.wanted.places)
    return model


def _arranged(model: nn.Module, process: TrainingProcess) -> nn.Module:
    """The net prepared for training: shared among processes, with frozen parts."""
    recipe = process.recipe
    if recipe.sync_batch_norm and process.world.size > 1:
        model = share_batch_norms(model, process.device)
    freeze(model, recipe.freeze)
    set_training(model, recipe.freeze)
    return model


def _sharded_state(process: TrainingProcess) -> State:
    # FSDP takes half a second to import.
    from netlang.backends.torch.train.sharding.layout import Sharded
    from netlang.backends.torch.train.sharding.model import require_shardable, shared_out
    from netlang.backends.torch.train.sharding.muon import over_rows
    from netlang.backends.torch.train.sharding.scaling import SharedScaler

    recipe, device, world = process.recipe, process.device, process.world

    def made() -> nn.Module:
        return _arranged(empty_module(process.program), process)

    model = made()
    require_shardable(model)
    source = _drawn(process) if world.writes else None
    model = shared_out(model, source, world, device)
    layout = Sharded(model, world)
    optimizer = optimization_for(recipe, device).build(model, layout.weight)
    over_rows(optimizer, layout.gathered)
    state = State(
        model, optimizer, device, losses=torch.zeros((), device=device), world=world, layout=layout
    )
    if recipe.precision is Precision.FP16:
        state.scaler = SharedScaler(device.type)
    if recipe.averages:
        state.averaged = shared_out(made().requires_grad_(False).eval(), source, world, device)
    return state
