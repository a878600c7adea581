"""The Fréchet distance between real and generated images, by the features of a net of one's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlang.backends.torch.runtime.frechet import frechet_distance
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.scoring import sample_of
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import DistanceUnfit
from netlang.ir.program import Program
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.recipe import Recipe
from netlang.targets.distances import require_comparable
from netlang.targets.options import FeatureDistance, SampleOptions, ScoreOptions

__all__ = ["distance"]

_ALL = 1 << 62


@torch.no_grad()
def distance(
    recipe: Recipe,
    program: Program,
    weights: Path,
    options: ScoreOptions,
    say: Callable[[str], None] = lambda _: None,
) -> float:
    """The Fréchet distance between a part's images and what the net makes with each of them.

    Images are compared as the net takes and makes them, by the judge of the `options`. Raises
    `NetlangError` if the nets don't fit, and where there is one image only or features aren't
    finite.
    """
    wanted = options.distance
    assert wanted is not None
    require_comparable(recipe, program, wanted)
    device = choose_device(options.device)
    with reproducible(device, threads_for(program, recipe.batch)):
        asked = SampleOptions(options.places, options.split, _ALL, workers=options.workers)
        sample = sample_of(recipe, program, asked, say, device)
        model, _ = trained_module(program, weights, say, options.fit)
        judge, _ = trained_module(wanted.judge, wanted.weights, say)
        model.to(device).eval()
        judge.to(device).eval()
        objective = Objective(recipe, program)
        place = _names(wanted.judge).index(wanted.features)

        real, made = [], []
        with closing(sample.ready.testing(sample.examples)) as data:
            for views in data.once():
                batch = views.scales[0]
                real.append(_features(judge, place, batch.inputs[0]))
                made.append(_features(judge, place, objective.values(model, batch)[wanted.output]))
    first, second = np.concatenate(real), np.concatenate(made)
    _require_numbers(first, second, wanted)
    return frechet_distance(first, second)


def _features(judge: nn.Module, place: int, images: Tensor) -> NDArray[np.float64]:
    """What a judge says of images at a place among its outputs, ``[count, features]``."""
    found = judge(images)
    chosen = found[place] if isinstance(found, tuple) else found
    values: NDArray[np.float64] = chosen.flatten(1).double().cpu().numpy()
    return values


def _names(program: Program) -> list[str]:
    return [output.name for output in deployed_outputs(program)]


def _require_numbers(
    real: NDArray[np.float64], made: NDArray[np.float64], wanted: FeatureDistance
) -> None:
    """Raise `NetlangError` unless both, ``[count, features]``, have a mean and a covariance."""
    why, advice = "", "take a part of the data with more images"
    if len(real) < 2:
        why = "one image has no spread"
    for what, each in (("images of the data", real), (f"`{wanted.output}`", made)):
        if not why and not np.isfinite(each).all():
            why = f"`{wanted.features}` of {what} has values that aren't numbers, or infinite"
            advice = "look at the weights of both nets: some are too large, or not numbers"
    if why:
        raise NetlangError(DistanceUnfit(span=None, output=wanted.output, why=why, advice=advice))
