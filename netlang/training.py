"""Training from Python: `netlang.train` carries out a recipe like the command `netlang train`."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, final

from netlang.api import Net
from netlang.build import ExampleInputs
from netlang.processes import is_first, one_voice
from netlang.recipes.load import load_recipe
from netlang.recipes.overrides import overrides_of
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.parts import known_parts, part_of
from netlang.records import replace
from netlang.resuming import call_to_resume
from netlang.targets import Prediction, Trained, TrainingBackend, needs, training_backend
from netlang.targets.options import PredictOptions, RunOptions, SampleOptions, ScoreOptions
from netlang.targets.seeds import compared, summary, train_seeds
from netlang.uncaught import ends_at_the_caller

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import nn

    from netlang.ir.program import Program

__all__ = ["Picture", "Run", "examples", "train"]

Picture: TypeAlias = "str | Path | Image | NDArray[np.uint8]"
"""An image to be classified, or a folder of them."""


@ends_at_the_caller
def train(  # noqa: PLR0913 - one for each option of the command
    recipe: str | Path,
    *changes: str,
    data: Mapping[str, str | Path] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    device: str | None = None,
    workers: int | None = None,
    quiet: bool = False,
    tensorboard: bool = False,
    shard: bool = False,
    **values: object,
) -> Run:
    """Train by a recipe: ``mnist1d``, ``file.net`` or ``file.net:recipe``.

    Changes to it are given as on the command line, ``"arch=mlp"``, or as keyword arguments,
    ``steps=100``, where a text is read as the recipe's own language. `data` maps names of data sets
    to their locations, `out` is the folder of the run (by default ``runs/RECIPE``); with `resume`,
    a run there continues. Raises `NetlangError`; `KeyboardInterrupt` if Ctrl-C stopped the run,
    after its checkpoint is written; `TypeError` if `data` isn't a mapping of names.
    """
    if not isinstance(data, Mapping | None):
        raise TypeError(f"data says where each data set lies: {{NAME: {data!r}}}, not {data!r}")
    with one_voice():
        texts = (*changes, *overrides_of(values))
        read, program = load_recipe(recipe, texts)
        where = Places({name: Path(path) for name, path in (data or {}).items()})
        where.require_used(read)
    folder = Path(out) if out is not None else Path("runs", read.name)
    backend = training_backend()
    options = RunOptions(
        folder, where, resume=resume, device=device, workers=workers,
        quiet=quiet, tensorboard=tensorboard, shard=shard,
    )  # fmt: skip
    options = replace(options, again=call_to_resume(recipe, texts, options))
    with needs(backend.extra):
        return _run(backend, read, program, options)


@ends_at_the_caller
def examples(
    recipe: str | Path,
    *changes: str,
    weights: str | Path | None = None,
    data: Mapping[str, str | Path] | None = None,
    part: str = "train",
    count: int = 128,
    workers: int | None = None,
    **values: object,
) -> ExampleInputs:
    """Up to `count` examples of the part `train`, `val` or `test` of a recipe's data.

    They are prepared as for a test and normalized as in the training of the `weights`: what a net
    takes after it was trained, to calibrate a file on. `recipe`, its changes and `data` are as for
    `train`. Raises `NetlangError`; `ValueError` if there is no part of this name.
    """
    with one_voice():
        read, program = load_recipe(recipe, (*changes, *overrides_of(values)))
        wanted = _part(read, part)
        where = Places({name: Path(path) for name, path in (data or {}).items()})
        where.require_used(read)
    file = None if weights is None else Path(weights)
    backend = training_backend()
    with needs(backend.extra):
        options = SampleOptions(where, wanted, count, file, workers, quiet=True)
        return backend.examples(read, program, options)


def _run(backend: TrainingBackend, recipe: Recipe, program: Program, options: RunOptions) -> Run:
    net = Net(program, recipe)
    if recipe.seeds == 1:
        ended = backend.train(recipe, program, options)
        _hand_on(ended.signal)
        return Run(recipe, net, ended, options)

    def say(text: str) -> None:
        if is_first():
            print(text, file=sys.stderr)

    done = train_seeds(backend, recipe, program, options, say)
    ended = summary(done, options)
    compared(ended)
    _hand_on(ended.signal)
    runs = tuple([Run(each.recipe, net, each.ended, each.options) for each in done])
    return Run(recipe, net, ended, options, runs)


def _hand_on(number: int | None) -> None:
    """Passes on a signal that stopped a run to the rest of the script.

    Ctrl-C becomes Python's `KeyboardInterrupt`. A scheduler's warning is meant only for the run: it
    would end the process.
    """
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    if number is not None and number != getattr(signal, "SIGUSR1", None):
        signal.raise_signal(number)


@final
class Run:
    """How a run ended and what it left: `folder` contains all of it.

    `scores` are those of the best weights, by part and name (``"test accuracy"``). A run that was
    stopped by a scheduler's warning (SIGUSR1) is not `finished`; ``resume=True`` continues it.

    Of a recipe with several `seeds`, `runs` has one for each, and `scores` are their means; weights
    and records are those of each of them.
    """

    def __init__(
        self,
        recipe: Recipe,
        net: Net,
        ended: Trained,
        options: RunOptions,
        runs: tuple[Run, ...] = (),
    ) -> None:
        self.net = net
        self.runs = runs
        self.folder = ended.folder
        self.scores = dict(ended.scores)
        self.finished = ended.signal is None
        self._recipe = recipe
        self._options = options

    @property
    def weights(self) -> Path:
        """The file of the best weights; without a validation part, of the last ones.

        Raises `ValueError` if there are several runs.
        """
        self._require_one()
        best = self.folder / "best.safetensors"
        return best if best.exists() else self.folder / "last.safetensors"

    @cached_property
    def history(self) -> list[dict[str, float]]:
        """The records of the run in order: `step`, `loss`, `lr` and scores.

        Raises `ValueError` if there are several runs.
        """
        self._require_one()
        lines = (self.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @ends_at_the_caller
    def torch(self) -> nn.Module:
        """The net with `weights` as a PyTorch module in evaluation mode, on the CPU.

        Its inputs are those of the net: after the recipe's path and normalization.
        """
        return self.net.torch(self.weights).eval()

    @ends_at_the_caller
    def evaluate(self, split: str = "test") -> dict[str, float]:
        """The scores of `weights` on the part `train`, `val` or `test`, as training scores it.

        A part may go by its name in the recipe too. Raises `ValueError` for other names.
        """
        given = self._options
        wanted = ScoreOptions(
            given.places,
            _part(self._recipe, split),
            device=given.device,
            workers=given.workers,
            quiet=given.quiet,
            shard=given.shard,
        )
        found = training_backend().evaluate(self._recipe, self.net.program, self.weights, wanted)
        return dict(found)

    @ends_at_the_caller
    def predict(self, *images: Picture, top: int | None = None) -> list[Prediction]:
        """The classes of images with their probabilities, the most probable first.

        An image is a path, a Pillow image, or an array of uint8, ``[H, W]`` or ``[H, W, C]``. A
        folder stands for the images below it. With `top`, only so many classes of each.
        """
        if top is not None and top < 1:
            raise ValueError(f"top is how many classes to give of each image, not {top}")
        wanted = PredictOptions(self._options.device, self._options.quiet)
        found = training_backend().predict(
            self._recipe, self.net.program, self.weights, images, wanted
        )
        return [replace(each, classes=each.classes[:top]) for each in found]

    def _repr_svg_(self) -> str | None:
        """The curves, in a notebook."""
        path = self.folder / ("runs.svg" if self.runs else "curves.svg")
        return path.read_text(encoding="utf-8") if path.exists() else None

    def _require_one(self) -> None:
        if self.runs:
            raise ValueError(f"there is a run for each of {len(self.runs)} seeds: see `runs`")

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {score:.4g}" for name, score in self.scores.items())
        state = scores or ("not evaluated" if self.finished else "interrupted")
        return f"<netlang run {self.folder}: {state}>"


def _part(recipe: Recipe, word: str) -> str:
    """The part of the data that a word stands for. Raises `ValueError` if there is none."""
    if found := part_of(recipe.data, word):
        return found
    raise ValueError(f"{word!r} isn't a part: {known_parts(recipe.data)}")
