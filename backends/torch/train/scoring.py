"""A part of a recipe's data, prepared as for a test: scored by `netlang eval`, or as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from netlang.backends.torch.data.drawn import drawn_inputs
from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.partition import require_classes, tell_of_other_validation
from netlang.backends.torch.data.sets import Examples, Images, Parts
from netlang.backends.torch.recipes.kept import kept_normalizer
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.devices import (
    choose_device,
    derived_seed,
    reproducible,
    threads_for,
)
from netlang.backends.torch.train.evaluation import ensemble_score, score
from netlang.backends.torch.train.memory import freed_memory_kept, memory_told
from netlang.backends.torch.train.modules import empty_module, trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Views
from netlang.backends.torch.train.processes.group import joined
from netlang.backends.torch.train.processes.shares import is_sharded
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.state import Scores
from netlang.backends.torch.train.world import World
from netlang.backends.weights import facts_beside
from netlang.build import ExampleInputs, Fit
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import NoSuchPart
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.refused import require_no_turns
from netlang.targets.options import SampleOptions, ScoreOptions

__all__ = [
    "DataSample", "evaluate", "examples_of", "normalized_for", "part_of", "sample_of",
]  # fmt: skip


def evaluate(
    recipe: Recipe,
    program: Program,
    weights: Path,
    wanted: ScoreOptions,
    say: Callable[[str], None] = lambda _: None,
) -> Scores:
    """Score the weights of a file on one part of a recipe's data.

    Examples are prepared as for a test and normalized as in the training of the weights, unless the
    recipe's `normalize` was overridden. The step of the scores is the one stored in the file. An
    `ensemble` is scored by the mean of what its nets and that of `weights` say. `say`
    gets notes on the data. Raises `NetlangError` if there is no such part, or if the labels stand
    for other classes than in training.
    """
    require_no_turns(recipe, "`eval`", advice="`--distance` measures the images that it makes")
    with joined() as world:
        chosen = choose_device(wanted.device, world)
        with (
            memory_told(chosen),
            freed_memory_kept(chosen),
            reproducible(chosen, threads_for(program, recipe.batch)),
        ):
            say = say if world.writes else lambda _: None
            sharded = is_sharded(wanted.shard, world, "scores", say)
            parts = load_parts(recipe, wanted.places, say)
            require_fit(recipe, program, parts)
            for note in parts.notes:
                say(note)
            drawn = drawn_inputs(recipe, program)
            ready = Prepare(recipe, chosen, world, wanted.workers, drawn=drawn)
            taken = _WeightsFile(program, weights, wanted.fit, say)
            if wanted.ensemble:
                others = [replace(taken, path=path) for path in wanted.ensemble]
                return _scored_together([taken, *others], parts, wanted.split, ready)
            return _scored(taken, parts, wanted.split, ready, sharded=sharded)


def examples_of(
    recipe: Recipe, program: Program, options: SampleOptions, say: Callable[[str], None]
) -> ExampleInputs:
    """Some examples of a part of a recipe's data, as the net takes them, with their classes.

    They are prepared as for a test and normalized as in the training of the weights, as `evaluate`
    does, and drawn by the recipe's seed; of an example in several views, it is the first.
    """
    sample = sample_of(recipe, program, options, say)
    objective = Objective(recipe, program)
    names = [port.name for port in program.net.inputs]
    with closing(sample.ready.testing(sample.examples)) as data:
        seen = [_first_views(views) for views in data.once()]
    inputs = {
        name: np.concatenate(each)
        for name, each in zip(names, zip(*seen, strict=True), strict=True)
    }
    about = f"examples of the {options.split} part of recipe `{recipe.name}`"
    labels = sample.examples.labels if objective.logits is not None else None
    return ExampleInputs(inputs, labels, objective.logits, about)


@final
@dataclass(frozen=True)
class DataSample:
    """Some `examples` of a part of the data, the `whole` part, and what prepares them for a net.

    `classes` are the names of the labels, if there are any.
    """

    examples: Examples
    whole: Examples
    ready: Prepare
    classes: tuple[str, ...] | None


def sample_of(
    recipe: Recipe,
    program: Program,
    options: SampleOptions,
    say: Callable[[str], None] = lambda _: None,
    device: torch.device | None = None,
) -> DataSample:
    """Some examples of a part of a recipe's data, drawn by the recipe's seed, in their order.

    They are prepared on the `device`, by default the CPU. `say` gets notes on the data. Raises
    `NetlangError` if there is no such part, or if the labels stand for other classes than those of
    the weights.
    """
    parts = load_parts(recipe, options.places, say)
    require_fit(recipe, program, parts)
    whole, drawn = part_of(recipe, parts, options.split), drawn_inputs(recipe, program)
    device = device or torch.device("cpu")
    ready = Prepare(recipe, device, World(), options.workers, drawn=drawn)
    if options.weights is None:
        ready = ready.normalized(parts.train)
    else:
        facts = facts_beside(options.weights)
        require_classes(recipe, parts, facts, options.weights)
        ready = normalized_for(ready, facts, parts, options.weights, say)
    order = epoch_order(derived_seed(recipe.seed, "examples"), 0, len(whole))
    chosen = whole.subset(np.sort(order[: options.count]))
    return DataSample(chosen, whole, ready, parts.classes)


def _first_views(views: Views) -> list[NDArray[np.generic]]:
    """The inputs of some examples, each in its first view."""
    return [each[:: views.views].numpy() for each in views.scales[0].inputs]


@final
@dataclass(frozen=True)
class _WeightsFile:
    """The weights of a net in a file; `say` gets notes on it."""

    program: Program
    path: Path
    fit: Fit
    say: Callable[[str], None]

    def module(self) -> tuple[nn.Module, int]:
        """The net with these weights, on the CPU, and their step."""
        return trained_module(self.program, self.path, self.say, self.fit)


def _scored(
    weights: _WeightsFile, parts: Parts, split: str, ready: Prepare, *, sharded: bool
) -> Scores:
    """The scores of the weights of a file on one part of the data."""
    recipe, examples = ready.recipe, part_of(ready.recipe, parts, split)
    facts = facts_beside(weights.path)
    require_classes(recipe, parts, facts, weights.path)
    tell_of_other_validation(recipe, facts, weights.path, split, weights.say)
    normalized = normalized_for(ready, facts, parts, weights.path, weights.say)
    with closing(normalized.testing(examples)) as data:
        model, step = _trained(weights, ready.world, ready.device, sharded=sharded)
        found = score(model, Objective(recipe, weights.program), data, step, sharded=sharded)
    weights.say(f"scored on the {len(examples):,} examples of the {split} part")
    for remark in examples.remarks() if isinstance(examples, Images) else ():
        weights.say(remark)
    return found


def _scored_together(
    members: Sequence[_WeightsFile], parts: Parts, split: str, ready: Prepare
) -> Scores:
    """The scores of an ensemble on one part of the data, normalized for each as in its training."""
    recipe, examples = ready.recipe, part_of(ready.recipe, parts, split)
    say = members[0].say
    with ExitStack() as opened:
        found = []
        for each in members:
            facts = facts_beside(each.path)
            require_classes(recipe, parts, facts, each.path)
            tell_of_other_validation(recipe, facts, each.path, split, say)
            own = normalized_for(ready, facts, parts, each.path, say)
            data = opened.enter_context(closing(own.testing(examples)))
            found.append((each.module()[0].to(ready.device), data))
        scores = ensemble_score(found, Objective(recipe, members[0].program), step=0)
    count = f"{len(examples):,} examples of the {split} part"
    say(f"scored {len(members)} nets together on the {count}")
    return scores


def _trained(
    weights: _WeightsFile, world: World, device: torch.device, *, sharded: bool
) -> tuple[nn.Module, int]:
    """The net with the weights of a file on the device, and their step.

    If it is `sharded`, the first process reads the file and distributes the rows.
    """
    if not sharded:
        model, step = weights.module()
        return model.to(device), step
    # FSDP takes half a second to import.
    from netlang.backends.torch.train.sharding.model import require_shardable, shared_out

    empty = empty_module(weights.program).requires_grad_(False)
    require_shardable(empty)
    source, step = weights.module() if world.writes else (None, 0)
    return shared_out(empty, source, world, device), world.largest(step)


def normalized_for(
    ready: Prepare,
    facts: Mapping[str, object],
    parts: Parts,
    weights: Path,
    say: Callable[[str], None],
) -> Prepare:
    """The normalization that a run stored beside its weights, else the recipe's.

    The numbers of the latter come from the training part.
    """
    kept = kept_normalizer(ready.recipe, facts, weights, ready.device, say)
    if kept is None:
        return ready.normalized(parts.train)
    return replace(ready, normalizer=kept.normalizer)


def part_of(recipe: Recipe, parts: Parts, split: str) -> Examples:
    """A part of the data; raises `NetlangError` if there is none."""
    known = {"validation": parts.validation, "test": parts.test, "train": parts.train}
    examples = known[split]
    if examples is None:
        others = " or ".join(
            f"`--split {name}`" for name, part in known.items() if part is not None
        )
        held = "hold examples out with `validation=0.2`, or " if split == "validation" else ""
        raise NetlangError(
            NoSuchPart(
                span=recipe.places["data"], data=recipe.data.name, split=split,
                advice=f"{held}score another part: {others}",
            )
        )  # fmt: skip
    return examples
