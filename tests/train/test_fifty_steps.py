"""Fifty steps of a run equal those of the same by hand in PyTorch, bit for bit.

Every optimizer and every schedule once, as recipes write them, each with groups of its own: norms
and biases without decay, a part at another rate. Rates are powers of two, so that a schedule's
factor times them rounds as PyTorch's own schedule of that rate does.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import lr_scheduler as scheduler

from netlang.backends.torch.train import train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.recipes import Recipe
from netlang.recipes.tables import table
from netlang.targets.options import RunOptions
from tests.train.support import sketch
from tests.train.test_step import BODY, by_hand, fresh, same_weights

EPOCH, STEPS = 14, 50
KEYS = (
    "batch: 300", f"steps: {STEPS}", "no_decay: [norms, biases]", 'rates: [("fc2", 4)]',
    "evaluate_every: 5",
)  # fmt: skip

Optimizer = torch.optim.Optimizer
Rate = Callable[[int], float]
Groups = list[dict[str, Any]]

DECAY = 0.125


def groups_of(model: nn.Module, rate: float) -> Groups:
    """fc1 and fc2, weights and the rest; `DECAY` for the weights of both."""
    named = dict(model.named_parameters())
    return [
        {"params": [named["fc1.weight"]], "lr": rate, "weight_decay": DECAY},
        {"params": [named["fc2.weight"]], "lr": 4 * rate, "weight_decay": DECAY},
        {"params": [named[key] for key in ("fc1.bias", "norm.weight", "norm.bias")],
         "lr": rate, "weight_decay": 0.0},
        {"params": [named["fc2.bias"]], "lr": 4 * rate, "weight_decay": 0.0},
    ]  # fmt: skip


# What a recipe writes beside the rate and the decay; the rate; and the same of PyTorch's.
OPTIMIZERS: dict[str, tuple[str, float, type[Optimizer], dict[str, Any]]] = {
    "sgd": (
        "momentum=0.75, nesterov=true", 0.125, torch.optim.SGD,
        {"momentum": 0.75, "nesterov": True, "fused": True},
    ),
    "adagrad": ("lr_decay=0.01", 0.0625, torch.optim.Adagrad, {"lr_decay": 0.01, "fused": True}),
    "rmsprop": (
        "alpha=0.9, momentum=0.5, centered=true", 2.0**-10, torch.optim.RMSprop,
        {"alpha": 0.9, "momentum": 0.5, "centered": True},
    ),
    "adadelta": ("rho=0.8", 0.5, torch.optim.Adadelta, {"rho": 0.8}),
    "adam": (
        "betas=[0.8, 0.99], amsgrad=true", 2.0**-7, torch.optim.Adam,
        {"betas": (0.8, 0.99), "amsgrad": True, "fused": True},
    ),
    "adamax": ("eps=1e-6", 2.0**-7, torch.optim.Adamax, {"eps": 1e-6}),
    "adamw": ("betas=[0.9, 0.95]", 2.0**-7, torch.optim.AdamW,
              {"betas": (0.9, 0.95), "fused": True}),
    "nadam": ("momentum_decay=0.01", 2.0**-8, torch.optim.NAdam, {"momentum_decay": 0.01}),
}  # fmt: skip

Make = Callable[[Optimizer], scheduler.LRScheduler]

# What a recipe writes; PyTorch's; after how many steps that is told; whether in closed form.
SCHEDULES: dict[str, tuple[str, Make, int, bool]] = {
    "constant": ("constant(0.5)", lambda o: scheduler.ConstantLR(o, 0.5, 1000), 1, False),
    "step": ("step(every=1, gamma=0.7)", lambda o: scheduler.StepLR(o, 1, 0.7), EPOCH, True),
    "multistep": (
        "multistep([7, 30], gamma=0.3, unit=steps)",
        lambda o: scheduler.MultiStepLR(o, [7, 30], 0.3), 1, True,
    ),
    "exponential": (
        "exponential(0.95, unit=steps)", lambda o: scheduler.ExponentialLR(o, 0.95), 1, True,
    ),
    "linear": (
        "linear(start=0.25, end=0.75)", lambda o: scheduler.LinearLR(o, 0.25, 0.75, STEPS), 1, True,
    ),
    "poly": ("poly(power=2)", lambda o: scheduler.PolynomialLR(o, STEPS, 2.0), 1, True),
    "cosine": ("cosine", lambda o: scheduler.CosineAnnealingLR(o, STEPS), 1, True),
    "restarts": (
        "cosine(restart=1, growth=2)",
        lambda o: scheduler.CosineAnnealingWarmRestarts(o, EPOCH, 2), 1, False,
    ),
    "warmup": (
        "warmup(20, start=0.125, unit=steps) -> constant",
        lambda o: scheduler.LinearLR(o, 0.125, 1.0, 20), 1, True,
    ),
}  # fmt: skip


def pace_of(name: str, optimizer: Optimizer) -> Callable[[int], None]:
    """Sets the rates for a step as PyTorch's schedule has them."""
    _, make, every, closed = SCHEDULES[name]
    made = make(optimizer)
    told = 0

    def pace(step: int) -> None:
        nonlocal told
        while told < step // every:
            made.step()
            told += 1
        if closed:
            # Without the roundings of one step after the other; it has no public name.
            rates = made._get_closed_form_lr()  # type: ignore[attr-defined]  # not of every scheduler
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate

    return pace


