"""Every optimizer: fifty steps equal those of the same one made by hand, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import netlang
from netlang.backends.torch.recipes.optimizers import (
    Optimization,
    lower_optimizer,
    optimization_for,
)
from netlang.backends.torch.run.execute import instance
from netlang.backends.torch.runtime.groups import freeze, parameter_groups, set_training
from netlang.backends.torch.runtime.kinds import parameter_kinds
from netlang.backends.torch.runtime.muon import MuonAndAdamW
from netlang.ir.owned import owned
from netlang.recipes.roles import kinds_of
from netlang.recipes.words.optimizers import (
    ALL,
    AdaDelta,
    AdaGrad,
    Adam,
    Adamax,
    AdamW,
    Muon,
    NAdam,
    Optimizer,
    RmsProp,
    Sgd,
)
from netlang.records import replace
from tests.train.support import sketch

CPU = torch.device("cpu")
STEPS = 50

Make = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]

SAME: list[tuple[Optimizer, type[torch.optim.Optimizer], dict[str, Any]]] = [
    (Sgd(lr=0.1), torch.optim.SGD, {"lr": 0.1, "fused": True}),
    (
        Sgd(lr=0.1, momentum=0.9, weight_decay=1e-2, nesterov=True),
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-2, "nesterov": True, "fused": True},
    ),
    (
        Sgd(lr=0.1, momentum=0.5, dampening=0.3),
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.5, "dampening": 0.3, "fused": True},
    ),
    (AdaGrad(lr=0.1), torch.optim.Adagrad, {"lr": 0.1, "fused": True}),
    (
        AdaGrad(lr=0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-6),
        torch.optim.Adagrad,
        {
            "lr": 0.1,
            "lr_decay": 0.1,
            "weight_decay": 0.1,
            "initial_accumulator_value": 0.5,
            "eps": 1e-6,
            "fused": True,
        },
    ),
    (RmsProp(lr=0.01), torch.optim.RMSprop, {"lr": 0.01}),
    (
        RmsProp(lr=0.01, alpha=0.9, momentum=0.5, weight_decay=0.1, centered=True),
        torch.optim.RMSprop,
        {"lr": 0.01, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1, "centered": True},
    ),
    (AdaDelta(lr=1.0), torch.optim.Adadelta, {"lr": 1.0}),
    (
        AdaDelta(lr=0.5, rho=0.8, eps=1e-5, weight_decay=0.1),
        torch.optim.Adadelta,
        {"lr": 0.5, "rho": 0.8, "eps": 1e-5, "weight_decay": 0.1},
    ),
    (Adam(lr=0.01), torch.optim.Adam, {"lr": 0.01, "fused": True}),
    (
        Adam(lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True),
        torch.optim.Adam,
        {
            "lr": 0.01,
            "betas": (0.8, 0.99),
            "eps": 1e-6,
            "weight_decay": 0.1,
            "amsgrad": True,
            "fused": True,
        },
    ),
    (Adamax(lr=0.01), torch.optim.Adamax, {"lr": 0.01}),
    (AdamW(lr=0.01), torch.optim.AdamW, {"lr": 0.01, "fused": True}),
    (NAdam(lr=0.01), torch.optim.NAdam, {"lr": 0.01}),
    (
        NAdam(lr=0.01, momentum_decay=0.01, weight_decay=0.1, decoupled_weight_decay=True),
        torch.optim.NAdam,
        {"lr": 0.01, "momentum_decay": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ),
]


def network() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.ReLU(), nn.Linear(4 * 6, 5)
    )


def trained(
    model: nn.Module,
    optimizers: Iterable[torch.optim.Optimizer],
    after: Callable[[], object] = lambda: None,
) -> dict[str, Tensor]:
    """The state after fifty steps on drawn batches; `after` is called after each."""
    generator = torch.Generator().manual_seed(5)
    for _ in range(STEPS):
        inputs = torch.randn(8, 1, 8, generator=generator)
        label = torch.randint(5, (8,), generator=generator)
        loss = F.cross_entropy(model(inputs), label)
        model.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        after()
    return {key: value.clone() for key, value in model.state_dict().items()}


def equal(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize(("wanted", "cls", "settings"), SAME, ids=[str(case[0]) for case in SAME])
def test_fifty_steps(
    wanted: Optimizer, cls: type[torch.optim.Optimizer], settings: dict[str, Any]
) -> None:
    ours, theirs = network(), network()
    before = {key: value.clone() for key, value in ours.state_dict().items()}
    found = trained(ours, [Optimization(lower_optimizer(wanted, "cpu")).build(ours)])
    assert equal(found, trained(theirs, [cls(theirs.parameters(), **settings)]))
    assert not equal(found, before)


def test_every_optimizer_is_tried() -> None:
    assert {type(wanted) for wanted, _, _ in SAME} | {Muon} == set(ALL)


def muon_by_hand(model: nn.Module) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    matrix = dict(model.named_parameters())["4.weight"]
    others = [each for each in model.parameters() if each is not matrix]
    return (
        torch.optim.Muon([matrix], lr=0.02, weight_decay=0.2, momentum=0.9),
        torch.optim.AdamW(others, lr=1e-3, weight_decay=0.01, fused=True),
    )


def muon(model: nn.Module) -> torch.optim.Optimizer:
    wanted = Muon(lr=0.02, weight_decay=0.2, momentum=0.9, adamw_lr=1e-3)
    recipe, _ = sketch("    input x: [40]\n    linear(10)")
    return optimization_for(replace(recipe, optimizer=wanted), CPU).build(model)


def test_fifty_steps_of_muon() -> None:
    ours, theirs = network(), network()
    assert equal(trained(ours, [muon(ours)]), trained(theirs, muon_by_hand(theirs)))


def test_muon_goes_on_from_its_state() -> None:
    first, whole = network(), network()
    made = muon(first)
    trained(first, [made])
    saved = made.state_dict()
    assert len(saved["param_groups"]) == 2
    second = network()
    second.load_state_dict(first.state_dict())
    again = muon(second)
    again.load_state_dict(saved)
    expected = muon(whole)
    trained(whole, [expected])
    assert equal(trained(whole, [expected]), trained(second, [again]))


def test_muon_without_other_weights() -> None:
    model = nn.Linear(3, 2, bias=False)
    made = MuonAndAdamW(parameter_groups(model, 0.1, matrices=True), [])
    before = model.weight.clone()
    model(torch.ones(1, 3)).sum().backward()
    made.step()
    assert not torch.equal(model.weight, before)


# --- groups ---------------------------------------------------------------------------------------


class Mixed(nn.Module):
    """Layers of every kind; a linear map is called `norm`, as a spec might."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 1)
        self.bn = nn.BatchNorm1d(2)
        self.ln = nn.LayerNorm(2)
        self.norm = nn.Linear(2, 2)
        self.gru = nn.GRU(2, 2)
        self.attention = nn.MultiheadAttention(2, 1)
        self.bias = nn.Parameter(torch.zeros(2))


