"""A recipe's decisions about the templates of a script: which lines it has, with which texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.backends.torch.eject import looping, template
from netlang.backends.torch.eject.net.drawing import draws
from netlang.backends.torch.eject.ordering import BATCHES, order_flags
from netlang.backends.torch.eject.pixels.batched import moves
from netlang.backends.torch.eject.pixels.host import flips_of
from netlang.backends.torch.eject.pixels.scales import several_sizes
from netlang.backends.torch.eject.sources import DataSection
from netlang.backends.torch.eject.step.drawn import drawing_calls
from netlang.backends.torch.eject.step.objective import (
    HALVES,
    ScriptNames,
    calls_of,
)
from netlang.backends.torch.eject.step.pace import overrun_lines, plateau_of, rates_section
from netlang.backends.torch.eject.step.turns import turn_calls, turns_section
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import RUNTIME
from netlang.backends.torch.recipes.code import names_in
from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.runtime.alike import by_size
from netlang.backends.torch.runtime.averaging import (
    average,
    averaged_pairs,
    collecting,
    trained_norms,
)
from netlang.backends.torch.runtime.grids import grid_of
from netlang.backends.torch.runtime.groups import freeze, set_training
from netlang.backends.torch.runtime.holding_out import held_out
from netlang.backends.torch.train.devices import worth_sharing
from netlang.ir.program import Program
from netlang.recipes.check.run import collects
from netlang.recipes.recipe import Epochs, Precision, Recipe
from netlang.recipes.words.data_arrays import Arrays
from netlang.recipes.words.rates import ends_wave

__all__ = ["Decisions"]


@final
@dataclass(frozen=True)
class Decisions:
    """The decisions for one script. `model` is the name of the net's class.

    `train` and `test` are the paths of the examples. `learned` says that the numbers for
    normalization are computed from the data.
    """

    recipe: Recipe
    program: Program
    names: ScriptNames
    data: DataSection
    model: str
    learned: bool
    train: AugmentationPath
    test: AugmentationPath

    @cached_property
    def draws(self) -> bool:
        """Whether the model draws random numbers."""
        return draws(self.program.net)

    @property
    def held(self) -> bool:
        """Whether there may be a validation part."""
        return not self.recipe.turns and (
            self.recipe.validation is not None or self.data.held is not False
        )

    @property
    def maybe_held(self) -> bool:
        """Whether the script decides at run time if there is a validation part."""
        return self.recipe.validation is None and self.data.held is None

    @property
    def by_losses(self) -> bool:
        """Whether a plateau may have to look at training losses."""
        return plateau_of(self.recipe.schedule) is not None and (not self.held or self.maybe_held)

    @property
    def nested(self) -> bool:
        """Whether evaluations and checkpoints happen at the end of an epoch."""
        return self.recipe.evaluate_every is None and self.recipe.checkpoint_every is None

    def layout(self) -> Iterator[tuple[str, str]]:
        """The templates in order, each with its indentation."""
        yield BATCHES, ""
        if not self.recipe.turns or self.renews:  # steps that take turns have no scores
            yield template.EVALUATE, ""
        if self.recipe.samples is not None:
            yield looping.PICTURE, ""
        yield from ((template.MAIN, ""), (looping.LOOP, ""))
        space = " " * (8 if self.nested else 12)
        if self.held or self.by_losses:
            yield from self._judging(space)
        yield looping.SAVE, space
        yield looping.END, ""

    def _judging(self, space: str) -> Iterator[tuple[str, str]]:
        """What the script does with the error of an evaluation."""
        there = "held.files" if self.data.images else "held"
        watched = plateau_of(self.recipe.schedule) is not None
        if not self.nested:
            apart = self.recipe.evaluate_every != self.recipe.checkpoint_every
            due = "evaluating" if apart else "saving"
            if self.maybe_held and not watched and self.recipe.early_stopping is None:
                # There is nothing else to do.
                yield f"if {due} and {there}:", space
                yield looping.VALIDATE, f"{space}    "
                return
            yield f"if {due}:", space
            space += "    "
        yield looping.WATCH, space
        if self.maybe_held:
            yield f"if {there}:", space
        if self.held:
            yield looping.VALIDATE, f"{space}    " if self.maybe_held else space
        yield looping.OBSERVE, space

    @cached_property
    def rates(self) -> Section:
        """The lines that set the learning rates of a step; steps that take turns have their own."""
        return Section() if self.recipe.turns else rates_section(self.recipe)

    @cached_property
    def turns(self) -> Section:
        """The lines of steps that take turns."""
        return turns_section(self.recipe, self.names, self.whole)

    @property
    def whole(self) -> str:
        """How many examples a batch has on all processes together."""
        if self.train.mixes:
            return "whole"
        return "len(plan[place])" if self.data.images else "len(whole)"

    @property
    def scales(self) -> int:
        """The number of sizes in which a test sees each example in turn; 0 for a single one."""
        return self.test.scales if several_sizes(self.test) else 0

    @property
    def masks(self) -> bool:
        """Whether targets may have to move with their inputs in training."""
        return isinstance(self.recipe.data, Arrays) and moves(self.train)

    @property
    def test_masks(self) -> bool:
        """The same in a test; at several scales nothing is compared with a mask."""
        return isinstance(self.recipe.data, Arrays) and moves(self.test) and not self.scales

    @property
    def by_workers(self) -> bool:
        """Whether workers do all steps of training: its batches are only normalized."""
        plain = self.recipe.accumulate == 1 and not self.scales and not self.learned
        read = {self.names.locals.get(name) for name in names_in(self.names.loss)}
        read |= {*self.names.drawn, *self.names.followed}
        plain = plain and not read.intersection(self.names.inputs)
        return self.data.images and plain and flips_of(self.train) is not None

    @property
    def by_epochs(self) -> bool:
        """Whether nothing asks how many steps there are: a run ends as each of its epochs does."""
        if self.recipe.samples is not None or not isinstance(self.recipe.length, Epochs):
            return False
        lines = [*self.rates.lines, *self.turns.lines, *overrun_lines(self.recipe)]
        return self.nested and not any(re.search(r"\bsteps\b", line) for line in lines)

    @property
    def renews(self) -> bool:
        """Whether averaged weights need statistics of batch norms."""
        return collects(self.recipe, self.program)

    @property
    def plain(self) -> bool:
        """Whether a run remembers nothing but its step."""
        return not self.held and plateau_of(self.recipe.schedule) is None

    def start(self, x: str) -> str:
        """The first transformation of a batch of pixels."""
        if self.data.images:
            views = ".flatten(0, 1)" if x != "x" and self.test.host_views > 1 else ""
            return f"{x}{views}.movedim(-1, -3) / 255.0"
        if self.data.bytes is None:
            return f"{x} / 255.0 if {x}.dtype == torch.uint8 else {x}"
        return f"{x} / 255.0" if self.data.bytes else x

    def flags(self) -> Iterator[str]:
        """The conditions that hold."""
        holds = {**self._of_recipe(), **self._of_data(), **self._of_loop()}
        return (name for name, value in holds.items() if value)

    def _of_recipe(self) -> dict[str, bool]:
        """What the recipe says."""
        recipe = self.recipe
        return {
            "pretrained": recipe.weights is not None,
            "channels_last": recipe.channels_last,
            "sync": recipe.sync_batch_norm,
            "freeze": bool(recipe.freeze),
            "fp16": recipe.precision is Precision.FP16,
            "half": recipe.precision in HALVES,
            "averages": recipe.averages,
            "ema": recipe.ema is not None,
            "renews": self.renews,
            "split": recipe.validation is not None,
            "early": recipe.early_stopping is not None,
            "compile": recipe.compile,
            "clips": recipe.clip_norm is not None or recipe.clip_value is not None,
            "clip_norm": recipe.clip_norm is not None,
            "clip_value": recipe.clip_value is not None,
            "plateau": plateau_of(recipe.schedule) is not None,
            "apart": recipe.evaluate_every != recipe.checkpoint_every,
            # In a description with that, argparse fills in whatever follows a %.
            "percent": "%(prog)" in recipe.span.source.name,
        }

    def _of_data(self) -> dict[str, bool]:
        """Where examples come from, and what is done with them."""
        data = self.data
        return {
            "images": data.images,
            "placed": bool(data.folder),
            "named": bool(data.place),
            **order_flags(self.recipe, samples=self.learned and data.images),
            "held": self.held,
            "tested": data.test is not False and not self.recipe.turns,
            "maybe_test": data.test is None and not self.recipe.turns,
            "mixes": bool(self.train.mixes),
            "by_workers": self.by_workers,
            "batched": data.images and not self.train.mixes and not self.by_workers,
            "together": bool(self.train.mixes) or self.masks,
            "scales": bool(self.scales),
            "single": self.recipe.batch == 1,
        }

    def _of_loop(self) -> dict[str, bool]:
        """How the loop goes, and what it keeps."""
        recipe = self.recipe
        return {
            "by_losses": self.by_losses,
            "nested": self.nested,
            "plain": self.plain,
            "by_epochs": self.by_epochs,
            "by_steps": self.nested and not self.by_epochs,
            "apart_weights": self.held or recipe.averages,
            "logits": self.classifies,
            "turns": bool(recipe.turns),
            "samples": recipe.samples is not None,
            "draws": self.draws,
            "unused": not self.names.all_used and not recipe.turns,
            "only": not recipe.averages
            and not recipe.turns
            and recipe.precision is not Precision.FP16,
            "one_thread": not worth_sharing(self.program, recipe.batch),
        }

    @property
    def classifies(self) -> bool:
        """Whether accuracy is defined."""
        return self.names.logits is not None or self.names.binary is not None

    def calls(self, flags: set[str]) -> Iterator[Callable[..., object]]:
        """The runtime functions that the loop calls."""
        yield from turn_calls(self.recipe)
        yield from drawing_calls(self.recipe)
        made = (optimization_for(own, torch.device("cpu")) for own in self.recipe.played)
        named = [call.function for each in made for call in each.invocations]
        named += self.names.functions
        yield from (each for each in named if each.__module__.startswith(RUNTIME))
        yield from calls_of(self.recipe)
        if "split" in flags:
            yield held_out
        if "scales" in flags and "images" in flags:
            yield by_size
        if "freeze" in flags:
            yield from (freeze, set_training)
        if "averages" in flags:
            yield from (average, averaged_pairs)
        if "renews" in flags:
            yield from (collecting, trained_norms)
        if self.recipe.snapshots:
            yield ends_wave
        if self.recipe.samples is not None:
            yield grid_of
