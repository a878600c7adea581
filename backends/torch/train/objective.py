"""Losses and accuracy: the terms of a recipe's loss on the values of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.classified import (
    DecisionOutput,
    classified_output,
    decision_output,
)
from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.recipes.terms import lowered_terms
from netlang.backends.torch.train.processes.wrapping import bare
from netlang.diagnostics.errors import InternalError
from netlang.ir.program import Program
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.sections.inputs import followed
from netlang.recipes.words.losses import GradientPenalty
from netlang.recipes.words.timing import Clock

__all__ = ["Objective"]

_MOST_CLASSES = 4096  # a table of counts then has 128 MB
_HALVES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


@final
class Objective:
    """What a recipe minimizes on a program's outputs.

    Evaluation leaves out terms that read an auxiliary output, which exists only in training, and
    penalties, since a score is about the data. With `apart`, penalties aren't part of the loss of a
    batch; `penalty` returns them.
    """

    def __init__(self, recipe: Recipe, program: Program, *, apart: bool = False) -> None:
        self._apart = apart
        outputs = program.net.outputs
        self._all = tuple(output.name for output in outputs)
        self._deployed = tuple(output.name for output in outputs if not output.auxiliary)
        self._inputs = tuple(port.name for port in program.net.inputs)
        self._types: tuple[torch.dtype, ...] = tuple(
            getattr(torch, port.type.dtype.value) for port in program.net.inputs
        )
        self._followed = _followed(recipe, program)
        self._half = _HALVES.get(recipe.precision)
        self._terms = lowered_terms(recipe, program)
        self._counted: tuple[nn.Module | None, dict[str, list[nn.Parameter]]] = (None, {})
        self._target = recipe.class_target
        classes = classified_output(recipe, program)
        count = None if classes is None else classes.channels
        self._many = isinstance(count, int) and count > _MOST_CLASSES
        self._logits = None if classes is None else classes.name
        self._binary = None if self._logits else decision_output(recipe, program)

    @property
    def binary(self) -> DecisionOutput | None:
        """The output whose values are yes-or-no decisions, if there is one."""
        return self._binary

    @property
    def logits(self) -> str | None:
        """The output whose largest channel is the predicted class, if there is one."""
        return self._logits

    @property
    def places_followed(self) -> frozenset[int]:
        """The places of the inputs at which, or beyond which, a term takes a gradient."""
        return self._followed

    @property
    def all_used(self) -> bool:
        """Whether every output counts in the loss."""
        return set(self._all) <= {name for term in self._terms for name in term.names}

    @property
    def counted(self) -> tuple[int, ...]:
        """The indices of the outputs that count in the loss."""
        names = {name for term in self._terms for name in term.names}
        return tuple(place for place, name in enumerate(self._all) if name in names)

    def nothing(self, model: nn.Module, batch: Batch) -> Tensor:
        """The zero, with its gradient, that a batch without examples adds to a loss."""
        inputs = self.followed(batch.inputs)
        result = self._called(model, inputs)
        if isinstance(result, Tensor) and not result.dim():
            return result.float() * 0.0  # the net wasn't run
        values = self._known(inputs, batch, result, self._all)
        parts = [values[self._all[place]].float().sum() for place in self.counted]
        # Processes that share statistics of a batch also compute its gradients together.
        slopes = (t for t in self._terms if isinstance(t.term.function, GradientPenalty))
        parts += [each.value(values).nan_to_num() for each in slopes]
        return torch.stack([each * 0.0 for each in parts]).sum()

    def penalty(
        self,
        model: nn.Module,
        weight: Callable[[nn.Parameter], nn.Parameter],
        clock: Clock | None = None,
    ) -> Tensor | None:
        """The sum of the penalties, if there are any, on what `weight` returns for a parameter."""
        found: Tensor | None = None
        for each in self._terms:
            if each.weights is not None:
                own = [weight(parameter) for parameter in each.weights(bare(model))]
                part = each.term.weight(clock) * each.code.evaluate({each.penalized: own})
                found = part if found is None else found + part
        return found

    def _called(self, model: nn.Module, given: Sequence[Tensor]) -> object:
        device = given[0].device.type
        inputs = (each.to(kind) for each, kind in zip(given, self._types, strict=True))
        if self._half is None:
            result: object = model(*inputs)
        else:
            with torch.autocast(device, dtype=self._half):
                result = model(*inputs)
        return result

    def followed(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The inputs, and those at or beyond which a term takes a gradient as leaves with one."""
        return [
            each.detach().requires_grad_() if place in self._followed else each
            for place, each in enumerate(inputs)
        ]

    def values(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Inputs, targets and the model's outputs by name."""
        inputs = self.followed(batch.inputs)
        result = self._called(model, inputs)
        names = self._all if model.training else self._deployed
        values = self._known(inputs, batch, result, names)
        if model.training and not self._apart:
            values.update(self._penalties(model))
        return values

    def _known(
        self, inputs: Sequence[Tensor], batch: Batch, result: object, names: tuple[str, ...]
    ) -> dict[str, Tensor]:
        """Inputs, targets, and what the model returned, by name."""
        values = dict(zip(self._inputs, inputs, strict=True)) | dict(batch.targets)
        for name, value in _named(result, names):
            half = value.dtype in (torch.float16, torch.bfloat16)
            values[name] = value.float() if half else value
        return values

    def _penalties(self, model: nn.Module) -> Iterator[tuple[str, Tensor]]:
        """The penalties by name; the weights that they count are looked up once."""
        if self._counted[0] is not model:
            found = {t.penalized: t.weights(bare(model)) for t in self._terms if t.weights}
            self._counted = model, found
        for term in self._terms:
            if term.weights is not None:
                yield term.penalized, term.code.evaluate(self._counted[1])

    def loss(self, values: Mapping[str, Tensor], clock: Clock | None = None) -> Tensor:
        """The sum of the terms, as mean over the batch, at a time of training."""
        found: Tensor | None = None
        for each in self._terms:
            if not each.names <= values.keys():
                continue
            part, factor = each.value(values), each.term.weight(clock)
            part = part if factor == 1.0 else factor * part
            found = part if found is None else found + part
        if found is None:
            raise InternalError("no term of the loss can be computed from the deployed outputs")
        return found

    def correct(self, values: Mapping[str, Tensor]) -> Tensor | None:
        """How many examples of the batch are classified correctly; of positions, the share."""
        found = self.predicted(values)
        if found is None:
            return None
        right = found == self.actual(values, found)
        return right.sum() if right.dim() == 1 else right.flatten(1).float().mean(1).sum()

    def predicted(self, values: Mapping[str, Tensor]) -> Tensor | None:
        """Class numbers ``[B, ...]``, or decisions as 0 and 1; None if the net has neither."""
        if self._logits is not None:
            return values[self._logits].argmax(1)
        if self._binary is None:
            return None
        found = values[self._binary.output] > (0.0 if self._binary.is_logit else 0.5)
        return (found.flatten() if self._binary.single else found).long()

    def actual(self, values: Mapping[str, Tensor], found: Tensor) -> Tensor:
        """What `found` ought to be; where the target has a share of each class, the largest."""
        label = values[self._target or ""]
        if self._binary is not None:
            return (label.reshape(found.shape) > 0.5).long()
        return label if label.dim() == found.dim() else label.argmax(1)

    @property
    def classifies(self) -> bool:
        """Whether accuracy is defined."""
        return self._logits is not None or self._binary is not None

    @property
    def counts_classes(self) -> bool:
        """Whether examples, or positions, are each of one class and taken for one.

        With more classes than a table has room for, they aren't counted.
        """
        if self._logits is not None:
            return not self._many
        return self._binary is not None and self._binary.single


def _followed(recipe: Recipe, program: Program) -> frozenset[int]:
    """The numbers of the inputs at which, or beyond which, a term takes a gradient."""
    terms = [each for each in recipe.loss.terms if isinstance(each.function, GradientPenalty)]
    places = (followed(program, str(term.operands[1])) for term in terms)
    return frozenset(place for place in places if place is not None)


def _named(result: object, names: tuple[str, ...]) -> Iterator[tuple[str, Tensor]]:
    """What a module returned, by output name: a tensor, or a tuple in the program's order."""
    values = result if isinstance(result, tuple) else (result,)
    if len(values) != len(names):
        raise InternalError(f"the module returned {len(values)} values for outputs {names}")
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, Tensor):
            raise InternalError(f"output {name} of the module isn't a tensor")
        yield name, value