def groups(**settings: Any) -> dict[tuple[float, float], set[str]]:
    model = Mixed()
    names = {parameter: name for name, parameter in model.named_parameters()}
    made = parameter_groups(model, 0.1, 0.5, **settings)
    assert sum(len(group["params"]) for group in made) == len(names)
    return {
        (group["lr"], group["weight_decay"]): {names[each] for each in group["params"]}
        for group in made
    }


def test_norms_without_decay() -> None:
    found = groups(no_decay=("norms",))
    assert found[0.1, 0.0] == {"bn.weight", "bn.bias", "ln.weight", "ln.bias"}


def test_biases_without_decay() -> None:
    found = groups(no_decay=("biases",))
    assert found[0.1, 0.0] == {
        "conv.bias", "bn.bias", "ln.bias", "norm.bias", "gru.bias_ih_l0", "gru.bias_hh_l0",
        "attention.in_proj_bias", "attention.out_proj.bias",
    }  # fmt: skip


def test_rates_by_label() -> None:
    found = groups(rates=(("norm", 10.0), ("attention", 2.0), ("attention.out_proj", 3.0)))
    assert found[1.0, 0.5] == {"norm.weight", "norm.bias"}
    assert found[0.2, 0.5] == {"attention.in_proj_weight", "attention.in_proj_bias"}
    assert found[0.1 * 3.0, 0.5] == {"attention.out_proj.weight", "attention.out_proj.bias"}


def test_a_label_is_whole_parts_of_a_key() -> None:
    assert set(groups(rates=(("b", 2.0), ("gru.weight", 2.0)))) == {(0.1, 0.5)}
    assert groups(rates=(("bias", 2.0),))[0.2, 0.5] == {"bias"}


def test_frozen_parts() -> None:
    model = Mixed()
    freeze(model, ("bn", "conv.bias"))
    fixed = {name for name, each in model.named_parameters() if not each.requires_grad}
    assert fixed == {"bn.weight", "bn.bias", "conv.bias"}
    set_training(model, ("bn", "conv.bias"))
    assert not model.bn.training
    assert model.conv.training
    assert model.training
    (group,) = parameter_groups(model, 0.1)
    assert len(group["params"]) == len(list(model.parameters())) - 3


def test_what_a_script_writes() -> None:
    body = "    input x: [40]\n    head: linear(10)"
    plain, _ = sketch(body, "optimizer: sgd(lr=0.1, momentum=0.9)")
    made = optimization_for(plain, CPU)
    text = "optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)"
    assert made.source() == text
    rated, _ = sketch(body, 'rates: [("head", 10)]', "no_decay: [norms]")
    assert optimization_for(rated, CPU).source() == (
        'optim.SGD(parameter_groups(model, lr=0.1, no_decay=("norms",),'
        ' rates=(("head", 10.0),)), lr=0.1, fused=True)'
    )


NETS = (
    "resnet:resnet18", "vit:vit_b_16", "swin:swin_t", "swin_v2:swin_v2_t", "convnext:convnext_tiny",
    "maxvit:maxvit_t", "mobilenet_v3:mobilenet_v3_small", "recurrent:gru_classifier",
    "llama:llama_7b",
)  # fmt: skip


@pytest.mark.parametrize("spec", NETS)
def test_modules_and_operators_agree_on_kinds(spec: str) -> None:
    """A run goes by types of modules, the checks by operators: they must mean the same."""
    program = netlang.load(spec).program
    by_modules = {key: kinds for key, _, kinds in parameter_kinds(instance(program, "meta"))}
    assert by_modules == {each.key: kinds_of(each) for each in owned(program) if each.trained}
