"""Labels and outputs called like the variables of emitted code: no value is lost to another."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import netlang

# One value without a label is read again behind the labelled one, which is read again, too.
_LABEL = """
net it {{
    input given: [4, 6]

    relu
    before: here
    {name}: tanh
    sigmoid
    (here, before) -> mul
    (here, {name}) -> add
}}
"""
_OUTPUT = """
net it {{
    input given: [4, 6]

    relu
    before: here
    output {name}: tanh
    before -> sigmoid
    output other: (here, before) -> mul
}}
"""
_PORT = """
block parts {{
    output {name}: tanh
    output other: sigmoid
}}

net it {{
    input given: [4, 6]

    relu
    before: here
    each: parts
    (each.other, before) -> mul
    (here, each.{name}) -> add
}}
"""
_NAMES = ["x", "out", "y", "z", "x1", "x2"]
_GIVEN = torch.linspace(-2, 2, 48).reshape(2, 4, 6)
_BEFORE = _GIVEN.relu()


@pytest.mark.parametrize("name", _NAMES)
def test_a_label(name: str) -> None:
    (made,) = _computed(_LABEL.format(name=name))
    after = _BEFORE.tanh()
    assert torch.equal(made, after.sigmoid() * _BEFORE + after)


@pytest.mark.parametrize("name", _NAMES)
def test_an_output_of_a_net(name: str) -> None:
    made, other = _computed(_OUTPUT.format(name=name))
    assert torch.equal(made, _BEFORE.tanh())
    assert torch.equal(other, _BEFORE.sigmoid() * _BEFORE)


@pytest.mark.parametrize("name", _NAMES)
def test_an_output_of_a_block(name: str) -> None:
    (made,) = _computed(_PORT.format(name=name))
    assert torch.equal(made, _BEFORE.sigmoid() * _BEFORE + _BEFORE.tanh())


def _computed(text: str) -> tuple[Tensor, ...]:
    with torch.no_grad():
        made = netlang.loads(text).torch().eval()(_GIVEN)
    return (made,) if isinstance(made, Tensor) else tuple(made)
