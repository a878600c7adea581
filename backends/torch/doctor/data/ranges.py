"""Looks at the values of inputs and targets as the net gets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from torch import Tensor

from netlang.backends.torch.doctor.check import Check, Need
from netlang.backends.torch.doctor.patient import Patient
from netlang.ir.program import INPUT, Function, Ref
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["ValueRanges"]

_LARGE, _SMALL = 10.0, 0.01
_FAR = 5.0
_APART = 100.0
_NORMS = (BatchNorm, GroupNorm, InstanceNorm, LayerNorm)


@final
class ValueRanges(Check):
    """Inputs far from mean 0 and deviation 1, which initial weights and rates are made for."""

    name: ClassVar[str] = "value ranges"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE,)

    def examine(self, patient: Patient) -> CheckReport:
        names, inputs = patient.recipe.data.inputs, patient.sample.inputs
        rows: list[tuple[str, ...]] = [("value", "least", "greatest", "mean", "deviation")]
        symptoms: list[Symptom] = []
        for place, (name, value) in enumerate(zip(names, inputs, strict=False)):
            if value.is_floating_point():
                rows.append(_row(name, value))
                if not _is_normed(patient.program.net, place):
                    symptoms += _odd(patient, name, value)
        for name, value in patient.sample.targets.items():
            if value.is_floating_point():
                rows.append(_row(name, value))
                symptoms += _large_target(patient, name, value)
        return self.report(f"of {len(patient.sample)} training examples", *symptoms, rows=(*rows,))


def _row(name: str, value: Tensor) -> tuple[str, ...]:
    figures = value.min(), value.max(), value.mean(), value.std(correction=0)
    return (name, *(f"{float(figure):.4g}" for figure in figures))


def _odd(patient: Patient, name: str, value: Tensor) -> Iterator[Symptom]:
    mean, deviation = float(value.mean()), float(value.std(correction=0))
    what = ""
    if deviation > _LARGE or deviation < _SMALL:
        what = f"`{name}` has deviation {deviation:.4g}, mean {mean:.4g}"
    elif abs(mean) > _FAR * max(deviation, 1.0):
        what = f"`{name}` has mean {mean:.4g}, far from 0, and deviation {deviation:.4g}"
    elif value.dim() == 2:
        spread = value.std(0, correction=0)
        spread = spread[spread > 0]
        if len(spread) and float(spread.max() / spread.min()) > _APART:
            least, most = float(spread.min()), float(spread.max())
            what = f"the elements of `{name}` have deviations from {least:.4g} to {most:.4g}"
    if what:
        written = patient.recipe.normalize is not None
        yield Symptom(
            "missing normalisation",
            f"{what}, as the net gets it",
            "look at the numbers of `normalize`"
            if written
            else "write `normalize: standardize`, which gives mean 0 and deviation 1",
            patient.place("normalize" if written else "data"),
        )


def _large_target(patient: Patient, name: str, value: Tensor) -> Iterator[Symptom]:
    size = float(value.square().mean().sqrt())
    if size > _APART:
        yield Symptom(
            "large targets",
            f"`{name}` has a root mean square of {size:.4g}",
            "scale it: a net starts near 0, and its gradients grow with the distance",
            patient.place("data"),
            wrong=False,
        )


def _is_normed(net: Function, place: int) -> bool:
    """Whether every step that reads an input normalizes it."""
    ref = Ref(INPUT, place)
    readers = [node for node in net.nodes if ref in node.inputs]
    return all(isinstance(node.callee, _NORMS) for node in readers)
