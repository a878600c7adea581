"""Every operator has a caption and a colour."""

from __future__ import annotations

from itertools import product

import pytest

from netlang.analysis.render.describe import describe, written
from netlang.backends.graphviz.labels.captions import Incoming, operator_caption
from netlang.backends.graphviz.labels.values import Reader, value_text
from netlang.backends.graphviz.markup import TIMES
from netlang.backends.graphviz.palette import BLOCK, fill_of
from netlang.elaborate import load_program
from netlang.ir.arguments import signature
from netlang.ir.op import Op
from netlang.ops import all_operators, family_of, operator

ROOM = 64
UNKNOWN = "#e9e4da"
OF_PAPERS = {
    "conv", "conv_transpose", "linear", "batch_norm", "layer_norm", "maxpool", "avgpool",
    "adaptive_avgpool", "adaptive_maxpool", "dropout", "global_avgpool", "global_maxpool",
}  # fmt: skip
"""What a figure says in words of its own."""


def captions(kind: type[Op]) -> list[str]:
    reader = Reader((load_program("logistic").net,))
    found = [
        operator_caption(
            (case.op,),
            Incoming(
                (case.inputs[0].channels if case.inputs and case.inputs[0].shape else None,),
                max(case.inputs[0].rank - 1, 0) if case.inputs else 0,
            ),
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


def test_values_are_those_of_a_table() -> None:
    """But for a sign, the few digits of a figure, and what a table cuts off."""
    tried = 0
    for kind in all_operators():
        for case in kind.cases():
            for item in signature(kind):
                value: object = getattr(case.op, item.name)
                table = written(value, item)
                if isinstance(value, float) or "..." in table:
                    continue
                assert value_text(value, item).replace(TIMES, "x") == table, case.op
                tried += 1
    assert tried > 1000


@pytest.mark.parametrize("kind", all_operators(), ids=lambda kind: kind.name)
def test_what_no_paper_shows_is_said_as_in_a_table(kind: type[Op]) -> None:
    for case, caption in zip(kind.cases(), captions(kind), strict=True):
        said = describe(case.op)
        if kind.name in OF_PAPERS or "..." in said or "." in said:
            continue
        assert caption == said.replace("(", " ", 1).removesuffix(")"), case.op


@pytest.mark.parametrize("value", [*product((1, 3, 7), repeat=2), *product((2, 5), repeat=3)])
def test_a_window_of_a_block_is_one_of_an_operator(value: tuple[int, ...]) -> None:
    """A figure of a block says `3x3` for the `[3, 3]` that it was given, as a table does."""
    assert value_text(value).replace(TIMES, "x") == written(value) == "x".join(map(str, value))
    assert value_text((value, value)).replace(TIMES, "x") == written((value, value))
