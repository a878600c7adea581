"""Which norm is the last of a residual branch."""

from __future__ import annotations

import pytest
from torch import nn

import netlang
from netlang.backends.torch import build
from netlang.backends.torch.recipes.initialize import initialize
from netlang.backends.torch.run.execute import instance
from netlang.recipes.residual import last_norms
from netlang.recipes.words.initializations import ZeroLastNorm
from tests.analysis.oracles import torchvision_models
from tests.train.support import sketch


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
