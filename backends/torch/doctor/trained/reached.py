"""Finds weights that never get a gradient, and layers whose units stay equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, final

from torch import Tensor, nn

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.doctor.short_run import ShortRun, repeated
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["Reached"]

_STEPS = 5
_EXAMPLES = 64
_SHOWN = 3


@final
class Reached(Check):
    """Which weights have a gradient in the first steps, and which are told apart by them.

    A layer whose last norm starts at 0 gets none in the very first step, so a few are made. Units
    that start equal and get equal gradients stay equal: such a layer counts as one of its units.
    """

    name: ClassVar[str] = "weights that learn"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE)
    turns: ClassVar[Turns | str] = Turns.EACH

    def examine(self, patient: Patient) -> CheckReport:
        batch = patient.batch(_EXAMPLES, _STEPS)
        start = patient.state().model
        patient.without_gradient = not _follows(patient, start, batch)
        if patient.without_gradient:
            return self.report("nothing gets a gradient", _cut(patient))
        moved: set[str] = set()
        connected: set[str] = set()

        def note(done: ShortRun) -> bool:
            for name, weight in done.state.model.named_parameters():
                if weight.grad is not None:
                    connected.add(name)
                    if bool((weight.grad != 0).any()):
                        moved.add(name)
            return True

        done = repeated(patient, batch, [1.0] * _STEPS, note)
        model = done.state.model
        wanted = [name for name, each in model.named_parameters() if each.requires_grad]
        symptoms = _alike(patient, model, dict(start.named_parameters())) if done.finite else []
        alike = {each.label for each in symptoms}
        if done.finite:
            symptoms += _unreached(patient, wanted, connected, moved, alike)
        count = len([name for name in wanted if name in moved])
        return self.report(
            f"{count} of {len(wanted)} tensors got a gradient in {len(done.losses)} steps",
            *symptoms,
        )


def _follows(patient: Patient, model: nn.Module, batch: Batch) -> bool:
    """Whether the loss is computed from a weight that is trained, so that it has a gradient."""
    return patient.objective.loss(patient.objective.values(model, batch)).requires_grad


def _cut(patient: Patient) -> Symptom:
    turn = patient.recipe.turn
    which = "" if turn is None else f" of `step {turn.name}`"
    return Symptom(
        "no gradient",
        f"the loss{which} isn't computed from any weight that is trained, or a step such as"
        " `argmax` cuts it off",
        "let the loss read what these weights make",
        patient.place("loss"),
    )


def _label(name: str) -> str:
    return name.rpartition(".")[0]


def _alike(patient: Patient, model: nn.Module, start: Mapping[str, Tensor]) -> list[Symptom]:
    """Layers that started with equal weights, and didn't get out of that.

    A layer alone may, as the last one of a net or of a branch. Its units are unlike after some
    steps then. If most layers start so, next to no gradient reaches the first.
    """
    matrices = {name: w for name, w in model.named_parameters() if w.dim() > 1 and len(w) > 1}
    equal = [name for name in matrices if _constant(start[name]) and matrices[name].requires_grad]
    most = len(equal) > 1 and 2 * len(equal) > len(matrices)
    found: dict[str, Symptom] = {}
    for name in equal:
        rows = matrices[name].detach().flatten(1)
        stuck = bool((rows == rows[0]).all())
        if not (stuck or most):
            continue
        label, value = _label(name), float(start[name].detach().flatten()[0])
        after = f", and after {_STEPS} steps its {len(rows)} units are still the same"
        others = f", like those of {len(equal)} of {len(matrices)} layers"
        found.setdefault(
            label,
            Symptom(
                f"{'zero' if value == 0 else 'constant'} initialisation",
                f"all weights of `{label}` start at {value:g}{after if stuck else others}",
                "draw them: `init: kaiming_normal`, or leave `init` out",
                patient.place("init") if patient.recipe.init else patient.step(label),
                label,
            ),
        )
    return list(found.values())[:_SHOWN]


def _constant(weight: Tensor) -> bool:
    values = weight.detach().flatten()
    return len(values) > 1 and bool((values == values[0]).all())


def _unreached(
    patient: Patient, wanted: list[str], connected: set[str], moved: set[str], alike: set[str]
) -> list[Symptom]:
    """Layers none of whose weights had a gradient."""
    labels: dict[str, list[str]] = {}
    for name in wanted:
        labels.setdefault(_label(name), []).append(name)
    found = []
    for label, names in labels.items():
        if moved.intersection(names) or label in alike:
            continue
        cut = not connected.intersection(names)
        why = "the loss doesn't depend on them" if cut else "it is 0 in every step"
        found.append(
            Symptom(
                "no gradient",
                f"the weights of `{label}` get no gradient: {why}",
                "let the loss read what it makes"
                if cut
                else "look behind it: steps such as `round` and `greater` pass none back, and dead"
                " units don't either",
                patient.step(label),
                label,
            )
        )
    more = len(found) - _SHOWN
    if more > 0:
        last = found[_SHOWN - 1]
        text = f"{last.what}; and {more} more layers"
        found[_SHOWN - 1] = Symptom(last.mistake, text, last.advice, last.span, last.label)
    return found[:_SHOWN]
