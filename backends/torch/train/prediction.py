"""`netlang predict`: the classes that a trained classifier sees in images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.pictures import Picture, pictures_of, single
from netlang.backends.torch.data.sets import Images
from netlang.backends.torch.recipes.kept import kept_normalizer
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
from netlang.backends.torch.train.prepared import Views
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.backends.weights import class_names, facts_beside
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import (
    ImageOfOtherSize,
    ImageSmallerThanCrop,
    ImageUnreadable,
)
from netlang.diagnostics.training.running import NoClassifier, NotNumbers, StatisticsMissing
from netlang.ir.program import Program
from netlang.recipes.check.prepared import prepared_frame, prepared_shape
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.extents import exactly, shown_frame
from netlang.recipes.words.sizes import MultiScale
from netlang.records import replace
from netlang.targets import Prediction
from netlang.targets.options import PredictOptions

__all__ = ["normalizer_of_weights", "predict", "views_of"]

_OF_ONE_IMAGE = ImageUnreadable | ImageOfOtherSize | ImageSmallerThanCrop | NotNumbers


def predict(
    recipe: Recipe,
    program: Program,
    weights: Path,
    images: Iterable[object],
    wanted: PredictOptions,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Prediction]:
    """The classes of images by their probability, in the order of `images`.

    These are paths of files, paths of folders (which stand for the images below them), Pillow
    images, or arrays. They are prepared as for a test. Class names and the normalization are those
    that a run stored beside its weights, unless the recipe's `normalize` was overridden. `say` gets
    notes on the files. Raises `NetlangError` for weights that can't be read or don't fit, for a net
    that doesn't classify images, and for an image that can't be read if nobody is to be told of it.
    """
    objective = Objective(recipe, program)
    binary = objective.binary is not None and objective.binary.single
    if (objective.logits is None and not binary) or not recipe.data.is_image:
        raise NetlangError(NoClassifier(span=recipe.places["loss"], net=program.name))
    chosen = choose_device(wanted.device)
    facts = facts_beside(weights)
    with memory_told(chosen), reproducible(chosen, threads_for(program, 1)):
        model = trained_module(program, weights, say, wanted.fit)[0].to(chosen).eval()
        normalizer = normalizer_of_weights(recipe, facts, weights, chosen, say)
        ready = Prepare(recipe, chosen, World(), workers=0, normalizer=normalizer)
        classifier = _Classifier(ready, objective, model, recipe.data.shape[0] or 1, say)
        names = class_names(facts)
        for picture in pictures_of(images):
            shares = _shares(classifier, picture, wanted.damaged)
            path = picture if isinstance(picture, Path) else None
            if shares is not None:
                yield Prediction(path, _ranked(shares, names))


def _shares(
    classifier: _Classifier, picture: Picture, damaged: Callable[[NetlangError], None] | None
) -> Tensor | None:
    """The probabilities for an image; None if there are none and `damaged` was called."""
    try:
        shares = classifier(picture)
        if shares.isnan().any():
            what = f"`{picture}`" if isinstance(picture, Path) else "an image"
            raise NetlangError(NotNumbers(span=None, what=what))
        return shares
    except NetlangError as error:
        of_image = all(isinstance(each, _OF_ONE_IMAGE) for each in error.diagnostics)
        if damaged is None or not of_image:
            raise
        damaged(error)
        return None


@final
@dataclass(frozen=True)
class _Classifier:
    """Computes the class probabilities of one image at a time."""

    ready: Prepare
    objective: Objective
    model: nn.Module
    channels: int
    say: Callable[[str], None]

    @torch.no_grad()
    def __call__(self, picture: Picture) -> Tensor:
        views = views_of(self.ready, picture, self.channels, self.say)
        values = averaged([(self.model, views)], self.objective)
        binary = self.objective.binary
        if binary is not None:
            found = values[binary.output][0].double().flatten()
            share = found.sigmoid() if binary.is_logit else found
            return torch.cat([1.0 - share, share])
        logits = values[self.objective.logits or ""][0].double()
        # A class for each place of the image counts by its mean.
        return logits.softmax(0).reshape(len(logits), -1).mean(1)


def views_of(
    ready: Prepare, picture: Picture, channels: int, say: Callable[[str], None] = lambda _: None
) -> Views:
    """One image as the net sees it, in all views of the recipe's test.

    `say` gets remarks on the file. Raises `NetlangError` if it can't be read, or has a size that
    the net doesn't take.
    """
    images = single(picture, channels)
    with _asked_for():
        _require_size(ready.recipe, images)
    with closing(ready.testing(images)) as part, _asked_for():
        (views,) = part.once()
    for remark in images.remarks():
        say(remark)
    return views


def _require_size(recipe: Recipe, images: Images) -> None:
    """Refuse an image that `test` gives another size than the images of the data, all of one size.

    Images of any size become those that the net takes by `test` alone, which `check` sees to.
    """
    _, *known = recipe.data.shape
    if None in known or any(isinstance(step, MultiScale) for step in recipe.test_path):
        return
    wanted, _ = prepared_shape(recipe, recipe.test_path)
    with opened(images, 0) as image:
        found = prepared_frame(exactly(image.height, image.width), recipe.test_path)
    if tuple(side.exact for side in found) != wanted[1:]:
        size = "x".join(map(str, wanted[1:]))
        path = " after `test`" if recipe.test_path else ""
        other = ImageOfOtherSize(
            span=None, path=images.name(0), sizes=f"{shown_frame(found)}{path}, not {size}",
            wanted=size,
        )  # fmt: skip
        raise NetlangError(other)


@contextmanager
def _asked_for() -> Iterator[None]:
    """Inside, advice on an unreadable image is for an image that someone has named."""
    try:
        yield
    except NetlangError as error:
        advice = "repair it, or leave it out"
        raise NetlangError(
            *(
                replace(each, advice=advice) if isinstance(each, ImageUnreadable) else each
                for each in error.diagnostics
            )
        ) from None


def normalizer_of_weights(
    recipe: Recipe,
    facts: Mapping[str, object],
    weights: Path,
    device: torch.device,
    say: Callable[[str], None],
) -> Normalizer | None:
    """The normalizer of the run that wrote the weights, else one with numbers from the recipe.

    Raises `NetlangError` if its numbers would have to come from the training data.
    """
    kept = kept_normalizer(recipe, facts, weights, device, say)
    if kept is not None:
        return kept.normalizer
    if recipe.normalize is None:
        return None
    if lower_normalization(recipe.normalize).given is None:
        span = recipe.places["normalize"]
        raise NetlangError(StatisticsMissing(span=span, normalization=recipe.normalize.name))
    return normalizer_for(recipe.normalize, (), device)


def _ranked(shares: Tensor, names: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Every class with its probability, the most probable first.

    A net may have more classes than it was trained on; these are shown as numbers.
    """
    order = shares.argsort(descending=True, stable=True).tolist()
    return tuple(
        (names[number] if number < len(names) else f"class {number}", float(shares[number]))
        for number in order
    )
