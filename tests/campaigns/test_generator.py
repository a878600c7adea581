"""The generator: a rule for every operator, one text for a seed, nothing but valid specs."""

from __future__ import annotations

import random

import pytest

from netlang.ir.op import Op
from netlang.ir.types import DType, TensorType
from netlang.modules.library import Library
from netlang.ops import operator_names
from netlang.ops.activation import Elu
from netlang.ops.elementary import Log
from netlang.ops.norm import BatchNorm
from netlang.ops.softmax import Softmax
from netlang.ops.vector import Prelu
from netlang.source import Source
from tests.campaigns.coverage import CONSTRUCTS, admitted_pairs, pair
from tests.campaigns.elementwise import is_elementwise
from tests.campaigns.generator import generate
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules import JOINS, SOURCES, STEPS
from tests.campaigns.generator.rules.arithmetic import BOUNDED, POSITIVE
from tests.campaigns.generator.rules.derived import rule_of
from tests.campaigns.generator.rules.places import COMPARISONS
from tests.campaigns.generator.rules.regions import REGIONS
from tests.campaigns.subject import Spec, load, read_spec
from tests.campaigns.walk import applied

SPECS = 120


def test_every_operator_has_a_rule() -> None:
    # The way back from a pool is made together with its pool, parts of images with their boxes,
    # and what needs values of a kind with the steps that make them so.
    together = {*REGIONS, "max_unpool", *BOUNDED, *POSITIVE, "div", "fold", "where", "attention"}
    together |= {kind.name for kind in COMPARISONS}
    assert {*STEPS, *JOINS, *SOURCES, *together} == set(operator_names())


def test_an_elementwise_operator_needs_no_rule() -> None:
    """Its cases are drawn, for floats alone; none of ours is left to that."""
    assert is_elementwise(Elu)
    others: tuple[type[Op], ...] = (Prelu, Softmax, BatchNorm, Log)
    assert [kind for kind in others if is_elementwise(kind)] == []
    rule, draw = rule_of(Elu), Draw(random.Random(1))
    floats = Value(TensorType((4, 5)))
    assert {rule(draw, floats) for _ in range(40)} == {case.op for case in Elu.cases()}
    assert rule(draw, Value(TensorType((4, 5), DType.INT64))) is None


@pytest.mark.parametrize("seed", range(0, 1000, 100))
def test_a_seed_has_one_text(seed: int) -> None:
    assert generate(seed) == generate(seed)
    assert generate(seed).text != generate(seed + 1).text


def test_every_spec_is_valid_and_all_operators_are_drawn() -> None:
    seen: set[str] = set()
    for seed in range(SPECS):
        seen.update(step.op.name for step in applied(load(Spec.of(generate(seed)))))
    assert len(seen) > 0.9 * len(operator_names())


def test_every_construct_is_used_and_named() -> None:
    used = set().union(*(generate(seed).constructs for seed in range(1500)))
    assert used == set(CONSTRUCTS)


@pytest.mark.parametrize("seed", range(40))
def test_symbols_are_there_where_they_are_asked_for(seed: int) -> None:
    assert load(Spec.of(generate(seed, symbolic=True))).sizes
    assert not load(Spec.of(generate(seed, symbolic=False))).sizes


def test_what_the_text_says_is_what_was_counted() -> None:
    """Constructs with a word of their own are in the text of every spec that claims them."""
    words = {"repeat": "repeat", "reuse": "reuse", "auxiliary output": "auxiliary", "if": "if "}
    for seed in range(300):
        generated = generate(seed)
        whole = generated.text + "".join(generated.files.values())
        for construct, word in words.items():
            assert construct not in generated.constructs or word in whole


def test_a_case_is_read_as_it_was_saved() -> None:
    with_import = next(g for seed in range(100) if (g := generate(seed)).files)
    spec = Spec.of(with_import)
    assert read_spec(spec.saved()) == spec


def test_texts_are_those_of_files() -> None:
    generated = generate(3)
    assert Library().module(Source("main.net", generated.text), None).nets()


def test_pairs_that_types_forbid_are_not_admitted() -> None:
    pairs = admitted_pairs()
    assert pair("conv", "relu") in pairs
    assert pair("global_avgpool", "embedding") not in pairs
    assert pair("linear", "max_unpool") not in pairs
    assert pair("maxpool", "embedding") in pairs


def test_draws_are_within_bounds() -> None:
    draw = Draw(random.Random(1))
    assert {draw.whole(1, 3) for _ in range(100)} == {1, 2, 3}
    assert divisors(12) == [1, 2, 3, 4, 6, 12]
    assert all(0.1 <= draw.near(1.0) <= 10 for _ in range(100))
