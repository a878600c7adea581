"""Learns one small batch by heart: what can't be overfitted can't be fitted."""

from __future__ import annotations

from typing import ClassVar, final

import torch
from torch import nn

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.doctor.short_run import accuracy
from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.recipes.eager import eager
from netlang.backends.torch.train.evaluation import evaluating
from netlang.backends.torch.train.objective import Objective
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["OverfitsABatch"]

_EXAMPLES = 16
_STEPS = 200
_EVERY = 20
_RATES = (3e-3, 3e-2, 3e-4)
_WHOLE, _MOST_PLACES = 1.0, 0.95
_LOWER = 0.1


@final
class OverfitsABatch(Check):
    """A few examples as in a test, seen again and again, by Adam at three rates in turn.

    It asks whether the net and the loss can learn at all, whatever the recipe's rate. Dropout and
    penalties rest, stochastic depth doesn't. A classifier has to be right for all examples, or for
    95 % of all places if it labels places; any other net has to lower its loss by a tenth.
    """

    name: ClassVar[str] = "one batch"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = (
        "the loss of a step needn't fall, as the other steps work against it"
    )

    def examine(self, patient: Patient) -> CheckReport:
        batch = _distinct(patient.batch(256))
        steps = patient.steps(_STEPS * len(_RATES), len(batch)) // len(_RATES)
        if steps < _EVERY:
            return self.skipped("a step is too much work for this device")
        best, done = 0.0, 0
        for rate in _RATES:
            reached, count = _learned(patient, batch, rate, steps)
            if reached > best or not done:
                best, done = reached, count
            if best >= self._wanted(patient):
                break
        return self._told(patient, batch, best, done)

    def _wanted(self, patient: Patient) -> float:
        if not patient.objective.classifies:
            return _LOWER
        return (
            _WHOLE
            if patient.objective.counts_classes and patient.labels is not None
            else _MOST_PLACES
        )

    def _told(self, patient: Patient, batch: Batch, best: float, steps: int) -> CheckReport:
        classifies = patient.objective.classifies
        what = f"{best:.0%} right" if classifies else f"loss lowered by {best:.0%}"
        measured = f"{what} of {len(batch)} examples after {steps} steps"
        if best >= self._wanted(patient):
            return self.report(measured)
        symptom = Symptom(
            "one batch can't be learned",
            f"{len(batch)} examples, seen {steps} times, are {what}" if classifies
            else f"the {what} on {len(batch)} examples seen {steps} times",
            "the net or the loss is wrong, not the data: look at the other findings, and at how the"
            " outputs and the targets correspond",
            patient.place("model"),
        )  # fmt: skip
        return self.report(measured, symptom)


def _distinct(batch: Batch) -> Batch:
    """The first examples of a batch whose inputs differ."""
    seen: set[bytes] = set()
    rows = []
    for row, value in enumerate(batch.inputs[0].flatten(1).cpu().numpy()):
        if (key := value.tobytes()) not in seen:
            seen.add(key)
            rows.append(row)
    index = torch.tensor(rows[:_EXAMPLES], device=batch.inputs[0].device)
    targets = {name: value[index] for name, value in batch.targets.items()}
    return Batch(tuple(each[index] for each in batch.inputs), targets)


def _learned(patient: Patient, batch: Batch, rate: float, steps: int) -> tuple[float, int]:
    """The best score within some steps, and how many were made."""
    model = patient.state().model
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention):
            module.dropout = 0.0
    weights = [each for each in model.parameters() if each.requires_grad]
    if not weights:
        return 0.0, 0
    optimizer = _adam(weights, rate)
    objective = Objective(patient.recipe, patient.program, apart=True)
    start, best = _loss(patient, model, batch), 0.0
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        loss = objective.loss(objective.values(model, batch))
        if not loss.requires_grad or not bool(loss.isfinite()):
            return best, step
        loss.backward()
        optimizer.step()
        if step % _EVERY == 0 or step == steps:
            best = max(best, _score(patient, model, batch, start))
            if best >= (_WHOLE if patient.objective.classifies else 0.5):
                return best, step
    return best, steps


def _adam(weights: list[nn.Parameter], rate: float) -> torch.optim.Optimizer:
    made: torch.optim.Optimizer = Invocation(eager(torch.optim.Adam), {"lr": rate})(weights)
    return made


@torch.no_grad()
def _loss(patient: Patient, model: nn.Module, batch: Batch) -> float:
    with evaluating(model):
        return float(patient.objective.loss(patient.objective.values(model, batch)))


def _score(patient: Patient, model: nn.Module, batch: Batch, start: float) -> float:
    """The accuracy, or by what share of its absolute value the loss was lowered."""
    if patient.objective.classifies:
        return accuracy(patient, model, batch)
    return (start - _loss(patient, model, batch)) / max(abs(start), 1e-12)
