"""`netlang predict`: what a trained classifier takes images for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from netlang.backends.torch.data.names import Names
from netlang.backends.torch.data.sources.image_folder import FileImages
from netlang.backends.torch.recipes.normalize import (
    Normalizer,
    lower_normalization,
    normalizer_for,
)
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.evaluation import averaged
from netlang.backends.torch.train.memory import memory_told
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.backends.weights import class_names, facts_beside
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import NoClassifier, StatisticsMissing
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.targets import Prediction

__all__ = ["predict"]


def predict(
    recipe: Recipe,
    program: Program,
    weights: Path,
    images: Sequence[Path],
    *,
    device: str | None = None,
) -> Iterator[Prediction]:
    """The classes of images by their probability, in the order of `images`.

    They are prepared as for a test. Names of classes and numbers of the normalization are those
    that a run wrote beside its weights. Raises `NetlangError` for a file that can't be read or
    doesn't fit, and for a net that doesn't classify images.
    """
    objective = Objective(recipe, program)
    binary = objective.binary is not None and objective.binary.single
    if (objective.logits is None and not binary) or not recipe.data.is_image:
        raise NetlangError(NoClassifier(span=recipe.places["loss"], net=program.name))
    chosen = choose_device(device)
    facts = facts_beside(weights)
    with memory_told(chosen), reproducible(chosen, threads_for(program, 1)):
        model = trained_module(program, weights)[0].to(chosen).eval()
        ready = Prepare(
            recipe, chosen, World(), None, workers=0, normalizer=_normalizer(recipe, facts, chosen)
        )
        classifier = _Classifier(ready, objective, model, recipe.data.shape[0] or 1)
        names = class_names(facts)
        for path in images:
            shares = classifier(path)
            yield Prediction(path, _ranked(shares, names))


@final
@dataclass(frozen=True)
class _Classifier:
    """Probabilities of the classes of one image at a time."""

    ready: Prepare
    objective: Objective
    model: nn.Module
    channels: int

    @torch.no_grad()
    def __call__(self, path: Path) -> Tensor:
        images = FileImages(Names.of([str(path)]), np.zeros(1, np.int64), self.channels)
        with closing(self.ready.testing(images)) as part:
            (views,) = part.once()
            values = averaged(self.model, self.objective, views)
        binary = self.objective.binary
        if binary is not None:
            found = values[binary.output][0].double().flatten()
            share = found.sigmoid() if binary.is_logit else found
            return torch.cat([1.0 - share, share])
        logits = values[self.objective.logits or ""][0].double()
        # A class for each place of the image counts by its mean.
        return logits.softmax(0).reshape(len(logits), -1).mean(1)


def _normalizer(
    recipe: Recipe, facts: Mapping[str, object], device: torch.device
) -> Normalizer | None:
    """That of the run that wrote the weights, else one whose numbers the recipe gives."""
    if recipe.normalize is None:
        return None
    kept = facts.get("normalization")
    if isinstance(kept, dict):
        return Normalizer.from_facts(kept, device)
    if lower_normalization(recipe.normalize).given is None:
        span = recipe.places["normalize"]
        raise NetlangError(StatisticsMissing(span=span, normalization=recipe.normalize.name))
    return normalizer_for(recipe.normalize, (), device)


def _ranked(shares: Tensor, names: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Every class with its probability, the most probable first.

    A net may have more classes than it was trained on: those have numbers.
    """
    order = shares.argsort(descending=True, stable=True).tolist()
    return tuple(
        (names[number] if number < len(names) else f"class {number}", float(shares[number]))
        for number in order
    )
