"""Arithmetic of values where steps stand: the path that is suggested computes it as PyTorch does.

And operations of other frameworks, of which what is said holds code that compiles.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

import netlang
from netlang.advice.layers import ELSEWHERE
from netlang.source import Source
from tests.advice.test_suggestions import mended, net
from tests.support import check_source

Compute = Callable[[Any, Any], Any]
OPERATORS: dict[str, Compute] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "**": operator.pow, "@": operator.matmul,
}  # fmt: skip
NUMBERS = ("1", "3", "0.5", "-2", "-0.25", "1k")
# The path, whether a label is on it, and what is done with the value.
PLACES: dict[str, Callable[[Tensor], Tensor]] = {
    "{}": lambda value: value,
    "z: {}": lambda value: value,
    "{} -> relu": torch.relu,
    "output z: {}": lambda value: value,
    "output {}": lambda value: value,
    "add {{ {}; {} }}": lambda value: 2 * value,
}
IMAGE = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(3)) + 0.5
OTHER = IMAGE.tanh()
VALUES = {"image": IMAGE, "other": OTHER}


def written(place: str, expression: str) -> str:
    return net("other: tanh", place.format(expression, expression)).replace("32, 32", "8, 8")


def meant(operand: str) -> Tensor | float:
    return VALUES[operand] if operand in VALUES else float(operand.replace("k", "e3"))


def assert_computes(place: str, expression: str, value: Tensor) -> None:
    """The text with all fixes applied gives the value."""
    text = mended(written(place, expression))
    (made,) = [netlang.loads(text).torch()(IMAGE)]
    torch.testing.assert_close(made, PLACES[place](value), msg=lambda said: f"{text}\n{said}")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("symbol", OPERATORS)
def test_two_operands(symbol: str, place: str) -> None:
    pairs = [("image", "other"), ("other", "image")]
    if symbol != "@":
        pairs += [("image", number) for number in NUMBERS]
        pairs += [(number, "image") for number in NUMBERS]
    told = 0
    for left, right in pairs:
        errors = check_source(Source("a.net", written(place, f"{left} {symbol} {right}")))
        assert errors[0].code in ("E0101", "E0118"), errors[0]
        if errors[0].fix is None:
            # No step raises to a power that is a value.
            assert symbol == "**", (left, right)
            assert right in VALUES
            continue
        assert_computes(
            place, f"{left} {symbol} {right}", OPERATORS[symbol](meant(left), meant(right))
        )
        told += 1
    assert told


@pytest.mark.parametrize("place", PLACES)
def test_a_minus_in_front(place: str) -> None:
    assert_computes(place, "-image", -IMAGE)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("symbol", ["+", "*"])
def test_more_than_two_values(symbol: str, place: str) -> None:
    compute = OPERATORS[symbol]
    values = compute(compute(IMAGE, OTHER), IMAGE)
    assert_computes(place, f"image {symbol} other {symbol} image", values)


def test_what_has_no_short_path_is_explained() -> None:
    long = check_source(Source("a.net", written("{}", " + ".join(["image"] * 5_000))))[0]
    assert len(str(long.help_text)) < 200
    for one, two in product(("+", "-", "*", "/", "**"), repeat=2):
        for last in ("2", "other"):
            expression = f"image {one} other {two} {last}"
            if one == two and one in "+*" and last == "other":
                continue
            (error,) = check_source(Source("a.net", written("{}", expression)))
            assert error.fix is None, expression
            assert "in steps" in str(error.help_text), expression


@pytest.mark.parametrize(
    "expression",
    [
        "image @ other @ image", "image @ relu(other)", "image @ other + image", "image @ 2",
        "2 @ image", "tanh -> image @ other", "output(image @ other)", "image.T @ other",
        "z: image @ other.mT", "image @ -other", "relu(image) @ other", "image + other.T",
        "image * other.channels", "image.shape - other",
    ],
)  # fmt: skip
def test_what_is_no_operation_of_two_values_has_no_fix(expression: str) -> None:
    """A fix of a part of it left text that is another error, or dropped the transpose."""
    (error, *_) = check_source(Source("a.net", written("{}", expression)))
    assert error.fix is None
    assert re.search("-> (matmul|add)`", str(error.help_text))


@pytest.mark.parametrize("ends", ["", " -> relu", "  # a comment"])
@pytest.mark.parametrize("begins", ["", "z: ", "output ", "output z: ", "z.1: "])
def test_a_product_of_matrices_with_what_names_it(begins: str, ends: str) -> None:
    product = torch.matmul(IMAGE, OTHER)
    text = mended(written("{}", f"{begins}image@other{ends}"))
    (made,) = [netlang.loads(text).torch()(IMAGE)]
    torch.testing.assert_close(made, torch.relu(product) if "relu" in ends else product)


@pytest.mark.parametrize("name", ["conv-1", "a-b", "a/b", "a+1"])
def test_labels_that_look_like_it_are_no_arithmetic(name: str) -> None:
    (error, *_) = check_source(Source("a.net", net(f"{name}: relu")))
    assert "in steps" not in str(error.help_text)
    assert "merge" not in str(error.help_text)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_operations_of_other_frameworks(name: str) -> None:
    """All code that is suggested compiles, and the advice is what is shown."""
    codes = re.findall("`([^`]+)`", ELSEWHERE[name])
    for code in codes:
        netlang.loads(net(code).replace("32, 32", "8, 8"))
    (error,) = check_source(Source("a.net", net(name)))
    assert error.help_text == ELSEWHERE[name]
    own = net(f"{name}1: relu", f"{name} -> tanh")
    (error,) = check_source(Source("a.net", own))
    assert f"`{name}1`" in str(error.help_text), "a label that is near comes first"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("scale(3.)", "scale(3.0)"),
        ("dropout(.5)", "dropout(0.5)"),
        ("scale(+2)", "scale(2)"),
        ("scale(by=+0.5)", "scale(by=0.5)"),
        ("dropout(50%)", "dropout(0.5)"),
        ("scale(12.5%, offset=1)", "scale(0.125, offset=1)"),
        ("bn(eps=1.e-3)", "bn(eps=1.0e-3)"),
        ("scale(1.e2)", "scale(1.0e2)"),
        ("scale([1., 2., 3.])", "scale([1.0, 2.0, 3.0])"),
        ("conv(2^3, 1x1)", "conv(2**3, 1x1)"),
    ],
)
def test_numbers_as_other_languages_write_them(wrong: str, right: str) -> None:
    assert mended(net(wrong)) == net(right)
