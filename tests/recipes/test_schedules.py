"""Learning rates against those of `torch.optim.lr_scheduler`, bit for bit.

PyTorch multiplies the rate of the step before where a schedule is a product; its closed form is
then what is compared, since the recipe's rate doesn't depend on the way to it. The rate is 1, so
that PyTorch's rates are factors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as scheduler

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
    watching,
)
from netlang.recipes.words.timing import Chain, Clock, Phase, Schedule, Watch

EPOCH, STEPS = 4, 80

Optimizer = torch.optim.Optimizer
Make = Callable[[Optimizer], scheduler.LRScheduler]


def rates(schedule: Schedule, steps: int = STEPS) -> list[float]:
    return [schedule.scale(Clock(step, EPOCH, steps)) for step in range(steps)]


def optimizer(**settings: Any) -> Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, **settings)


def torch_rates(make: Make, every: int = 1, *, closed: bool = False) -> list[float]:
    """The rates of PyTorch's schedule, which is told of every `every`-th step."""
    used = optimizer()
    made = make(used)
    found: list[float] = []
    for step in range(1, STEPS + 1):
        found.append(made._get_closed_form_lr()[0] if closed else used.param_groups[0]["lr"])  # type: ignore[attr-defined]  # those that have it are in `closed`
        used.step()
        if step % every == 0:
            made.step()
    return [float(each) for each in found]


# Schedule, PyTorch's, how many steps it is told of at once, whether in closed form.
CASES: list[tuple[Phase, Make, int, bool]] = [
    (ConstantRate(), lambda o: scheduler.LambdaLR(o, lambda _: 1.0), 1, False),
    (Step(every=3, gamma=0.3), lambda o: scheduler.StepLR(o, 3, 0.3), EPOCH, True),
    (Step(every=3, gamma=0.3, unit="steps"), lambda o: scheduler.StepLR(o, 3, 0.3), 1, True),
    (Multistep(milestones=(2, 7)), lambda o: scheduler.MultiStepLR(o, [2, 7], 0.1), EPOCH, True),
    (
        Multistep(milestones=(20, 33), gamma=0.7, unit="steps"),
        lambda o: scheduler.MultiStepLR(o, [20, 33], 0.7),
        1,
        True,
    ),
    (Exponential(gamma=0.9), lambda o: scheduler.ExponentialLR(o, 0.9), EPOCH, True),
    (Exponential(gamma=0.99, unit="steps"), lambda o: scheduler.ExponentialLR(o, 0.99), 1, True),
    (
        Linear(start=0.3, end=0.7, length=15),
        lambda o: scheduler.LinearLR(o, 0.3, 0.7, 15 * EPOCH),
        1,
        True,
    ),
    (Warmup(length=5, start=0.1), lambda o: scheduler.LinearLR(o, 0.1, 1.0, 5 * EPOCH), 1, True),
    (Poly(power=2.5), lambda o: scheduler.PolynomialLR(o, STEPS, 2.5), 1, True),
    (
        Poly(power=0.9, length=60, unit="steps"),
        lambda o: scheduler.PolynomialLR(o, 60, 0.9),
        1,
        True,
    ),
    (Cosine(), lambda o: scheduler.CosineAnnealingLR(o, STEPS), 1, True),
    (Cosine(floor=0.1), lambda o: scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.1), 1, True),
    (
        Cosine(restart=3, floor=0.2),
        lambda o: scheduler.CosineAnnealingWarmRestarts(o, 3 * EPOCH, eta_min=0.2),
        1,
        False,
    ),
    (
        Cosine(restart=5, growth=2, unit="steps"),
        lambda o: scheduler.CosineAnnealingWarmRestarts(o, 5, 2),
        1,
        False,
    ),
]


@pytest.mark.parametrize(
    ("schedule", "make", "every", "closed"), CASES, ids=[str(case[0]) for case in CASES]
)
def test_rates(schedule: Phase, make: Make, every: int, closed: bool) -> None:
    assert rates(schedule) == torch_rates(make, every, closed=closed)


def one_cycle(used: Optimizer, **settings: Any) -> tuple[list[float], list[float]]:
    """Rates and momenta of PyTorch's."""
    made = scheduler.OneCycleLR(used, max_lr=1.0, total_steps=STEPS, **settings)
    found: tuple[list[float], list[float]] = ([], [])
    for step in range(STEPS):
        group = used.param_groups[0]
        found[0].append(group["lr"])
        found[1].append(group["betas"][0] if "betas" in group else group["momentum"])
        used.step()
        if step < STEPS - 1:
            made.step()
    return found


