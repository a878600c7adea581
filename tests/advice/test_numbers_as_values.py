"""A number where a value of the net is wanted: what is said of it compiles and means the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

import netlang
from netlang.modules.library import Library
from netlang.source import Source
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk
from tests.advice.test_suggestions import built, mended, net
from tests.support import check_source

NUMBERS = ("3", "0.5", "1e-3", "14M", "-1", "-0.25")
PLACES = {
    "first of two": "({}, image) -> add",
    "second of two": "(image, {}) -> mul",
    "in the middle": "(image, {}, image) -> concat",
    "all of them": "({0}, {0}) -> add",
    "alone in parentheses": "({}) -> relu",
    "start of a path": "{} -> relu",
    "within a path": "image -> {} -> relu",
    "end of a path": "image -> {}",
    "labelled": "a: {}",
    "start of a labelled path": "{} -> a: relu",
    "under a label": "a: ({}, image) -> add",
    "a statement": "{}",
    "branch": "add {{ {}; identity }}",
    "start of a branch": "add {{ identity; {} -> relu }}",
    "within a repeat": "repeat 2 {{ ({}, in) -> add }}",
    "within a block": "repeat 2 {{ add {{ relu -> {}; identity }} }}",
    "operand": "(image, {}) -> sub -> relu",
}


def _labels(text: str) -> set[str]:
    """The labels of steps."""
    file = Library().module(Source("a.net", text), None).file
    return {
        each.label.span.text for each in walk(file) if isinstance(each, ast.Step) and each.label
    }


@pytest.mark.parametrize("place", PLACES)
def test_it_is_told_what_a_number_can_be(place: str) -> None:
    for number in NUMBERS:
        text = net(PLACES[place].format(number), "relu")
        found = check_source(Source("a.net", text))
        assert len(found) == 1, (number, found)
        (error,) = found
        assert error.span is not None
        assert error.span.text in number, number
        if error.fix is not None:
            built(mended(text))
            assert not _labels(mended(text)) & {number, f"({number})"}, mended(text)
        else:
            forms = re.findall("`([^`]+)`", str(error.help_text))
            assert len(forms) == 3, (number, error.help_text)
            for form in forms:
                constant = form.startswith("constant")
                built(net(f"y: {form}", "(image, y) -> add") if constant else net(form))


@pytest.mark.parametrize("number", ["0.5", "1.5", "3.5", "05", "3.5.1", "3.0.0.1"])
def test_no_step_is_labelled_by_it(number: str) -> None:
    """A label with dots could be meant by its text, but not by one of digits alone."""
    for place in ("linear(4) -> {}", "add {{ relu -> {}; identity }}", "output p: relu -> {}"):
        text = net(place.format(number))
        (error,) = check_source(Source("a.net", text))
        assert error.fix is None, (place, error.fix)
        assert error.code == "E0521"
    named = net(f"conv(3, 1x1) -> w.{number}")
    assert _labels(mended(named)) == {f"w.{number}"}


MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div,
    "max": torch.maximum, "min": torch.minimum,
}  # fmt: skip


@pytest.mark.parametrize("merge", MERGES)
def test_its_fix_computes_what_was_meant(merge: str) -> None:
    """As PyTorch computes it: a number before the value, and after it."""
    torch.manual_seed(0)
    image, tried = torch.randn(2, 3, 32, 32), 0
    for number, first in product(("3", "0.5", "7", "0.125"), (True, False)):
        pair = f"({number}, image)" if first else f"(image, {number})"
        text = net(f"{pair} -> {merge}")
        (error,) = check_source(Source("a.net", text))
        if error.fix is None:
            assert (merge, first) == ("div", True)  # no step divides a number
            continue
        wanted = torch.full_like(image, float(number))
        values = (wanted, image) if first else (image, wanted)
        module = netlang.loads(mended(text)).torch()
        torch.testing.assert_close(module(image), MERGES[merge](*values))
        tried += 1
    assert tried == (4 if merge == "div" else 8)


LISTS = ("[1, 2]", "[3]", "[0.5, relu]", "[-1, 2]", "[[1], [2]]", "[1e-3]", "3x3", "3 + 1", "3 * 4")


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_number_is_not_made_a_step(place: str) -> None:
    """A fix of numbers in a list, or of arithmetic, doesn't end in another error."""
    for written in LISTS:
        text = net(PLACES[place].format(written), "relu")
        found = check_source(Source("a.net", text))
        assert found, text
        if any(each.fix is not None for each in found):
            built(mended(text))
        else:
            assert "repeat" not in "".join(str(each.help_text) for each in found), text
