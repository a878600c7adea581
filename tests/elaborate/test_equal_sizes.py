"""Equality of sizes that depend on the input is decided only where no size can change it."""

from __future__ import annotations

import pytest

from netlang.source import Source
from tests.support import check_source

HEADER = "net a {\n    input image: [2, H=12, W=12]\n    "
LISTS = [
    "image.height in [12]",
    "12 in image.shape",
    "[image.height] == [12]",
    "image.shape[1:] == [12, 12]",
    "image.shape != [2, 12, 12]",
    "image.shape[1:] in [[12, 12]]",
    "[[1], [image.shape]] == [[1], [[2, 12, 12]]]",
    "image.height == 12.0",
    "(image.height == 12) == true",
    "true in [image.height == 12]",
]


def _codes(body: str) -> list[str]:
    return [each.code for each in check_source(Source("a.net", f"{HEADER}{body}\n}}\n"))]


@pytest.mark.parametrize("condition", LISTS)
def test_they_cannot_steer(condition: str) -> None:
    assert _codes(f"if {condition} {{ tanh }} else {{ sigmoid }}") == ["E0311"]
    assert _codes(f"assert not ({condition})\n    tanh") == ["E0311"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("image.shape == image.shape", True),
        ("image.shape == [2, image.height, image.width]", True),
        ("2 in image.shape", True),
        ("image.height + 1 in [3, image.height + 1]", True),
        ("image == image", True),
        ("image.shape == [3, 12, 12]", False),
        ("image.shape == [12, 12]", False),
        ("image.height == image.height + 1", False),
        ("image.height in [3.5, true, image.height - 1]", False),
    ],
)
def test_what_no_size_changes_is_decided(condition: str, holds: bool) -> None:
    then, otherwise = ("tanh", "linear(0)") if holds else ("linear(0)", "tanh")
    assert _codes(f"if {condition} {{ {then} }} else {{ {otherwise} }}") == []
    assert _codes(f"assert {condition}\n    tanh") == ([] if holds else ["E0601"])


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("image.shape == [2, 12, 12]", None),
        ("image.shape == [2, image.width, 12]", None),
        ("image.height in [12, 12]", None),
        ("image.shape == [2, 12, 13]", "E0451"),
        ("image.shape == [2, 13, 12]", "E0451"),
        ("image.height in [13]", "E0451"),
        ("image.height in [12, 16, 20]", "E0311"),
        ("image.shape != [2, 12, 12]", "E0311"),
    ],
)
def test_equal_lists_are_one_condition_for_each_pair(condition: str, code: str | None) -> None:
    assert _codes(f"assert {condition}\n    tanh") == ([] if code is None else [code])


def test_values_of_the_network_are_compared_by_their_sizes() -> None:
    pair = "image -> maxpool(2x2) -> half: tanh\n    "
    assert _codes(f"{pair}if image == half {{ tanh }} else {{ sigmoid }}") == ["E0311"]
