"""Schedules in a run: rates and momenta of the groups, and the text that a script has of them."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler as scheduler

from netlang.backends.torch.recipes.schedules import momentum_formula, rate_formula
from netlang.backends.torch.runtime.rates import set_rates
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.words.schedules import (
    ALL,
    ConstantRate,
    Cosine,
    Exponential,
    Linear,
    Multistep,
    OneCycle,
    Plateau,
    Poly,
    Step,
    Warmup,
)
from netlang.recipes.words.timing import Chain, Clock, Schedule
from tests.train.support import run
from tests.train.test_optimizers import SAME, equal, network, trained

EPOCH, STEPS = 6, 60

SCHEDULES: list[Schedule] = [
    ConstantRate(factor=0.5),
    Step(every=2),
    Multistep(milestones=(2, 5)),
    Exponential(gamma=0.9, unit="steps"),
    Linear(),
    Poly(power=2.0, length=5),
    Cosine(floor=0.1),
    Cosine(restart=2, growth=2),
    OneCycle(three_phases=True),
    Plateau(),
    Warmup(length=3),
    Chain(phases=(Warmup(length=2), Cosine())),
    Chain(phases=(Warmup(length=7, unit="steps"), Step(every=2, length=3), Poly(), OneCycle())),
    Chain(phases=(OneCycle(length=4), Plateau(length=2), Exponential(gamma=0.5))),
]


def test_every_schedule_is_written() -> None:
    phases = [phase for each in SCHEDULES if isinstance(each, Chain) for phase in each.phases]
    assert {type(each) for each in (*SCHEDULES, *phases)} == {*ALL, Chain}


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_text_is_what_training_computes(schedule: Schedule) -> None:
    """The functions are executed from their text too, as a script would have them."""
    formulas = [rate_formula(schedule), momentum_formula(schedule)]
    namespace: dict[str, object] = {}
    text = "import math\n" + "\n".join(
        inspect.getsource(function)
        for formula in formulas
        if formula is not None
        for function in formula.functions
    )
    exec(text, namespace)
    for step in range(STEPS):
        clock = Clock(step, EPOCH, STEPS, step // 7)
        names = namespace | {
            "step": step, "epoch_steps": EPOCH, "steps": STEPS, "reductions": step // 7,
        }  # fmt: skip
        assert eval(rate_formula(schedule).source, names) == schedule.scale(clock)
        momentum = momentum_formula(schedule)
        found = None if momentum is None else eval(momentum.source, names)
        assert found == schedule.momentum(clock)


def test_text_of_a_chain() -> None:
    chain = Chain(phases=(Warmup(length=5), Step(every=3, length=20), Cosine()))
    assert rate_formula(chain).source == (
        "linear(step, length=5 * epoch_steps, start=0.01, end=1.0) if step < 5 * epoch_steps"
        " else step_decay((step - 5 * epoch_steps) // epoch_steps, every=3)"
        " if step < 5 * epoch_steps + 20 * epoch_steps"
        " else cosine(step - (5 * epoch_steps + 20 * epoch_steps),"
        " length=max(1, steps - (5 * epoch_steps + 20 * epoch_steps)))"
    )


def one_parameter() -> list[nn.Parameter]:
    return [nn.Parameter(torch.zeros(1))]


def test_rates_of_groups_keep_their_ratio() -> None:
    groups = [{"params": one_parameter(), "lr": 0.5}, {"params": one_parameter(), "lr": 2.0}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    for scale in (0.5, 0.25):
        set_rates(optimizer, scale)
        assert [group["lr"] for group in optimizer.param_groups] == [0.5 * scale, 2.0 * scale]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]


@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop])
def test_momentum_comes_and_goes(cls: type[torch.optim.Optimizer]) -> None:
    optimizer = cls(one_parameter(), lr=0.1)  # type: ignore[call-arg]  # a class of a table
    (group,) = optimizer.param_groups
    before = {name: value for name, value in group.items() if name != "params"}
    set_rates(optimizer, 1.0, 0.7)
    assert group["betas"] == (0.7, 0.999) if "betas" in group else group["momentum"] == 0.7
    set_rates(optimizer, 1.0)
    assert {name: group[name] for name in before} == before


def test_an_optimizer_without_momentum() -> None:
    optimizer = torch.optim.Adagrad(one_parameter(), lr=0.5)
    set_rates(optimizer, 0.5)
    assert optimizer.param_groups[0]["lr"] == 0.25


@pytest.mark.parametrize(("wanted", "cls", "settings"), SAME, ids=[str(case[0]) for case in SAME])
def test_fifty_steps_with_a_schedule(wanted: object, cls: type, settings: dict[str, float]) -> None:
    """Every optimizer under a schedule, beside the same with PyTorch's scheduler."""

    def hand(model: nn.Module) -> dict[str, torch.Tensor]:
        made = cls(model.parameters(), **settings)
        schedule = scheduler.LambdaLR(made, lambda step: 0.5 + (1.0 - 0.5) * min(step, 8) / 8)
        return trained(model, [made], schedule.step)

    def ours(model: nn.Module) -> dict[str, torch.Tensor]:
        made, clock = cls(model.parameters(), **settings), iter(range(1, 51))
        schedule = Warmup(length=8, start=0.5, unit="steps")

        def tick() -> None:
            set_rates(made, schedule.scale(Clock(next(clock), EPOCH, STEPS)))

        set_rates(made, schedule.scale(Clock(0, EPOCH, STEPS)))
        return trained(model, [made], tick)

    assert equal(ours(network()), hand(network()))


def test_a_run_that_is_too_short_for_its_schedule(tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        run(tmp_path, "schedule=warmup(1) -> cosine")
    assert [each.code for each in caught.value.diagnostics] == ["E0724"]
