"""Whether labels have to do with their inputs: what a short run tells of other examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlang.backends.torch.data.sets import Batch, Images
from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.net.layers import dead_share
from netlang.backends.torch.doctor.patient import Patient, class_numbers
from netlang.backends.torch.doctor.probe import Probe
from netlang.backends.torch.doctor.short_run import ShortRun, short_run
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.evaluation import evaluating
from netlang.ops.activation import Relu, Relu6
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["LabelsAndInputs"]

_EXAMPLES = 600
_OF_A_CLASS = 20
_STEPS = 300
_FEWEST = 60
# With fewer examples, a hard task looks like one without sense.
_ENOUGH = 400
# The share of the first loss at which nothing is left to learn.
_LEARNED = 0.05
# Standard errors: chance does less, and less than this is chance.
_SURE, _CHANCE = 5.0, 2.5
_GAP = 0.15
_CONFIDENT, _DOUBTED = 0.95, 0.05
_GOOD = 0.8
_SHOWN = 8
_DEAD = 0.9
"""Of a trained net: some units that are never used are usual."""


@final
@dataclass(frozen=True)
class _Scored:
    """The probabilities ``[n, C]`` that a net gives to examples of known classes ``[n]``."""

    shares: Tensor
    labels: Tensor

    @property
    def right(self) -> float:
        return float((self.shares.argmax(1) == self.labels).float().mean())

    @property
    def guess(self) -> float:
        """The share of the commonest class: what always naming that one is right for."""
        return float(torch.bincount(self.labels).max()) / len(self.labels)

    def above_chance(self, errors: float) -> bool:
        """Whether more are right than a guess makes, by so many standard errors."""
        error = sqrt(self.guess * (1 - self.guess) / len(self.labels))
        return self.right > self.guess + errors * max(error, 1e-9)


@final
class LabelsAndInputs(Check):
    """A part of the training examples is learned, another one and the test are predicted.

    If many of the first can be learned and nothing of the others can be told, the labels don't
    belong to the inputs. Single examples that are surely predicted otherwise are suspects.
    """

    name: ClassVar[str] = "labels"
    needs: ClassVar[tuple[Need, ...]] = (Need.CLASSES, Need.FINITE, Need.AFFORDABLE, Need.GRADIENT)
    turns: ClassVar[Turns | str] = "its short run follows one loss, and the steps have one each"

    def examine(self, patient: Patient) -> CheckReport:
        labels = patient.labels
        assert labels is not None
        classes = len(np.unique(labels))
        count = max(_EXAMPLES, _OF_A_CLASS * classes)
        half = min(count, len(labels) // 2)
        steps = patient.steps(_STEPS, patient.recipe.batch)
        if half < max(_OF_A_CLASS * classes, 60) or steps < _FEWEST:
            return self.skipped("too few examples of each class, or too much work for this device")
        order = epoch_order(patient.seed("labels"), 0, len(labels))
        learned, other = np.sort(order[:half]), np.sort(order[half : 2 * half])
        done = _learned(patient, learned, steps)
        if not done.finite:
            return self.skipped("the loss of the short run isn't finite")
        model = done.state.model
        seen, held = (_scored(patient, model, each) for each in (learned, other))
        tests = _tests(patient, model, half)
        symptoms = [
            *_unrelated(patient, seen, held, tests),
            *_suspects(patient, held, other),
            *_died(patient, model),
        ]
        told = "".join(f", {each.right:.0%} of {len(each.labels)} {n}" for n, each in tests.items())
        return self.report(
            f"{len(done.losses)} steps learn {seen.right:.0%} of {half} examples, and predict"
            f" {held.right:.0%} of {half} others{told}",
            *symptoms,
        )


def _learned(patient: Patient, numbers: NDArray[np.int64], steps: int) -> ShortRun:
    """A run on some examples as in a test, at a rate at which the net learns."""
    scale = patient.working_rate / patient.recipe.optimizer.lr

    def go_on(done: ShortRun) -> bool:
        return len(done.losses) < _FEWEST or done.last() > _LEARNED * done.losses[0]

    some = patient.train.subset(numbers)
    return short_run(patient, some, [scale] * steps, augmented=False, go_on=go_on)


def _scored(patient: Patient, model: nn.Module, numbers: NDArray[np.int64]) -> _Scored:
    return _predicted(patient, model, patient.seen(patient.train.subset(numbers), len(numbers)))


def _tests(patient: Patient, model: nn.Module, count: int) -> dict[str, _Scored]:
    found = {}
    for name, examples in patient.held.items():
        if class_numbers(examples) is not None:
            found[name] = _predicted(patient, model, patient.seen(examples, count, "labels"))
    return found


@torch.no_grad()
def _predicted(patient: Patient, model: nn.Module, batch: Batch) -> _Scored:
    objective = patient.objective
    found = []
    labels = []
    with evaluating(model):
        for start in range(0, len(batch), 256):
            part = slice(start, start + 256)
            some = Batch(
                tuple(each[part] for each in batch.inputs),
                {name: value[part] for name, value in batch.targets.items()},
            )
            values = objective.values(model, some)
            predicted = objective.predicted(values)
            assert predicted is not None
            labels.append(objective.actual(values, predicted).flatten())
            found.append(_shares(patient, values))
    return _Scored(torch.cat(found).cpu(), torch.cat(labels).cpu())


def _shares(patient: Patient, values: dict[str, Tensor]) -> Tensor:
    logits, binary = patient.objective.logits, patient.objective.binary
    if logits is not None:
        return values[logits].softmax(1)
    assert binary is not None
    share = values[binary.output].flatten()
    share = share.sigmoid() if binary.is_logit else share
    return torch.stack([1 - share, share], 1)


def _unrelated(
    patient: Patient, seen: _Scored, held: _Scored, tests: dict[str, _Scored]
) -> Iterator[Symptom]:
    learned = seen.above_chance(_SURE) and seen.right > seen.guess + _GAP
    if learned and not held.above_chance(_CHANCE):
        yield Symptom(
            "labels shuffled",
            f"a short run learns {seen.right:.0%} of {len(seen.labels)} training examples, but is"
            f" right for {held.right:.0%} of {len(held.labels)} others, no more than a guess"
            f" ({held.guess:.0%})",
            "look at some examples with their labels: were both sorted or shuffled alike?",
            patient.place("data"),
            wrong=len(held.labels) >= _ENOUGH,
        )
        return
    known = held.above_chance(_SURE) and held.right > held.guess + _GAP
    for name, score in tests.items():
        if known and len(score.labels) >= 50 and not score.above_chance(_CHANCE):
            yield Symptom(
                f"labels shuffled in the {name} part",
                f"a short run predicts {held.right:.0%} of training examples that it hasn't seen,"
                f" but {score.right:.0%} of the {name} part, no more than a guess",
                f"look at the {name} part: do its labels belong to its inputs, with one numbering?",
                patient.place("data"),
            )


def _suspects(patient: Patient, held: _Scored, numbers: NDArray[np.int64]) -> Iterator[Symptom]:
    """Examples that a good net surely takes for another class."""
    if held.right < _GOOD:
        return
    own = held.shares.gather(1, held.labels[:, None])[:, 0]
    best, found = held.shares.max(1)
    rows = torch.nonzero((best > _CONFIDENT) & (own < _DOUBTED)).flatten()
    rows = rows[own[rows].argsort()]
    if not len(rows):
        return
    names = [
        f"{_named(patient, int(numbers[row]))} (labelled {int(held.labels[row])}, looks like"
        f" {int(found[row])})"
        for row in rows[:_SHOWN].tolist()
    ]
    more = ", ..." if len(rows) > _SHOWN else ""
    yield Symptom(
        "doubtful labels",
        f"{len(rows)} of {len(numbers)} training examples look like another class:"
        f" {', '.join(names)}{more}",
        "look at them: some may be labelled wrongly",
        patient.place("data"),
        wrong=False,
    )


def _named(patient: Patient, number: int) -> str:
    """An example by its file, or by its number in the training part."""
    examples = patient.train
    return examples.name(number) if isinstance(examples, Images) else f"number {number}"


def _died(patient: Patient, model: nn.Module) -> Iterator[Symptom]:
    """Layers that the short run left with next to no unit at work."""
    if patient.found & {"dead ReLUs", "zero initialisation", "constant initialisation"}:
        return
    for each in Probe(patient).look(model, patient.batch(128)):
        if isinstance(each.op, Relu | Relu6) and (dead := dead_share(each.value)) >= _DEAD:
            label = each.node.path
            yield Symptom(
                "dead ReLUs",
                f"{dead:.0%} of the units of `{label}` are 0 for all examples after a short run",
                "lower the rate, or use `leaky_relu`",
                patient.step(label),
                label,
            )
            return