def hand(
    recipe: Recipe,
    model: nn.Module,
    optimizers: list[Optimizer],
    pace: Callable[[int], None],
    after: Callable[[int, float], None] = lambda step, loss: None,
) -> list[float]:
    """The fifty losses of a loop in plain PyTorch."""

    def step(number: int, x: Tensor, y: Tensor) -> Tensor:
        pace(number)
        loss = F.cross_entropy(model(x), y)
        model.zero_grad()
        torch.autograd.backward(loss)
        for optimizer in optimizers:
            optimizer.step()
        after(number, loss.item())
        return loss.detach()

    return by_hand(recipe, sketch(BODY)[1], STEPS, step)


PAIRS = [
    *zip(OPTIMIZERS, ("warmup", *(name for name in SCHEDULES if name != "warmup")), strict=False),
    ("sgd", "restarts"),
]


@pytest.mark.parametrize(("optimizer", "schedule"), PAIRS)
def test_as_by_hand(tmp_path: Path, optimizer: str, schedule: str) -> None:
    settings, rate, cls, same = OPTIMIZERS[optimizer]
    recipe, program = sketch(
        BODY, *KEYS, f"optimizer: {optimizer}(lr={rate!r}, weight_decay={DECAY}, {settings})",
        f"schedule: {SCHEDULES[schedule][0]}",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    made = cls(groups_of(model, rate), **same)
    losses = hand(recipe, model, [made], pace_of(schedule, made))
    same_weights(tmp_path / "run" / "last.safetensors", model)
    assert losses[0] > losses[-1]


def rate_of_chain(step: int) -> float:
    """By hand: a line up for five steps, an epoch at half, two waves of fifteen and sixteen."""
    if step < 5:
        return 0.25 + 0.75 * (step / 5)
    if step < 5 + EPOCH:
        return 0.5
    done, length = (step - 19, 15) if step < 34 else (step - 34, 16)
    return (1 + cos(pi * done / length)) / 2


def test_a_chain_and_muon_as_by_hand(tmp_path: Path) -> None:
    recipe, program = sketch(
        BODY, *KEYS,
        "optimizer: muon(lr=0.015625, weight_decay=0.125, momentum=0.9, adamw_lr=0.0078125,"
        " adamw_weight_decay=0.25)",
        "schedule: warmup(5, start=0.25, unit=steps) -> constant(0.5, length=1)"
        " -> cosine(length=15, unit=steps) -> cosine",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    one, two, three, four = groups_of(model, 2.0**-6)
    three["lr"], four["lr"] = 2.0**-7, 4 * 2.0**-7
    made: list[Optimizer] = [
        torch.optim.Muon([one, two], momentum=0.9),
        torch.optim.AdamW([three, four], fused=True),
    ]
    starts = [[group["lr"] for group in each.param_groups] for each in made]

    def pace(step: int) -> None:
        for each, rates in zip(made, starts, strict=True):
            for group, rate in zip(each.param_groups, rates, strict=True):
                group["lr"] = rate * rate_of_chain(step)

    hand(recipe, model, made, pace)
    same_weights(tmp_path / "run" / "last.safetensors", model)


@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.AdamW])
def test_one_cycle_as_by_hand(tmp_path: Path, cls: Callable[..., Optimizer]) -> None:
    """The momentum goes the other way."""
    name, same = ("sgd", {"momentum": 0.9}) if cls is torch.optim.SGD else ("adamw", {})
    written = "momentum=0.9, " if same else ""
    recipe, program = sketch(
        BODY, *KEYS, f"optimizer: {name}(lr=0.03125, {written}weight_decay={DECAY})",
        "schedule: one_cycle(div=8, final_div=64)",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    groups = groups_of(model, 2.0**-5)
    made = cls(groups, fused=True, **same)
    cycle = scheduler.OneCycleLR(
        made, [group["lr"] for group in groups], STEPS, div_factor=8.0, final_div_factor=64.0
    )
    hand(recipe, model, [made], lambda step: cycle.step() if step else None)
    same_weights(tmp_path / "run" / "last.safetensors", model)


def test_plateau_as_by_hand(tmp_path: Path) -> None:
    """Without a part for validation it looks at the mean loss since the evaluation before."""
    recipe, program = sketch(
        BODY, *KEYS, f"optimizer: adam(lr=0.125, weight_decay={DECAY})",
        "schedule: plateau(factor=0.5, patience=0)",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    made = torch.optim.Adam(groups_of(model, 0.125), fused=True)
    watched = scheduler.ReduceLROnPlateau(made, factor=0.5, patience=0)
    seen: list[float] = []

    def look(step: int, loss: float) -> None:
        seen.append(loss)
        if len(seen) == 5:
            watched.step(sum(seen) / 5)
            seen.clear()

    hand(recipe, model, [made], lambda step: None, look)
    same_weights(tmp_path / "run" / "last.safetensors", model)
    rates = {r["lr"] for r in read_metrics(tmp_path / "run" / "metrics.jsonl") if "lr" in r}
    assert len(rates) > 2


def test_all_are_tried() -> None:
    assert {*OPTIMIZERS, "muon"} == {*table("optimizer")}
    assert {schedule for _, schedule in PAIRS} == {*SCHEDULES}
    assert {optimizer for optimizer, _ in PAIRS} == {*OPTIMIZERS}
    assert {*SCHEDULES, "one_cycle", "plateau"} - {"restarts"} == {*table("schedule")}
