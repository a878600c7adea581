"""The numbers of steps, told by the generator: right as they are, and wrong ones noticed."""

from __future__ import annotations

import numpy as np
import pytest

import netlang
from netlang.elaborate.function.builder import FunctionBuilder, LabelPath
from tests.campaigns import agree
from tests.campaigns.generator import Generated, generate
from tests.campaigns.subject import inputs_of, subject
from tests.campaigns.trial import misnumbered

SEEDS = range(100)


def _of(*numbered: frozenset[str] | None) -> Generated:
    return Generated(0, "", {}, "a", frozenset(), frozenset(), numbered)


def test_some_specs_have_steps_with_numbers() -> None:
    numbered = [generate(seed).numbered for seed in SEEDS]
    assert sum(any(keys for keys in each) for each in numbered) > len(SEEDS) // 10
    assert frozenset({"weight", "bias"}) in {keys for each in numbered for keys in each}
    assert frozenset() in {keys for each in numbered for keys in each}


def test_keys_are_those_of_the_numbers() -> None:
    generated = _of(frozenset({"weight"}), frozenset(), None, frozenset())
    assert misnumbered(generated, frozenset({"0.weight", "2.0.bias", "10.weight"})) is None
    for wrong in ({"1.weight"}, set(), {"0.weight", "0.bias"}, {"0.weight", "3.weight"}):
        assert misnumbered(generated, frozenset(wrong)) is not None


def test_inputs_are_not_the_weights() -> None:
    """A minimum of values that are equal has two gradients, which both are right."""
    net = netlang.loads("net n {\n    input x: [6]\n    w: parameter([6])\n    (x, w) -> min\n}\n")
    for seed in SEEDS:
        (weight,) = subject(net.program, seed).weights.values()
        assert not np.isin(inputs_of(net.program, seed)["x"], weight).any()


def test_numbers_from_1_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = FunctionBuilder.number

    def wrong(self: FunctionBuilder, scope: LabelPath) -> str:
        return str(int(right(self, scope)) + 1)

    monkeypatch.setattr(FunctionBuilder, "number", wrong)
    found = (failure.what for seed in SEEDS for failure in agree.Agree()(seed).failures)
    assert "numbers" in found
