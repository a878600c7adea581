"""The order in which a recipe is examined.

The data come first, since nothing else can be judged with broken ones; then the net as it starts;
then short runs, of which each takes up to a quarter of a minute or so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.data.channels import ChannelStatistics
from netlang.backends.torch.doctor.data.classes import ClassCounts
from netlang.backends.torch.doctor.data.duplicates import Duplicates
from netlang.backends.torch.doctor.data.finite import FiniteData
from netlang.backends.torch.doctor.data.ranges import ValueRanges
from netlang.backends.torch.doctor.net.batch_of_one import BatchOfOne
from netlang.backends.torch.doctor.net.frozen import FrozenParts
from netlang.backends.torch.doctor.net.gradients import Gradients
from netlang.backends.torch.doctor.net.initial_loss import InitialLoss
from netlang.backends.torch.doctor.net.layers import Layers
from netlang.backends.torch.doctor.net.memory_and_time import MemoryAndTime
from netlang.backends.torch.doctor.net.outputs import LogitsWanted
from netlang.backends.torch.doctor.net.reduction import Reduction
from netlang.backends.torch.doctor.patient import FEWEST, Patient
from netlang.backends.torch.doctor.trained.labels import LabelsAndInputs
from netlang.backends.torch.doctor.trained.overfit import OverfitsABatch
from netlang.backends.torch.doctor.trained.rates import Rates
from netlang.backends.torch.doctor.trained.reached import Reached
from netlang.backends.torch.doctor.trained.together import PlayedTogether
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.memory import memory_told
from netlang.backends.torch.train.records.drawing import require_drawing
from netlang.backends.torch.train.steps.execution import multiplying, require_execution
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.records import replace
from netlang.targets.doctor import CheckReport, CheckupOptions

__all__ = ["CHECKS", "examine_recipe"]

CHECKS: tuple[type[Check], ...] = (
    FiniteData, ClassCounts, Duplicates, ValueRanges, ChannelStatistics,
    BatchOfOne, FrozenParts, InitialLoss, LogitsWanted, Reduction, Reached, Layers, Gradients,
    MemoryAndTime, PlayedTogether, OverfitsABatch, Rates, LabelsAndInputs,
)  # fmt: skip


def examine_recipe(
    recipe: Recipe,
    program: Program,
    options: CheckupOptions,
    say: Callable[[str], None] = lambda _: None,
    checks: tuple[type[Check], ...] | None = None,
) -> Iterator[CheckReport]:
    """The report of each check. `recipe` must have been checked against `program`.

    `say` shows what is being done. Raises `NetlangError` if the data or the device don't allow it.
    """
    if options.folder is not None:
        require_drawing()
    device = choose_device(options.device)
    require_execution(recipe, device)
    with (
        memory_told(device),
        reproducible(device, threads_for(program, recipe.batch)),
        multiplying(recipe),
    ):
        patient = Patient(recipe, program, options, device, say)
        try:
            for check in CHECKS if checks is None else checks:
                for own in _asked(check, patient):
                    say(f"looking at {check.name}{_whose(own)}")
                    report = _report(check(), own)
                    patient.found |= {each.mistake for each in report.symptoms}
                    yield report
        finally:
            patient.data.close()


def _asked(check: type[Check], patient: Patient) -> tuple[Patient, ...]:
    """Who a check is asked of: the recipe, or each of its steps."""
    if check.turns is Turns.ONLY and not patient.recipe.turns:
        return ()
    each = patient.recipe.turns and check.turns is Turns.EACH
    return patient.players if each else (patient,)


def _report(check: Check, patient: Patient) -> CheckReport:
    if patient.recipe.turns and isinstance(check.turns, str):
        return check.skipped(check.turns)
    missing = next((need for need in check.needs if _lacks(patient, need)), None)
    found = check.examine(patient) if missing is None else check.skipped(missing.value)
    return replace(found, check=f"{found.check}{_whose(patient)}")


def _whose(patient: Patient) -> str:
    """The step that a report is of, if steps take turns."""
    turn = patient.recipe.turn
    return "" if turn is None else f" of `step {turn.name}`"


def _lacks(patient: Patient, need: Need) -> bool:
    if need is Need.CLASSES:
        return patient.labels is None or not patient.objective.classifies
    if need is Need.HELD:
        return not patient.held
    if need is Need.FINITE:
        return "NaN in the data" in patient.found
    if need is Need.GRADIENT:
        return any(each.without_gradient for each in (patient, *patient.players))
    return patient.steps(1, FEWEST) < 1
