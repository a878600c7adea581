"""The bundled nets that timm has and torchvision lacks, beside timm's modules."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import torch

from netlang.analysis.facts import Facts
from netlang.backends.torch import build
from netlang.elaborate import load_program
from tests.analysis.oracles import torchvision_models
from tests.oracle import largest_difference
from tests.specs.settled import feeds, settle

torchvision_models()  # timm imports torchvision
timm: Any = import_module("timm")

NETS = {
    "convnext_v2_atto": "convnextv2_atto", "convnext_v2_base": "convnextv2_base",
    "convnext_v2_femto": "convnextv2_femto", "convnext_v2_huge": "convnextv2_huge",
    "convnext_v2_large": "convnextv2_large", "convnext_v2_nano": "convnextv2_nano",
    "convnext_v2_pico": "convnextv2_pico", "convnext_v2_tiny": "convnextv2_tiny",
    "hrnet_w18": "hrnet_w18", "hrnet_w30": "hrnet_w30", "hrnet_w32": "hrnet_w32",
    "hrnet_w40": "hrnet_w40", "hrnet_w44": "hrnet_w44", "hrnet_w48": "hrnet_w48",
    "hrnet_w64": "hrnet_w64", "mixer_b_16": "mixer_b16_224", "mixer_b_32": "mixer_b32_224",
    "mixer_l_16": "mixer_l16_224", "mixer_l_32": "mixer_l32_224", "mixer_s_16": "mixer_s16_224",
    "mixer_s_32": "mixer_s32_224",
}  # fmt: skip
# Others differ in width or depth alone.
SMALLEST = {"convnext_v2_atto", "hrnet_w18", "mixer_s_32"}


@pytest.mark.parametrize("name", NETS)
def test_state_is_timms(name: str) -> None:
    program = load_program(name)
    with torch.device("meta"):
        theirs = timm.create_model(NETS[name])
    found = [(key, value.shape) for key, value in build(program, "meta").state_dict().items()]
    assert found == [(key, value.shape) for key, value in theirs.state_dict().items()]
    assert Facts(program).params == sum(each.numel() for each in theirs.parameters())


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in SMALLEST else pytest.mark.slow) for n in NETS],
)
def test_values_are_timms(name: str) -> None:
    program, theirs = load_program(name), timm.create_model(NETS[name])
    settle(theirs, [feeds(program, 2, 11)])
    ours = build(program)
    ours.load_state_dict(theirs.state_dict())
    ours.eval()
    one, two = (next(iter(feeds(program, 2, seed).values())) for seed in (21, 22))
    with torch.no_grad():
        expected = theirs(one)
        assert largest_difference(theirs(two), expected) >= 0.01
        assert largest_difference(ours(one), expected) <= 1e-5
