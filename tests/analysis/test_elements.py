"""Receptive fields that are told element by element, where intervals and phases give a bound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netlang.analysis.fields.elements.shapes import groups
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.fields.net import receptive_field
from netlang.analysis.summary import summarize
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.source import Source
from tests.support import check_source

# Figures by hand. Ratios of sizes without a common factor: 520 of 33 places, as DeepLab ends.
BY_HAND = {
    # Backbone 659 at stride 16, 2*36 more of its places, 2 more, and a neighbour of each.
    "deeplabv3_mobilenet_v3_large": 659 + (72 + 2 + 1) * 16,
    # VGG-16 reads 404 at stride 32; a kernel of 64 over strides of 32 adds a neighbour.
    "fcn32s": 404 + 32,
}


def of_text(tmp_path: Path, steps: str, size: str) -> ReceptiveField:
    file = tmp_path / "x.net"
    file.write_text(f"net x {{\n    input a: {size}\n    {steps}\n}}\n", encoding="utf-8")
    found = receptive_field(load_program(f"{file}:x"))
    assert found is not None
    return found


@pytest.mark.parametrize("name", BY_HAND)
def test_bundled(name: str) -> None:
    found = receptive_field(load_program(name))
    assert found is not None
    assert (str(found), found.is_exact) == (str(BY_HAND[name]), True)


@pytest.mark.parametrize(
    ("steps", "size", "figure"),
    [
        # Rows of 5 columns: a window over the joined axis reads the end of one and the next begin.
        ("reshape([1, 35]) -> conv(1, 2) -> slice(start=4, stop=5, axis=1)", "[1, 7, 5]", [2, 5]),
        ("reshape([1, 35]) -> conv(1, 2) -> slice(start=5, stop=9, axis=1)", "[1, 7, 5]", [1, 2]),
        # Two of three places are read once more behind the seam of the joined values.
        ("concat(axis=1) { identity; conv(1, 3) } -> slice(start=9, stop=11, axis=1)", "[1, 9]", 3),
        ("concat(axis=1) { identity; conv(1, 3) } -> slice(start=2, stop=9, axis=1)", "[1, 9]", 1),
    ],
)
def test_by_hand(tmp_path: Path, steps: str, size: str, figure: int | list[int]) -> None:
    found = of_text(tmp_path, steps, size)
    assert found.is_exact
    assert found.figure == (tuple(figure) if isinstance(figure, list) else figure)


@pytest.mark.parametrize(("name", "seen"), [("squeezenet1_1", 223), ("squeezenet1_0", 223)])
def test_what_no_window_reaches_is_not_seen(name: str, seen: int) -> None:
    """The first convolution leaves out the last row: its gradient alone is 0."""
    program = load_program(name)
    found = receptive_field(program)
    assert found is not None
    assert found.seen == (seen, seen)
    assert not found.everything
    image = torch.rand(1, 3, 224, 224, requires_grad=True)
    (gradient,) = torch.autograd.grad(build(program).eval()(image).sum(), image)
    rows = gradient.abs().sum((0, 1, 3))
    assert [bool(row) for row in rows] == [True] * seen + [False] * (224 - seen)


UNKNOWN = """
net a {
    input x: [1, 9001]
    upsample(size=[8999], mode=linear) -> conv(1, 3)
}
"""


def test_what_is_too_long_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "x.net"
    file.write_text(UNKNOWN, encoding="utf-8")
    summary = summarize(load_program(f"{file}:a"))
    assert str(summary.receptive_field) == "?"
    assert summary.to_json()["receptive_field"] is None


@pytest.mark.parametrize("claim", ["a.receptive_field == 4", "a.receptive_field <= 9001"])
def test_nothing_is_claimed_of_it(claim: str) -> None:
    source = Source("x.net", f"{UNKNOWN}\nassert {claim}\n")
    assert [each.code for each in check_source(source)] == ["E0527"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([2, 3, 4], [6, 4], [((0, 1), (0,)), ((2,), (1,))]),
        ([6, 5], [2, 3, 5], [((0,), (0, 1)), ((1,), (2,))]),
        ([4, 9], [6, 6], [((0, 1), (0, 1))]),
        ([1, 7], [7, 1, 1], [((), (1,)), ((), (2,)), ((0,), ()), ((1,), (0,))]),
    ],
)
def test_groups_of_axes(before: list[int], after: list[int], expected: object) -> None:
    assert sorted(groups(before, after)) == expected
