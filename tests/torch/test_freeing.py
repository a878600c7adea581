"""Modules that let go of the values that they have read."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch.run.execute import instance
from netlang.elaborate import elaborate_target, resolve_text
from netlang.ir.program import Program

_READ_TWICE = [f"(v{n - 1}, v{n - 2}) -> v{n}: max" for n in range(2, 40)]
_CHAIN = ["net chain {", "input x: [4]", "v0: tanh -> v1: sigmoid", *_READ_TWICE, "}"]

_BRANCHES = """
block unit {
    first: conv(4, 3x3, pad=1)
    add { { relu -> conv(4, 1x1) }; tanh }
    (first, here) -> concat
}

net branches {
    input x: [3, 8, 8]
    unit
    early: here
    repeat 2 { unit }
    halves: split(2)
    (early, halves.0) -> concat -> gap -> flatten
}
"""


def _program(text: str) -> Program:
    return elaborate_target(resolve_text(text, None))


def _most_alive(module: nn.Module, x: Tensor, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many results of `maximum` there are at once, at most."""
    alive = weakref.WeakSet[Tensor]()
    most, plain = 0, torch.maximum

    def counted(one: Tensor, other: Tensor) -> Tensor:
        nonlocal most
        made = plain(one, other)
        alive.add(made)
        most = max(most, len(alive))
        return made

    with monkeypatch.context() as patch, torch.no_grad():
        patch.setattr(torch, "maximum", counted)
        module(x)
    return most


def test_named_values_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program("\n".join(_CHAIN))
    plain, frees = instance(program), instance(program, frees=True)
    x = torch.rand(2, 4)
    assert torch.equal(plain(x), frees(x))
    assert _most_alive(plain, x, monkeypatch) == len(_READ_TWICE)
    assert _most_alive(frees, x, monkeypatch) == 3


def test_values_stay_the_same() -> None:
    program = _program(_BRANCHES)
    plain, frees = instance(program), instance(program, frees=True)
    frees.load_state_dict(plain.state_dict())
    x = torch.rand(2, 3, 8, 8, requires_grad=True)
    assert torch.equal(plain(x), frees(x))
    frees(x).sum().backward()
    assert x.grad is not None
