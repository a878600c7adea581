"""The gradient check: backpropagation beside slopes, on some weights of each layer."""

from __future__ import annotations

from typing import ClassVar, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient, first_of
from netlang.backends.torch.doctor.slopes import SlopeCount, compared_gradients
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["Gradients"]

_EXAMPLES = 4
_EACH = 3
_FEWEST = 8
_SHOWN = 3


@final
class Gradients(Check):
    """Whether the gradient of the loss is its slope, in double precision, in training mode.

    Dropout draws the same numbers each time. Elements at a kink are left out. A net with more
    weights than can be tried: some of its tensors, from the first layer to the last.
    """

    name: ClassVar[str] = "gradients"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = Turns.EACH

    def examine(self, patient: Patient) -> CheckReport:
        if patient.device.type == "mps":
            return self.skipped("this device has no double precision")
        model = patient.state().model.double()
        tensors: dict[str, Tensor] = {
            name: weight for name, weight in model.named_parameters() if weight.requires_grad
        }
        chosen = _affordable(patient, tensors)
        if not chosen:
            return self.skipped("the net has no weights to train, or is too large for slopes")
        batch = _in_double(first_of(patient.sample, _EXAMPLES))
        seed = patient.seed("slopes")

        def loss() -> Tensor:
            torch.manual_seed(seed)
            with torch.enable_grad():  # a loss may contain a gradient itself
                return _loss(patient, model, batch)

        try:
            count = compared_gradients(loss, chosen, _EACH, seed)
        except RuntimeError as error:
            if "dtype" not in str(error) and "scalar type" not in str(error):
                raise
            return self.skipped("a step of the net computes in another precision than double")
        return self.report(_measured(count, chosen, tensors), *_symptoms(patient, count))


def _loss(patient: Patient, model: nn.Module, batch: Batch) -> Tensor:
    """The loss in training, penalties included, in the precision of the model and batch."""
    net, objective = patient.program.net, patient.objective
    inputs = objective.followed(batch.inputs)
    made = model(*inputs)
    outputs = (made,) if isinstance(made, Tensor) else made
    values = dict(zip((port.name for port in net.inputs), inputs, strict=True))
    values |= dict(batch.targets)
    values |= dict(zip((output.name for output in net.outputs), outputs, strict=True))
    penalty = objective.penalty(model, lambda weight: weight)
    loss = objective.loss(values)
    return loss if penalty is None else loss + penalty


def _affordable(patient: Patient, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors spread over the depth of the net, as many as the work allows."""
    passes = 3 * patient.steps(len(tensors) * _EACH * 2, _EXAMPLES)
    count = min(len(tensors), passes // (2 * _EACH))
    if not tensors or count < min(_FEWEST, len(tensors)):
        return {}
    names = list(tensors)
    last = max(1, count - 1)
    places = sorted({place * (len(names) - 1) // last for place in range(count)})
    return {names[place]: tensors[names[place]] for place in places}


def _in_double(batch: Batch) -> Batch:
    inputs = tuple(each.double() if each.is_floating_point() else each for each in batch.inputs)
    targets = {
        name: value.double() if value.is_floating_point() else value
        for name, value in batch.targets.items()
    }
    return Batch(inputs, targets)


def _measured(count: SlopeCount, chosen: dict[str, Tensor], tensors: dict[str, Tensor]) -> str:
    some = "" if len(chosen) == len(tensors) else f", of {len(chosen)} of {len(tensors)} tensors"
    kinks = f", {count.kinks} more at kinks" if count.kinks else ""
    return f"{count.compared - len(count.wrong)} of {count.compared} are slopes{kinks}{some}"


def _symptoms(patient: Patient, count: SlopeCount) -> list[Symptom]:
    """One for each layer with a wrong gradient; of many, the last, where the error comes from."""
    found: dict[str, Symptom] = {}
    for wrong in count.wrong:
        label = wrong.name.rpartition(".")[0]
        advice = "the backward pass of this layer, or of one behind it, is wrong: report it"
        span = patient.step(label)
        found.setdefault(label, Symptom("wrong gradient", str(wrong), advice, span, label))
    return list(found.values())[-_SHOWN:]
