"""Calls that can be made and printed: the text does what the call does."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netlang.backends.torch.invocation import Invocation, Setting, callee, literal
from netlang.backends.torch.runtime.random import epoch_order
from netlang.diagnostics.errors import InternalError


def test_settings_that_are_defaults_are_left_out() -> None:
    made = Invocation(torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": False})
    assert made.source("groups") == "optim.SGD(groups, lr=0.1, momentum=0.9)"
    (group,) = made([nn.Parameter(torch.zeros(1))]).param_groups
    assert (group["lr"], group["momentum"], group["nesterov"]) == (0.1, 0.9, False)


def test_a_default_of_another_type_is_kept() -> None:
    assert Invocation(torch.optim.SGD, {"momentum": False}).source("p").endswith("momentum=False)")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (F.cross_entropy, "F.cross_entropy"),
        (F.binary_cross_entropy_with_logits, "F.binary_cross_entropy_with_logits"),
        (nn.init.kaiming_normal_, "nn.init.kaiming_normal_"),
        (nn.utils.clip_grad_norm_, "nn.utils.clip_grad_norm_"),
        (torch.exp, "torch.exp"),
        (epoch_order, "epoch_order"),
    ],
)
def test_callee(function: object, name: str) -> None:
    assert callable(function)
    assert callee(function) == name


def test_what_has_no_name_is_our_bug() -> None:
    with pytest.raises(InternalError):
        callee(lambda: None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((0.9, 0.999), "(0.9, 0.999)"),
        ((1,), "(1,)"),
        ("fan_out", '"fan_out"'),
        ('a"b', "'a\"b'"),
        (float("inf"), 'float("inf")'),
        (-2, "-2"),
        (True, "True"),
        (None, "None"),
    ],
)
def test_literals(value: Setting, text: str) -> None:
    assert literal(value) == text
