"""Scores a model on a part of the data: each example counts once, however it is batched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from math import log
from operator import add
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared, Views
from netlang.backends.torch.train.state import Scores
from netlang.backends.torch.train.storage import Json
from netlang.backends.torch.train.world import World

__all__ = ["Evaluation", "averaged", "ensemble_score", "evaluating", "evaluation", "named", "score"]


@final
@dataclass(frozen=True)
class Evaluation:
    """Scores, and for classifiers how often each class (row) was predicted as each (column)."""

    scores: Scores
    confusion: Tensor | None


def score(
    model: nn.Module, objective: Objective, data: Prepared, step: int, *, sharded: bool = False
) -> Scores:
    """Mean loss, and for classifiers the share of correct predictions; see `evaluation`."""
    sums = _Sums(objective, wanted=False)
    sums.add_all(model, data, sharded=sharded)
    return sums.result(data, step).scores


@torch.no_grad()
def ensemble_score(
    members: Sequence[tuple[nn.Module, Prepared]], objective: Objective, step: int
) -> Scores:
    """The scores of the mean of several models, each with the examples as they were for it.

    Of a classifier it is the mean of the probabilities, else of the outputs. Models are left in
    evaluation mode, and the members have the same examples in the same order.
    """
    sums = _Sums(objective, wanted=False)
    models = [model.eval() for model, _ in members]
    for seen in zip(*(data.once() for _, data in members), strict=True):
        sums.add(averaged(list(zip(models, seen, strict=True)), objective), len(seen[0]))
    return sums.result(members[0][1], step).scores


def named(part: str, scores: Scores) -> dict[str, Json]:
    """Scores as a record has them: ``validation_loss``."""
    facts = scores.facts()
    shown = ("loss",) if scores.accuracy is None else ("loss", "accuracy")
    return {f"{part}_{name}": facts[name] for name in shown}


def evaluation(
    model: nn.Module, objective: Objective, data: Prepared, step: int, *, sharded: bool = False
) -> Evaluation:
    """Scores and counts of classes in evaluation mode, which is left again.

    Waits for the device once. Outputs of several views of an example are averaged: for a classifier
    the probabilities, else the outputs themselves. A `sharded` model is called equally often by all
    processes, since each call needs all of them.
    """
    sums = _Sums(objective, wanted=True)
    sums.add_all(model, data, sharded=sharded)
    return sums.result(data, step)


def _equally_often(model: nn.Module, objective: Objective, data: Prepared) -> Iterator[Views]:
    """This process's share, with extra calls on any example to match the other processes."""
    share, seen = data.once(), None
    while True:
        views = next(share, None)
        calls = 0 if views is None else len(views.scales)
        most = data.world.largest(calls)
        if not most:
            return
        if views is not None:
            yield views
            seen = views
        for _ in range(most - calls):
            if seen is None:
                seen = next(data.once(slice(0, 1)))
            objective.values(model, seen.scales[0])


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Inside, evaluation mode; afterwards each module has its own mode again."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


@final
class _Sums:
    """Sums on the device, added up batch by batch."""

    def __init__(self, objective: Objective, wanted: bool) -> None:
        self._objective = objective
        self._wanted = wanted and objective.counts_classes
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        self._confusion: Tensor | None = None

    @torch.no_grad()
    def add_all(self, model: nn.Module, data: Prepared, *, sharded: bool) -> None:
        """Run a model on each example once."""
        objective = self._objective
        with evaluating(model):
            for views in _equally_often(model, objective, data) if sharded else data.once():
                self.add(averaged([(model, views)], objective), len(views))

    def add(self, values: Mapping[str, Tensor], count: int) -> None:
        self._losses.append(self._objective.loss(values) * count)
        right, found = self._objective.correct(values), self._objective.predicted(values)
        if right is None or found is None:
            return
        self._right.append(right)
        if self._wanted:
            logits = self._objective.logits
            classes = 2 if logits is None else values[logits].shape[1]
            pairs = (self._objective.actual(values, found) * classes + found).flatten()
            found = torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)
            self._confusion = found if self._confusion is None else self._confusion + found

    def result(self, data: Prepared, step: int) -> Evaluation:
        """The means, from the sums over all processes."""
        # A process may have no examples of a small part.
        world, count = data.world, len(data.examples)
        loss = world.total(_sum(self._losses)) / count
        accuracy = (
            None if not self._objective.classifies else world.total(_sum(self._right)) / count
        )
        return Evaluation(Scores(step, loss, accuracy), self._all_confusion(world))

    def _all_confusion(self, world: World) -> Tensor | None:
        own = self._confusion
        if not self._wanted:
            return None
        classes = world.largest(0 if own is None else len(own))
        own = torch.zeros(classes, classes, dtype=torch.int64) if own is None else own.cpu()
        return torch.stack(world.gathered(own)).sum(0)


def _sum(values: list[Tensor]) -> float:
    """The sum, batch by batch in 64 bits as in scripts, since `sum` rounds by Python version."""
    return reduce(add, torch.stack(values).tolist(), 0.0) if values else 0.0


def averaged(
    members: Sequence[tuple[nn.Module, Views]], objective: Objective
) -> Mapping[str, Tensor]:
    """Values by name, one row for each example: the mean over its views and over the models."""
    views = members[0][1]
    found = [objective.values(model, batch) for model, own in members for batch in own.scales]
    if len(found) == 1 and views.views == 1:
        return found[0]
    targets = views.scales[0].targets
    averaged = dict(targets)
    for name in found[0].keys() - targets.keys():
        seen = [_by_example(values[name], len(views)) for values in found]
        if name == objective.logits:
            # The logarithm of the mean probability, which may be too small to be a number.
            shares = torch.cat([each.log_softmax(2) for each in seen], 1)
            averaged[name] = shares.logsumexp(1) - log(shares.shape[1])
        elif objective.binary is not None and name == objective.binary.output:
            shares = torch.cat(seen, 1)
            if objective.binary.is_logit:
                averaged[name] = shares.sigmoid().mean(1).logit()
            else:
                averaged[name] = shares.mean(1)
        elif len({each.shape[2:] for each in seen}) == 1:
            averaged[name] = torch.cat(seen, 1).mean(1)
    return averaged


def _by_example(value: Tensor, count: int) -> Tensor:
    """``[B, V, ...]`` from ``[B * V, ...]``."""
    return value.reshape(count, -1, *value.shape[1:])