@pytest.mark.parametrize("three", [False, True])
@pytest.mark.parametrize("anneal", ["cos", "linear"])
@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.Adam])
def test_one_cycle(cls: Callable[..., Optimizer], anneal: str, three: bool) -> None:
    settings: dict[str, Any] = {"momentum": 0.9} if cls is torch.optim.SGD else {}
    used = cls([torch.nn.Parameter(torch.zeros(1))], lr=1.0, **settings)
    expected = one_cycle(
        used,
        pct_start=0.25,
        anneal_strategy=anneal,
        div_factor=8.0,
        final_div_factor=64.0,
        three_phase=three,
        base_momentum=0.8,
        max_momentum=0.97,
    )
    schedule = OneCycle(
        rise=0.25,
        anneal=anneal,
        div=8.0,
        final_div=64.0,
        three_phases=three,
        base_momentum=0.8,
        max_momentum=0.97,
    )
    clocks = [Clock(step, EPOCH, STEPS) for step in range(STEPS)]
    momenta = [schedule.momentum(clock) for clock in clocks]
    assert (rates(schedule), momenta) == expected


def test_defaults_of_one_cycle_are_pytorchs() -> None:
    expected = one_cycle(optimizer(momentum=0.9))[0]
    assert rates(OneCycle()) == pytest.approx(expected, rel=1e-15)


def test_one_cycle_without_momentum() -> None:
    assert OneCycle(cycle_momentum=False).momentum(Clock(3, EPOCH, STEPS)) is None


def test_chain() -> None:
    """Three in a row, against PyTorch's sequence: there the factor begins anew too."""
    used = optimizer()
    made = scheduler.SequentialLR(
        used,
        [
            scheduler.LinearLR(used, start_factor=0.25, total_iters=8),
            scheduler.ConstantLR(used, factor=0.5, total_iters=1000),
            scheduler.CosineAnnealingLR(used, STEPS - 24),
        ],
        [8, 24],
    )
    expected = []
    for _ in range(STEPS):
        expected.append(used.param_groups[0]["lr"])
        used.step()
        made.step()
    parts = Warmup(length=2, start=0.25), ConstantRate(factor=0.5, length=16, unit="steps")
    assert rates(Chain(phases=(*parts, Cosine()))) == pytest.approx(expected, rel=1e-12)


def test_parts_of_a_chain_have_clocks_of_their_own() -> None:
    chain = Chain(phases=(OneCycle(length=5), Step(every=2, length=5), Cosine()))
    found = rates(chain)
    assert found[:20] == rates(OneCycle(), 20)
    assert found[20:40] == rates(Step(every=2), 20)
    assert found[40:] == rates(Cosine(), STEPS - 40)
    clock = Clock(19, EPOCH, STEPS)
    assert chain.momentum(clock) == OneCycle().momentum(Clock(19, EPOCH, 20))
    assert chain.momentum(Clock(20, EPOCH, STEPS)) is None


@pytest.mark.parametrize("cooldown", [0, 2])
def test_plateau(cooldown: int) -> None:
    errors = [1.0, 0.9, 0.9, 0.89999, 0.95, 0.5, 0.6, 0.6, 0.6, 0.4, *[0.5] * 20, 0.1, *[0.2] * 9]
    wanted = optimizer()
    made = scheduler.ReduceLROnPlateau(
        wanted, factor=0.5, patience=2, threshold=1e-4, cooldown=cooldown, min_lr=0.01
    )
    plateau, watch = Plateau(factor=0.5, patience=2, cooldown=cooldown, floor=0.01), Watch()
    for error in errors:
        made.step(error)
        watch = plateau.observe(watch, error)
        found = plateau.scale(Clock(0, EPOCH, STEPS, watch.reductions))
        assert found == wanted.param_groups[0]["lr"]
    assert watch.reductions > 3


def test_which_plateau_watches() -> None:
    plateau = Plateau()
    chain = Chain(phases=(Warmup(length=2), plateau))
    assert watching(chain, Clock(7, EPOCH, STEPS)) is None
    assert watching(chain, Clock(8, EPOCH, STEPS)) is plateau
    assert watching(plateau, Clock(0, EPOCH, STEPS)) is plateau


def test_every_schedule_is_tried() -> None:
    tried = {type(case[0]) for case in CASES} | {OneCycle, Plateau}
    assert tried == set(ALL)
