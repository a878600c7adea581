"""Memory and time of a training step, on the device that would train."""

from __future__ import annotations

import time
from typing import ClassVar, final

import torch
from torch import Tensor

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.data.sources.files import memory
from netlang.backends.torch.doctor.check import Check, Need
from netlang.backends.torch.doctor.patient import Patient, first_of
from netlang.backends.torch.doctor.short_run import repeated
from netlang.backends.torch.train.records.progress import duration
from netlang.diagnostics.texts import shown_bytes
from netlang.recipes.recipe import Epochs
from netlang.recipes.words.optimizers import Optimizer, Sgd
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["MemoryAndTime"]

_STEPS = 4
_PROBED = 2


@final
class MemoryAndTime(Check):
    """What a step of the whole batch takes: an estimate of memory, and the time of some steps.

    Memory is that of weights, gradients and the optimizer's state, and of what the forward pass
    keeps for the backward pass, measured on two examples and multiplied. Times are of this machine
    as it is now.
    """

    name: ClassVar[str] = "memory and time"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE, Need.GRADIENT)

    def examine(self, patient: Patient) -> CheckReport:
        recipe = patient.recipe
        count = min(recipe.batch, len(patient.train))
        part = -(-count // recipe.accumulate)
        weights, kept = _bytes(patient)
        needed, there = weights + kept * part, _available(patient.device)
        symptoms = []
        if there and needed > there:
            symptoms.append(
                Symptom(
                    "too little memory",
                    f"a batch of {count} needs about {shown_bytes(needed)}, and"
                    f" {patient.device} has {shown_bytes(there)}",
                    "compute the batch in parts with `accumulate`, or make it smaller",
                    patient.place("batch"),
                )
            )
            return self.report(f"about {shown_bytes(needed)}", *symptoms)
        batch = patient.batch(part, _STEPS)
        seconds = _seconds_of_all(patient, batch) * count / len(batch)
        steps = patient.data.train.epoch_steps
        length = recipe.length
        total = length.count * (steps if isinstance(length, Epochs) else 1)
        return self.report(
            f"about {shown_bytes(needed)} for a batch of {count}, {_time(seconds)} a step on"
            f" {patient.device}: {duration(seconds * steps)} an epoch, {duration(seconds * total)}"
            " in all, without preparing the data"
        )


def _bytes(patient: Patient) -> tuple[int, int]:
    """Bytes of weights and what goes with them, and of what is kept for each example."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    model = patient.state().model
    weights = {each.untyped_storage().data_ptr() for each in model.parameters()}
    sizes = sum(each.numel() * each.element_size() for each in model.parameters())
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        values = patient.objective.values(model, _apart(first_of(patient.sample, _PROBED)))
        patient.objective.loss(values)
    states = max(_means(own.optimizer) for own in patient.recipe.played)
    return sizes * (2 + states), sum(kept.values()) // _PROBED


def _means(optimizer: Optimizer) -> int:
    """How many numbers are kept for each weight: of most optimizers, two means of its gradient."""
    return (1 if optimizer.momentum else 0) if isinstance(optimizer, Sgd) else 2


def _apart(batch: Batch) -> Batch:
    """The batch in memory of its own, not in that of a larger one."""
    targets = {name: value.clone() for name, value in batch.targets.items()}
    return Batch(tuple(each.clone() for each in batch.inputs), targets)


def _available(device: torch.device) -> int:
    """The bytes of memory of the device; 0 if that isn't known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return memory() if device.type == "cpu" else 0


def _seconds_of_all(patient: Patient, batch: Batch) -> float:
    """The time for a batch: of all steps that take turns, each as often as its turn comes."""
    if not patient.players:
        return _seconds(patient, batch)
    pairs = zip(patient.players, patient.recipe.turns, strict=True)
    return sum(_seconds(own, batch) / turn.every for own, turn in pairs)


def _seconds(patient: Patient, batch: Batch) -> float:
    """The shortest time of a step: what else the machine does only makes them longer."""
    times: list[float] = []
    now = time.perf_counter()

    def noted(_: object) -> bool:
        nonlocal now
        before, now = now, time.perf_counter()
        times.append(now - before)
        return True

    repeated(patient, batch, [0.0] * _STEPS, noted)
    return min(times[1:] or times)


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
