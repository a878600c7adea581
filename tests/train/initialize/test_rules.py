"""Initial weights: each rule against its formula, and what it reads as text."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netlang.backends.torch.recipes.initialize import initialize, lower_init
from netlang.backends.torch.runtime import kinds
from netlang.recipes.words.initializations import (
    ALL,
    Constant,
    Initialization,
    KaimingNormal,
    KaimingUniform,
    NormalWeights,
    Orthogonal,
    Torchvision,
    TruncatedNormal,
    XavierNormal,
    XavierUniform,
    ZeroLastNorm,
)
from tests.train.initialize.support import PROGRAM, Mixed, changed, filled
from tests.train.losses.support import namespace

STDS: list[tuple[Initialization, float]] = [
    (KaimingNormal(mode="fan_out"), (2.0 / (64 * 9)) ** 0.5),
    (KaimingUniform(), (2.0 / (32 * 9)) ** 0.5),
    (KaimingNormal(nonlinearity="linear"), (1.0 / (32 * 9)) ** 0.5),
    (KaimingNormal(nonlinearity="leaky_relu", a=0.5), (2.0 / 1.25 / (32 * 9)) ** 0.5),
    (KaimingNormal(nonlinearity="tanh"), 5.0 / 3.0 / (32 * 9) ** 0.5),
    (XavierNormal(), (2.0 / (96 * 9)) ** 0.5),
    (XavierUniform(gain=2.0), 2.0 * (2.0 / (96 * 9)) ** 0.5),
    (NormalWeights(std=0.01), 0.01),
    # Of a standard normal cut at 1: (1 - 2 phi(1) / (2 Phi(1) - 1))^0.5.
    (TruncatedNormal(std=0.5, cut=0.5), 0.5 * 0.53956),
]


@pytest.mark.parametrize(("rule", "std"), STDS, ids=str)
def test_deviations(rule: Initialization, std: float) -> None:
    weight = filled(rule)["conv.weight"]
    assert weight.std().item() == pytest.approx(std, rel=0.02)
    assert weight.mean().abs().item() < 5.0 * std / weight.numel() ** 0.5


def test_means() -> None:
    weights = filled(NormalWeights(std=0.1, mean=3.0))
    assert weights["conv.weight"].mean().item() == pytest.approx(3.0, abs=0.01)
    cut = filled(TruncatedNormal(std=1.0, mean=1.0, cut=1.5))["conv.weight"]
    assert cut.abs().max().item() <= 1.5


def test_orthogonal() -> None:
    rows = filled(Orthogonal(gain=2.0))["conv.weight"].flatten(1)
    torch.testing.assert_close(rows @ rows.T, 4.0 * torch.eye(64), atol=1e-4, rtol=1e-4)


KINDS = {
    "conv": {"conv.weight", "up.weight"},
    "linear": {"fc.weight"},
    "recurrent": {"gru.weight_ih_l0", "gru.weight_hh_l0"},
    "attention": {"attention.in_proj_weight", "attention.out_proj.weight"},
    "embedding": {"words.weight"},
    "norms": {"bn.weight", "bn.bias"},
    "biases": {
        "conv.bias", "up.bias", "bn.bias", "fc.bias", "gru.bias_ih_l0", "gru.bias_hh_l0",
        "attention.in_proj_bias", "attention.out_proj.bias",
    },
    "conv_biases": {"conv.bias", "up.bias"},
    "linear_biases": {"fc.bias"},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    assert changed(Constant(value=7.0, of=(kind,))) == KINDS[kind]


def test_rules_override_each_other() -> None:
    later = Constant(value=2.0, below=("fc",)), Constant(value=3.0, of=("biases",))
    weights = filled(Constant(value=1.0), *later)
    assert torch.equal(weights["conv.weight"], torch.ones(64, 32, 3, 3))
    assert torch.equal(weights["fc.weight"], torch.full((48, 64), 2.0))
    assert torch.equal(weights["fc.bias"], torch.full((48,), 3.0))


def test_a_seed_decides() -> None:
    rule = KaimingNormal()
    assert torch.equal(filled(rule)["fc.weight"], filled(rule)["fc.weight"])
    assert not torch.equal(filled(rule)["fc.weight"], filled(rule, seed=2)["fc.weight"])
    layer, before = nn.Linear(3, 3), torch.get_rng_state()
    initialize(layer, (rule,), PROGRAM, 1)
    assert torch.equal(torch.get_rng_state(), before)


def test_fixed_weights_are_not_drawn() -> None:
    layer = nn.Linear(3, 3)
    layer.weight.requires_grad_(False)
    before = layer.weight.clone()
    initialize(nn.Sequential(layer), (KaimingNormal(),), PROGRAM, 1)
    assert torch.equal(layer.weight, before)


# --- text -----------------------------------------------------------------------------------------


def test_every_rule_is_tried() -> None:
    others = {Orthogonal, Constant, ZeroLastNorm, Torchvision}
    assert {type(rule) for rule, _ in STDS} | others == set(ALL)


@pytest.mark.parametrize("family", ["resnet", "vgg", "vit", "inception_v3"])
def test_text_does_what_training_does(family: str) -> None:
    rules = (Torchvision(family=family),)
    lines = [line for step in lower_init(rules, PROGRAM) for line in step.source()]
    torch.manual_seed(0)
    model = Mixed()
    torch.manual_seed(1)
    exec("\n".join(lines), namespace() | {"model": model})
    expected = filled(*rules)
    for key, value in model.named_parameters():
        assert torch.equal(value, expected[key]), key
    assert kinds.__all__
