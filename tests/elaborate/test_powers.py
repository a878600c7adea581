"""Powers of sizes: with a small whole exponent a product, else not decided before running."""

from __future__ import annotations

import pytest

from netlang.source import Source
from tests.support import check_source


def codes(condition: str) -> list[str]:
    text = f"net a {{\n    input x: [3, H=8, W=8]\n    assert {condition}\n    relu\n}}\n"
    return [each.code for each in check_source(Source("a.net", text))]


@pytest.mark.parametrize(
    "condition",
    [
        "x.height ** 2 >= 16",
        "x.height ** 2 == x.height * x.height",
        "x.height ** 1 == x.height",
        "x.width ** 0 == 1",
        "(x.height + 1) ** 2 == x.height * x.height + 2 * x.height + 1",
        "x.height ** 4 * 2 == x.height ** 3 * x.height * 2",
        "-x.height ** 2 <= -64",
    ],
)
def test_a_power_is_a_product(condition: str) -> None:
    assert codes(condition) == []


def test_its_value_is_that_of_the_product() -> None:
    assert codes("x.height ** 2 >= 64") == []
    assert codes("x.height ** 2 >= 65") == codes("x.height * x.height >= 65") == ["E0451"]


@pytest.mark.parametrize(
    "condition",
    [
        "x.height ** -1 <= 1",
        "2 ** x.height >= 16",
        "x.height ** x.width >= 16",
        "x.height ** 5 >= 16",
    ],
)
def test_others_depend_on_the_sizes(condition: str) -> None:
    assert codes(condition) == ["E0311"]


@pytest.mark.parametrize("power", ["s ** 4", "s * s * s * s"])
def test_a_product_is_not_written_out_in_any_length(power: str) -> None:
    sizes = ", ".join(f"S{number}=8" for number in range(60))
    total = " + ".join(f"x.shape[{number}]" for number in range(60))
    body = f"s = {total}\n    assert {power} >= 16\n    relu"
    text = f"net a {{\n    input x: [{sizes}]\n    {body}\n}}\n"
    assert [each.code for each in check_source(Source("a.net", text))] == ["E0316"]
