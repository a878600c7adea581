"""Every operator has a caption and a colour."""

from __future__ import annotations

import pytest

from netlang.backends.graphviz.labels.captions import operator_caption
from netlang.backends.graphviz.labels.values import Reader
from netlang.backends.graphviz.markup import TIMES
from netlang.backends.graphviz.palette import BLOCK, fill_of
from netlang.elaborate import load_program
from netlang.ir.op import Op
from netlang.ops import all_operators, family_of, operator

ROOM = 64
UNKNOWN = "#e9e4da"


def captions(kind: type[Op]) -> list[str]:
    reader = Reader((load_program("logistic").net,))
    found = [
        operator_caption(
            (case.op,),
            (case.inputs[0].channels if case.inputs and case.inputs[0].shape else None,),
            max(case.inputs[0].rank - 1, 0) if case.inputs else 0,
            reader,
        )
        for case in kind.cases()
    ]
    return [caption.replace(TIMES, "x") for caption in found]


@pytest.mark.parametrize("kind", all_operators(), ids=lambda kind: kind.name)
def test_every_operator_draws(kind: type[Op]) -> None:
    for caption in captions(kind):
        assert caption
        assert len(caption.splitlines()) == 1
        assert "object at" not in caption


@pytest.mark.parametrize("kind", all_operators(), ids=lambda kind: kind.name)
def test_every_operator_has_the_colour_of_its_family(kind: type[Op]) -> None:
    for case in kind.cases():
        assert fill_of(case.op) not in (UNKNOWN, BLOCK), family_of(kind.name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv", "conv 3x3, 6, /2"),
        ("conv", "conv 3x3, 4, depthwise"),
        ("conv", "conv 5, 5, /2"),
        ("conv_transpose", "conv_transpose 2x2, 6, x2"),
        ("conv_transpose", "conv_transpose 4x4, 3"),
        ("maxpool", "maxpool 2x2"),
        ("maxpool", "maxpool 3x3, /2"),
        ("avgpool", "avgpool 3x3, /1"),
        ("linear", "linear 3"),
        ("batch_norm", "bn"),
        ("relu", "relu"),
    ],
)
def test_captions_are_those_of_papers(name: str, expected: str) -> None:
    kind = operator(name)
    assert kind is not None
    assert expected in captions(kind)
