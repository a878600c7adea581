"""Activations and gradients of each layer: how large, how many dead or saturated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.doctor.pictures import draw_layers
from netlang.backends.torch.doctor.probe import Probe, StepSeen
from netlang.ir.op import Op
from netlang.ir.owned import owned
from netlang.ops.activation import HardSigmoid, Relu, Relu6, Sigmoid, Tanh
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["LayerFigures", "Layers", "dead_share"]

_EXAMPLES = 128
_ENOUGH = 32
_LONGEST = 40
_DEAD = 0.5
_SATURATED = 0.5
_APART = 1e5
# Within this part of its range, an S-shaped function is at its end.
_END = 0.02
_RANGES: dict[type[Op], tuple[float, float]] = {
    Sigmoid: (0.0, 1.0),
    HardSigmoid: (0.0, 1.0),
    Tanh: (-1.0, 1.0),
}


@final
@dataclass(frozen=True)
class LayerFigures:
    """A layer with weights, or an activation: of its values, and of the gradient by them.

    `gradient` is the length of the gradient by the values of an example, root mean square over the
    examples. `dead` and `saturated` are shares of units and of values, where that has a meaning.
    """

    label: str
    operator: str
    mean: float
    deviation: float
    gradient: float | None
    dead: float | None = None
    saturated: float | None = None


@final
class Layers(Check):
    """The net on a batch in training mode, step by step, with the loss's gradient by each value."""

    name: ClassVar[str] = "layers"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = Turns.EACH

    def examine(self, patient: Patient) -> CheckReport:
        batch = patient.batch(_EXAMPLES)
        weighted = {each.key.rpartition(".")[0] for each in owned(patient.program)}
        seen = Probe(patient).look(patient.state().model, batch)
        if patient.recipe.turn is not None:
            seen = [each for each in seen if each.gradient is not None]
        figures = [_figures(each) for each in seen if _matters(each, weighted)]
        if not figures:
            return self.skipped("the net has neither weights nor activations")
        # What starts at 0 is dead too.
        alike = {"zero initialisation", "constant initialisation"} & patient.found
        symptoms = (
            []
            if alike
            else [*_units(patient, figures, len(batch)), *_along_depth(patient, figures, weighted)]
        )
        step = patient.recipe.turn
        name = "layers" if step is None else f"layers_{step.name}"
        pictures = draw_layers(patient.options.folder, figures, name)
        measured = f"{len(figures)} on {len(batch)} examples, with the weights of the start"
        return self.report(measured, *symptoms, rows=_rows(figures), pictures=pictures)


def _matters(seen: StepSeen, weighted: set[str]) -> bool:
    known = isinstance(seen.op, Relu | Relu6 | Sigmoid | HardSigmoid | Tanh)
    return seen.value.is_floating_point() and (known or seen.node.module in weighted)


def _figures(seen: StepSeen) -> LayerFigures:
    value, gradient = seen.value.float(), seen.gradient
    length = None
    if gradient is not None:
        rows = gradient.float().reshape(len(gradient), -1) * len(gradient)
        length = float(rows.square().sum(1).mean().sqrt())
    ends = _RANGES.get(type(seen.op))
    return LayerFigures(
        seen.node.path,
        seen.op.name,
        float(value.mean()),
        float(value.std(correction=0)),
        length,
        dead_share(value) if isinstance(seen.op, Relu | Relu6) else None,
        None if ends is None else _saturated(value, *ends),
    )


def dead_share(value: Tensor) -> float:
    """The share of the units of a ReLU ``[B, ...]`` that are 0 for all examples.

    A unit is an element, or a channel with all its positions. Where features come last, as in a
    transformer, a unit is one of these.
    """
    if value.dim() < 2:
        return 0.0
    axes = {1, value.dim() - 1} if value.dim() == 3 else {1}
    found = [(value.transpose(1, axis).transpose(0, 1).flatten(1) == 0).all(1) for axis in axes]
    return min(float(each.float().mean()) for each in found)


def _saturated(value: Tensor, low: float, high: float) -> float:
    end = _END * (high - low)
    return float(((value < low + end) | (value > high - end)).float().mean())


def _units(patient: Patient, figures: Sequence[LayerFigures], examples: int) -> Iterator[Symptom]:
    for each in figures if examples >= _ENOUGH else ():
        if each.dead is not None and each.dead >= _DEAD:
            yield Symptom(
                "dead ReLUs",
                f"{each.dead:.0%} of the units of `{each.label}` are 0 for all {examples} examples"
                " and learn nothing",
                "look at the initial biases and weights before it (`init`), or use `leaky_relu`",
                patient.step(each.label),
                each.label,
            )
        if each.saturated is not None and each.saturated >= _SATURATED:
            yield Symptom(
                f"saturated {each.operator}",
                f"{each.saturated:.0%} of the values of `{each.label}` are at the ends of"
                f" `{each.operator}`, where its slope is all but 0",
                "make what it is applied to smaller: `init: xavier_normal`, normalised inputs, or a"
                " norm before it",
                patient.step(each.label),
                each.label,
            )


def _along_depth(
    patient: Patient, figures: Sequence[LayerFigures], weighted: set[str]
) -> Iterator[Symptom]:
    """Values or gradients that grow or shrink from layer to layer."""
    layers = [each for each in figures if each.label in weighted]
    lengths = [(each, each.gradient) for each in reversed(layers) if each.gradient]
    spreads = [(each, each.deviation) for each in layers if each.deviation > 0]
    series = (("gradients", "the gradient at", lengths), ("activations", "the spread of", spreads))
    for what, phrase, sizes in series:
        ratio = sizes[-1][1] / sizes[0][1] if len(sizes) > 1 else 1.0
        if not 1 / _APART < ratio < _APART:
            last, first = sizes[-1][0].label, sizes[0][0].label
            yield Symptom(
                f"{'exploding' if ratio > 1 else 'vanishing'} {what}",
                f"{phrase} `{last}` is {ratio:.2g} times that of `{first}`",
                "look at `init`, and use norms or residual connections",
                patient.step(last),
                last,
            )


def _rows(figures: Sequence[LayerFigures]) -> tuple[tuple[str, ...], ...]:
    """The layers as a table: all, or the first and last of many."""
    rows = [_row(each) for each in figures]
    if len(rows) > _LONGEST:
        half = _LONGEST // 2
        between = (f"{len(rows) - 2 * half} more", *[""] * 6)
        rows = [*rows[:half], between, *rows[-half:]]
    head = ("layer", "operator", "mean", "deviation", "gradient", "dead", "saturated")
    return (head, *rows)


def _row(each: LayerFigures) -> tuple[str, ...]:
    gradient = "none" if each.gradient is None else f"{each.gradient:.3g}"
    shares = ("" if share is None else f"{share:.0%}" for share in (each.dead, each.saturated))
    return (
        each.label,
        each.operator,
        f"{each.mean:.3g}",
        f"{each.deviation:.3g}",
        gradient,
        *shares,
    )
