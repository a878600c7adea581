"""`best.safetensors`, `last.safetensors`, `snapshots/`: weights by model key, and how to use them.

The facts beside them say which classes the outputs stand for, how images are prepared, and which
recipe and step they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from torch import Tensor

from netlang import __version__
from netlang.atomic import make_folder
from netlang.backends.torch.train.files.streaming import save_together
from netlang.backends.torch.train.folder import RunFolder
from netlang.backends.torch.train.processes.rows import Kept, own_of
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.storage import Json, save_tensors
from netlang.processes.writing import writing
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.schedules import ends_wave
from netlang.recipes.words.timing import Clock, Schedule

__all__ = ["WeightsFiles", "facts_of_weights"]


def facts_of_weights(
    recipe: Recipe, classes: tuple[str, ...] | None, normalization: Mapping[str, Json] | None
) -> dict[str, Json]:
    """The facts that belong to all weights of a run.

    `normalization` includes its numbers, even if they were computed from the training data.
    """
    keys: dict[str, Json] = dict(recipe.describe())
    return {
        "netlang": __version__,
        "recipe": recipe.name,
        "keys": keys,
        "classes": None if classes is None else list(classes),
        "normalization": None if normalization is None else dict(normalization),
        "test": [str(step) for step in recipe.test_path],
    }


@final
@dataclass
class WeightsFiles:
    """The files of a run; tensors `beside` the weights are those that the facts name.

    With a `schedule`, there is one file more for each of its cosine waves.
    """

    folder: RunFolder
    facts: Mapping[str, Json]
    beside: Mapping[str, Tensor] = field(default_factory=dict)
    schedule: Schedule | None = None
    _kept: int = field(init=False, default=-1)

    def save_best(self, state: State) -> None:
        """Write the best weights once; a resumed run rewrites them whatever the file contains."""
        best = state.best
        if best is not None and best.step != self._kept:
            self._save(self.folder.best, state, state.best_weights, best.facts())
            self._kept = best.step

    def save_last(self, state: State) -> None:
        """Write the current weights."""
        facts: dict[str, Json] = {"step": state.step}
        if state.last is not None and state.last.step == state.step:
            facts |= state.last.facts()
        self._save(self.folder.last, state, state.kept(state.scored), facts)

    def keep_wave(self, state: State, clock: Clock, ready: Callable[[], None]) -> None:
        """Write the current weights if they are those after the last step of a wave.

        `clock` is that of this step, and `ready` makes the state fit to be saved, or raises.
        """
        if self.schedule is None or not ends_wave(self.schedule, clock):
            return
        ready()
        if state.world.writes:
            with writing(self.folder.snapshots):
                make_folder(self.folder.snapshots)
        path = self.folder.snapshots / f"{state.step:09}.safetensors"
        self._save(path, state, state.kept(state.scored), {"step": state.step})

    def _save(
        self, path: Path, state: State, weights: Mapping[str, Kept], facts: Mapping[str, Json]
    ) -> None:
        """Write weights in the first process, to which the others send their part."""
        tensors, facts = {**weights, **self.beside}, {**self.facts, **facts}
        if state.layout.sharded:
            save_together(path, tensors, facts, state.world)
        elif state.world.writes:
            save_tensors(path, {name: own_of(kept) for name, kept in tensors.items()}, facts)
