"""Learning rates against those of `torch.optim.lr_scheduler`."""

from __future__ import annotations

import pytest
import torch
from torch.optim import lr_scheduler as scheduler

from netlang.recipes.words.schedules import (
    Chain,
    Clock,
    ConstantRate,
    Cosine,
    Multistep,
    Plateau,
    Schedule,
    Step,
    Warmup,
    Watch,
    plateau_of,
)

EPOCH, STEPS = 4, 40


def rates(schedule: Schedule) -> list[float]:
    return [schedule.scale(Clock(step, EPOCH, STEPS)) for step in range(STEPS)]


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def torch_rates(made: scheduler.LRScheduler, every: int) -> list[float]:
    """The rates of PyTorch's schedule, which is told of every `every`-th step."""
    found = []
    for step in range(1, STEPS + 1):
        found.append(made.optimizer.param_groups[0]["lr"])
        made.optimizer.step()
        if step % every == 0:
            made.step()
    return found


def test_constant() -> None:
    assert rates(ConstantRate()) == [1.0] * STEPS


@pytest.mark.parametrize(("unit", "every"), [("epochs", EPOCH), ("steps", 1)])
def test_step(unit: str, every: int) -> None:
    expected = torch_rates(scheduler.StepLR(optimizer(), 3, 0.5), every)
    assert rates(Step(every=3, gamma=0.5, unit=unit)) == pytest.approx(expected)


@pytest.mark.parametrize(("unit", "every"), [("epochs", EPOCH), ("steps", 1)])
def test_multistep(unit: str, every: int) -> None:
    expected = torch_rates(scheduler.MultiStepLR(optimizer(), [2, 7], 0.1), every)
    assert rates(Multistep(milestones=(2, 7), unit=unit)) == pytest.approx(expected)


def test_cosine() -> None:
    expected = torch_rates(scheduler.CosineAnnealingLR(optimizer(), STEPS, eta_min=0.1), 1)
    assert rates(Cosine(floor=0.1)) == pytest.approx(expected)


def test_warmup_then_cosine() -> None:
    wanted = optimizer()
    warmup = scheduler.LinearLR(wanted, start_factor=0.2, total_iters=8)
    cosine = scheduler.CosineAnnealingLR(wanted, STEPS - 8)
    expected = torch_rates(scheduler.SequentialLR(wanted, [warmup, cosine], [8]), 1)
    found = rates(Chain(warmup=Warmup(length=2, start=0.2), then=Cosine()))
    assert found == pytest.approx(expected)


def test_plateau() -> None:
    errors = [1.0, 0.9, 0.9, 0.89999, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4]
    wanted = optimizer()
    made = scheduler.ReduceLROnPlateau(wanted, factor=0.1, patience=2, threshold=1e-4)
    plateau, watch = Plateau(patience=2), Watch()
    for error in errors:
        made.step(error)
        watch = plateau.observe(watch, error)
        found = plateau.scale(Clock(0, EPOCH, STEPS, watch.reductions))
        assert found == pytest.approx(wanted.param_groups[0]["lr"])
    assert watch.reductions == 3


def test_plateau_after_a_warmup() -> None:
    plateau = Plateau()
    assert plateau_of(Chain(warmup=Warmup(length=1), then=plateau)) is plateau
    assert plateau_of(Cosine()) is None
