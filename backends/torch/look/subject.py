"""What is looked at: a net with its weights, and an image or an example of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np
import torch
from torch import Tensor

from netlang.analysis.fields.place import MapOfInput, maps_of_input
from netlang.backends.classified import classified_output, decision_output
from netlang.backends.torch.data.pictures import pictures_of
from netlang.backends.torch.data.sets import Examples, Images
from netlang.backends.torch.look.class_scores import ClassScores
from netlang.backends.torch.look.diagnostics import NoSuchExample, NotOfImages
from netlang.backends.torch.look.watched import Watched
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.prediction import normalizer_of_weights, views_of
from netlang.backends.torch.train.prepared import Views
from netlang.backends.torch.train.scoring import DataSample, sample_of
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.backends.weights import class_names, facts_beside
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotPlaced
from netlang.ir.program import Program, Ref
from netlang.passes.flat import flattened
from netlang.recipes.recipe import Recipe
from netlang.targets.looking import LookOptions
from netlang.targets.options import SampleOptions

__all__ = ["ExampleSeen", "LeftOut", "Subject"]


class LeftOut(Exception):
    """A view that there is nothing to draw for; the text says why."""


@final
@dataclass(frozen=True, eq=False)
class ExampleSeen:
    """One example: the net's `inputs`, each ``[1, ...]``, and the first one as it is `shown`.

    `shown` is ``[C, *places]``, prepared as for a test but not normalized.
    """

    inputs: tuple[Tensor, ...]
    shown: Tensor
    name: str


@final
class Subject:
    """A net with weights on a device. `say` shows what takes long.

    The `flat` program has a node for each step. Raises `NetlangError` for weights that don't fit.
    """

    def __init__(
        self,
        recipe: Recipe | None,
        program: Program,
        options: LookOptions,
        device: torch.device,
        say: Callable[[str], None],
    ) -> None:
        self.program, self.options, self.device, self.say = program, options, device, say
        self._recipe = recipe
        self._facts = facts_beside(options.weights)
        model = trained_module(program, options.weights, say, options.fit)[0]
        self.weights: Mapping[str, Tensor] = model.state_dict()
        self.flat = flattened(program).program

    @property
    def recipe(self) -> Recipe:
        """The recipe. Raises `LeftOut` if a net is looked at by itself."""
        if self._recipe is None:
            raise LeftOut("SPEC is a net: how inputs are prepared is known of recipes alone")
        return self._recipe

    def watched(self, *refs: Ref) -> Watched:
        """The net, giving some values besides its outputs."""
        return Watched(self.flat, refs, self.weights, self.device)

    # --- one example ------------------------------------------------------------------------

    @cached_property
    def example(self) -> ExampleSeen:
        """The image, or the example of the data."""
        recipe, options = self.recipe, self.options
        if options.image is None:
            return self._of_data(self.sample)
        if not recipe.data.is_image or len(self.program.net.inputs) != 1:
            raise NetlangError(NotOfImages(span=recipe.places["data"], recipe=recipe.name))
        normalizer = normalizer_of_weights(
            recipe, self._facts, options.weights, self.device, self.say
        )
        ready = Prepare(recipe, self.device, World(), workers=0, normalizer=normalizer)
        picture, *_ = pictures_of([options.image])
        channels = recipe.data.shape[0] or 1
        seen = views_of(ready, picture, channels, self.say)
        plain = views_of(replace(ready, normalizer=None), picture, channels)
        return ExampleSeen(_first(seen), _shown(plain), options.image.name)

    def _of_data(self, sample: DataSample) -> ExampleSeen:
        number, split = self.options.example, self.options.split
        count = len(sample.whole)
        if number >= count:
            raise NetlangError(NoSuchExample(span=None, split=split, number=number, count=count))
        one = sample.whole.subset(np.array([number]))
        (seen,), (plain,) = self._views(one), self._views(one, normalized=False)
        label = self.label(one, 0)
        labelled = f", labelled {label}" if label else ""
        return ExampleSeen(_first(seen), _shown(plain), f"{split} example {number}{labelled}")

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The sizes of the first input at the example."""
        shape = self.program.net.inputs[0].type.shape
        known = {size.name for size in self.program.sizes}
        pairs = zip(map(str, shape), self.example.inputs[0].shape[1:], strict=True)
        return {name: size for name, size in pairs if name in known}

    @cached_property
    def maps(self) -> dict[int, MapOfInput]:
        """The steps whose output is a map of the image or signal, by the number of the node.

        Raises `LeftOut` for an input that is neither.
        """
        if self.example.shown.dim() > 3:
            raise LeftOut("the net's input is neither an image nor a signal")
        return maps_of_input(self.flat, 0, self.sizes)

    # --- classes ----------------------------------------------------------------------------

    @cached_property
    def scores(self) -> ClassScores:
        """What says of what class an example is. Raises `LeftOut` if nothing does."""
        recipe = self.recipe
        output = classified_output(recipe, self.program)
        decision = None if output else decision_output(recipe, self.program)
        if output is None and (decision is None or not decision.single):
            raise LeftOut("no output of the net is compared with `label` as scores of classes")
        names = class_names(self._facts)
        if not names and self.options.image is None:
            names = self.sample.classes or ()
        found = output or decision
        assert found is not None
        return ClassScores(found, names)

    @cached_property
    def shares(self) -> Tensor:
        """The probabilities ``[classes]`` that the net gives the example."""
        with torch.no_grad():
            _, outputs = self.watched()(self.example.inputs)
            return self.scores.shares(outputs)[0]

    @cached_property
    def target(self) -> int:
        """The class that maps are drawn for: the chosen one, or the most probable."""
        chosen = self.options.chosen
        if chosen is None:
            return int(self.shares.argmax())
        return self.scores.number(chosen, len(self.shares))

    @property
    def targeted(self) -> str:
        """The class that maps are drawn for, with its probability."""
        share = float(self.shares[self.target])
        return f"class {self.scores.named(self.target)} at {100 * share:.1f} %"

    def label(self, examples: Examples, number: int) -> str:
        """The name of an example's class, "" without one."""
        labels = examples.labels
        if labels is None:
            return ""
        names = self.sample.classes or class_names(self._facts)
        own = int(labels[number])
        return names[own] if own < len(names) else str(own)

    # --- data -------------------------------------------------------------------------------

    @cached_property
    def sample(self) -> DataSample:
        """Some examples of the data. Raises `LeftOut` if there is an image but no data."""
        options = self.options
        wanted = SampleOptions(
            options.places, options.split, options.count, options.weights, options.workers
        )
        try:
            return sample_of(self.recipe, self.program, wanted, self.say, self.device)
        except NetlangError as error:
            absent = all(isinstance(each, DataNotPlaced) for each in error.diagnostics)
            if options.image is None or not absent:
                raise
            raise LeftOut(
                f"it is a view over a data set, and {error.diagnostics[0].message}"
            ) from None

    def batches(self) -> Iterator[tuple[Tensor, ...]]:
        """The net's inputs for the examples of the sample, in their order."""
        for views in self._views(self.sample.examples):
            yield _first(views)

    def shown(self, numbers: Sequence[int]) -> list[Tensor]:
        """The first inputs of some examples of the sample, ``[C, *places]``, not normalized."""
        some = self.sample.examples.subset(np.array(numbers, dtype=np.int64))
        found = self._views(some, normalized=False)
        return [_placed(each) for views in found for each in _first(views)[0]]

    def _views(self, examples: Examples, *, normalized: bool = True) -> Iterator[Views]:
        ready = self.sample.ready if normalized else replace(self.sample.ready, normalizer=None)
        if isinstance(examples, Images) and len(examples) < ready.recipe.batch:
            ready = replace(ready, workers=0)
        with closing(ready.testing(examples)) as part:
            yield from part.once()


def _first(views: Views) -> tuple[Tensor, ...]:
    """The inputs in their first view."""
    return tuple(each[:: views.views] for each in views.scales[0].inputs)


def _shown(views: Views) -> Tensor:
    return _placed(_first(views)[0][0])


def _placed(value: Tensor) -> Tensor:
    """``[C, *places]``: a vector is a signal of one channel."""
    return (value[None] if value.dim() == 1 else value).detach().cpu().float()
