"""Compares the channels of the training part with those of the others."""

from __future__ import annotations

from itertools import permutations
from typing import ClassVar, final

import torch
from torch import Tensor

from netlang.backends.torch.doctor.check import Check, Need
from netlang.backends.torch.doctor.patient import Patient
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["ChannelStatistics"]

_EXAMPLES = 1024
_MOST_CHANNELS = 4
# A difference that chance doesn't make, and one that matters, in standard errors and deviations.
_ERRORS = 8.0
_MATTERS = 0.5
# How much nearer the channels must be in another order.
_NEARER = 1 / 3


@final
class ChannelStatistics(Check):
    """Means and deviations of each channel, in training and test, prepared as for a test.

    What differs is compared in every order of the channels: images of OpenCV have blue first.
    """

    name: ClassVar[str] = "channels"
    needs: ClassVar[tuple[Need, ...]] = (Need.HELD, Need.FINITE)

    def examine(self, patient: Patient) -> CheckReport:
        train = _figures(patient.seen(patient.train, _EXAMPLES, "channels").inputs[0])
        symptoms = []
        rows = [("part", "channel", "mean", "deviation"), *_rows("train", train)]
        for name, examples in patient.held.items():
            found = _figures(patient.seen(examples, _EXAMPLES, "channels").inputs[0])
            rows += _rows(name, found)
            symptom = _compared(patient, name, train, found)
            symptoms += [] if symptom is None else [symptom]
        same = "alike" if not symptoms else "not alike"
        return self.report(f"the parts are {same}", *symptoms, rows=tuple(rows))


def _figures(inputs: Tensor) -> Tensor:
    """The mean and deviation of each channel of each example, ``[B, C, 2]``."""
    values = inputs.double()
    values = values.reshape(len(values), 1, -1) if values.dim() == 2 else values.flatten(2)
    return torch.stack([values.mean(2), values.std(2, correction=0)], 2)


def _rows(name: str, figures: Tensor) -> list[tuple[str, ...]]:
    means = figures.mean(0)[:_MOST_CHANNELS].tolist()
    return [(name, str(place), f"{m:.4g}", f"{d:.4g}") for place, (m, d) in enumerate(means)]


def _compared(patient: Patient, name: str, train: Tensor, found: Tensor) -> Symptom | None:
    """The difference, if there is one that chance doesn't explain."""
    if train.shape[1] != found.shape[1] or min(len(train), len(found)) < 8:
        return None
    spread = torch.cat([train - train.mean(0), found - found.mean(0)]).std(0) + 1e-12
    gap = (train.mean(0) - found.mean(0)) / spread
    error = (1 / len(train) + 1 / len(found)) ** 0.5
    largest = float(gap.abs().max())
    if largest < _ERRORS * error:
        return None
    order = _better_order(train, found, spread)
    if order is not None:
        swapped = ", ".join(f"{here} is like {there}" for here, there in order)
        return Symptom(
            "channels swapped",
            f"channels of the {name} part are those of the training part in another order:"
            f" {swapped} of the training part",
            "read both in one order, RGB: OpenCV gives BGR",
            patient.place("data"),
        )
    if largest < _MATTERS:
        return None
    return Symptom(
        "parts unlike each other",
        f"inputs of the {name} part differ from those of the training part, on average by"
        f" {largest:.2g} deviations",
        "see whether both were made in the same way, from 0 to 1 or to 255, before scores count",
        patient.place("data"),
    )


def _better_order(train: Tensor, found: Tensor, spread: Tensor) -> list[tuple[int, int]] | None:
    """The channels in which another order brings the parts together, as pairs."""
    channels = train.shape[1]
    if not 1 < channels <= _MOST_CHANNELS:
        return None
    wanted, here = train.mean(0), found.mean(0)

    def distance(order: tuple[int, ...]) -> float:
        return float(((wanted[list(order)] - here) / spread).square().sum().sqrt())

    best = min(permutations(range(channels)), key=distance)
    own = tuple(range(channels))
    if best == own or distance(best) > _NEARER * distance(own):
        return None
    return [(place, other) for place, other in enumerate(best) if place != other]
