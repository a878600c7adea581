"""Initial weights: each rule against its formula, each family against torchvision's fresh nets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torch import Tensor, nn

import netlang
from netlang.backends.torch import build
from netlang.backends.torch.recipes.initialize import initialize, lower_init
from netlang.backends.torch.run.execute import instance
from netlang.backends.torch.runtime import kinds
from netlang.recipes.residual import last_norms
from netlang.recipes.words.families import FAMILIES as RULES
from netlang.recipes.words.initializations import (
    ALL,
    FAMILIES,
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
from tests.analysis.oracles import torchvision_models
from tests.train.support import sketch
from tests.train.test_losses import namespace

PROGRAM = sketch("    input x: [40]\n    linear(10)")[1]


class Mixed(nn.Module):
    """Layers of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(32, 64, 3)
        self.up = nn.ConvTranspose2d(8, 8, 2)
        self.bn = nn.BatchNorm2d(64)
        self.fc = nn.Linear(64, 48)
        self.gru = nn.GRU(16, 16)
        self.attention = nn.MultiheadAttention(16, 2)
        self.words = nn.Embedding(30, 16)


def filled(*rules: Initialization, seed: int = 1) -> dict[str, Tensor]:
    torch.manual_seed(0)
    model = Mixed()
    initialize(model, rules, PROGRAM, seed)
    return {key: value.detach() for key, value in model.named_parameters()}


def changed(*rules: Initialization) -> set[str]:
    before, after = filled(), filled(*rules)
    return {key for key, value in before.items() if not torch.equal(value, after[key])}


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


# --- residual branches ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_last_norms_are_torchvisions(name: str) -> None:
    theirs = getattr(torchvision_models(), name)(weights=None, zero_init_residual=True)
    zero = {
        key.removesuffix(".weight")
        for key, value in theirs.named_parameters()
        if key.endswith("weight") and not value.any()
    }
    program = netlang.load(f"resnet:{name}").program
    assert set(last_norms(program)) == zero
    model = build(program)
    initialize(model, (ZeroLastNorm(),), program, 1)
    assert {key for key, value in model.named_parameters() if not value.any()} >= {
        f"{path}.weight" for path in zero
    }


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("se_resnet:se_resnet18", 8),
        ("efficientnet:efficientnet_b0", 9),
        ("swin_v2:swin_v2_t", 24),
        ("mobilenet_v2:mobilenet_v2", 10),
        ("vgg:vgg11_bn", 0),
        ("convnext:convnext_tiny", 0),
    ],
)
def test_branches(spec: str, count: int) -> None:
    assert len(last_norms(netlang.load(spec).program)) == count


def test_the_shortcut_is_no_branch() -> None:
    body = """    input x: [4, 9]
    a: { conv(4, 3, pad=1) -> batch_norm -> relu -> conv(4, 3, pad=1) -> batch_norm }
    x -> b: { conv(4, 1) -> batch_norm }
    add { a; b } -> flatten -> linear(10)"""
    program = sketch(body, 'data: arrays("mine", [4, 9])')[1]
    found = last_norms(program)
    assert len(found) == 1
    layer = dict(instance(program).named_modules())[found[0]]
    assert isinstance(layer, nn.BatchNorm1d)


# --- families -------------------------------------------------------------------------------------

NO_BACKBONE: dict[str, object] = {"weights_backbone": None}
DRAWN: dict[str, object] = {"init_weights": True}

# The spec, torchvision's name of the family, and what its constructor needs to be told.
NETS: dict[str, tuple[str, str, dict[str, object]]] = {
    "alexnet": ("alexnet:alexnet", "alexnet", {}),
    "convnext": ("convnext:convnext_tiny", "convnext", {}),
    "deeplabv3": (
        "deeplabv3:deeplabv3_mobilenet_v3_large",
        "deeplabv3",
        {"aux_loss": True, **NO_BACKBONE},
    ),
    "densenet": ("densenet:densenet121", "densenet", {}),
    "efficientnet": ("efficientnet:efficientnet_b0", "efficientnet", {}),
    "faster_rcnn": ("faster_rcnn:fasterrcnn_resnet50_fpn", "faster_rcnn", NO_BACKBONE),
    "googlenet": ("googlenet:googlenet", "googlenet", DRAWN),
    "inception_v3": ("inception_v3:inception_v3", "inception_v3", DRAWN),
    "maxvit": ("maxvit:maxvit_t", "maxvit", {}),
    "mnasnet": ("mnasnet:mnasnet0_5", "mnasnet", {}),
    "mobilenet_v2": ("mobilenet_v2:mobilenet_v2", "mobilenet_v2", {}),
    "mobilenet_v3": ("mobilenet_v3:mobilenet_v3_small", "mobilenet_v3", {}),
    "regnet": ("regnet:regnet_y_400mf", "regnet", {}),
    "resnet": ("resnet:resnet18", "resnet", {}),
    "shufflenet_v2": ("shufflenet_v2:shufflenet_v2_x0_5", "shufflenet_v2", {}),
    "squeezenet": ("squeezenet:squeezenet1_1", "squeezenet", {}),
    "ssd": ("ssd:ssd300_vgg16", "ssd", NO_BACKBONE),
    "swin": ("swin:swin_t", "swin", {}),
    "vgg": ("vgg:vgg11_bn", "vgg", {}),
    "vit": ("vit:vit_b_32", "vit", {}),
}
OTHERS: dict[str, tuple[str, str, dict[str, object]]] = {
    "wide_resnet50_2": ("wide_resnet:wide_resnet50_2", "resnet", {}),
    "resnext50_32x4d": ("resnext:resnext50_32x4d", "resnet", {}),
    "swin_v2_t": ("swin_v2:swin_v2_t", "swin", {}),
    "efficientnet_v2_s": ("efficientnet:efficientnet_v2_s", "efficientnet", {}),
    "deeplabv3_resnet50": (
        "deeplabv3:deeplabv3_resnet50",
        "deeplabv3",
        {"aux_loss": True, **NO_BACKBONE},
    ),
}


def constructor(name: str) -> Any:
    models = torchvision_models()
    for place in (models, models.segmentation, models.detection):
        if hasattr(place, name):
            return getattr(place, name)
    raise AssertionError(name)


def fresh(spec: str, family: str, seed: int) -> dict[str, Tensor]:
    """The weights of one of our nets before training."""
    program = netlang.load(spec).program
    torch.manual_seed(seed)
    model = build(program)
    initialize(model, (Torchvision(family=family),), program, seed)
    return {key: value.detach() for key, value in model.named_parameters()}


def some(tensor: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """At most 20,000 elements, evenly spread."""
    flat = tensor.detach().flatten()
    return flat[:: max(1, len(flat) // 20_000)].numpy()


def compare(spec: str, family: str, settings: dict[str, object], seed: int) -> None:
    """Compare every weight with torchvision's by the test of Kolmogorov and Smirnov."""
    torch.manual_seed(100 + seed)
    made = constructor(spec.partition(":")[2])(weights=None, **settings)
    theirs = dict(made.named_parameters())
    ours = fresh(spec, family, seed)
    assert ours.keys() <= theirs.keys()
    for key in sorted(ours):
        mine, other = some(ours[key]), some(theirs[key])
        assert mine.size == other.size, key
        if np.ptp(other) == 0.0 or np.ptp(mine) == 0.0:
            np.testing.assert_array_equal(mine, other, key)
        else:
            assert ks_2samp(mine, other).pvalue > 1e-7, (key, mine.std(), other.std())


# Those whose fresh nets take a second or two.
SMALL = (
    "deeplabv3", "efficientnet", "googlenet", "mnasnet", "mobilenet_v2", "mobilenet_v3", "regnet",
    "resnet", "shufflenet_v2", "squeezenet",
)  # fmt: skip


@pytest.mark.parametrize("family", SMALL)
def test_families_start_as_torchvisions(family: str) -> None:
    compare(*NETS[family], seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("family", NETS)
def test_all_families_and_more_seeds(family: str, seed: int) -> None:
    compare(*NETS[family], seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_their_relatives_too(name: str) -> None:
    compare(*OTHERS[name], seed=4)


def test_every_family_is_tried() -> None:
    assert set(NETS) == set(FAMILIES) == set(RULES)


def test_a_wrong_start_is_noticed() -> None:
    """The comparison tells a uniform start from a normal one of the same deviation."""
    normal, uniform = (filled(rule)["conv.weight"] for rule in (KaimingNormal(), KaimingUniform()))
    assert ks_2samp(some(normal), some(uniform)).pvalue < 1e-7


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
