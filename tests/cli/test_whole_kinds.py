"""Small things, each held for all of its kind: every verb, operator, bundled name and net."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, permutations, product
from pathlib import Path

import pytest

import netlang
from netlang.advice.similar import nearest
from netlang.analysis.render.describe import describe
from netlang.analysis.summary import summarize
from netlang.elaborate import load_program
from netlang.elaborate.program import elaborate
from netlang.evaluate.binding import operator_of
from netlang.evaluate.builtins import FUNCTIONS
from netlang.evaluate.values import Layer
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.modules.files import bundled_definitions
from netlang.modules.library import Library
from netlang.modules.nets import net_layer
from netlang.ops import operator, operator_names
from netlang.recipes.keys import KEYS
from netlang.source import Source, Span
from netlang.syntax.lalr import parse_expression
from tests.cli.support import Runner
from tests.cli.test_slips import NET, ONE_OPEN, RECIPES

SPEC_VERBS: dict[str, tuple[str, ...]] = {
    "summary": (), "explain": ("0",), "expand": (), "draw": ("-o", "a.dot"),
    "compile": ("-o", "a.py"), "verify": (),
}  # fmt: skip
SIZE_VERBS: dict[str, tuple[str, ...]] = {
    "summary": ("good.net",), "explain": ("good.net", "0"), "draw": ("good.net", "-o", "a.dot"),
    "verify": ("good.net",), "diff": ("good.net", "good.net"),
}  # fmt: skip
SIZES = {"20": "H=20,W=20", "20x24": "H=20,W=24", "20 x 24": "H=20,W=24"}


@pytest.fixture
def files(run: Runner) -> Runner:
    for name, text in {"one_open": ONE_OPEN, "recipes": RECIPES, "nets": NET}.items():
        (run.folder / f"{name}.net").write_text(text, encoding="utf-8")
    return run


@pytest.mark.parametrize("verb", SPEC_VERBS)
def test_the_only_net_that_is_complete(verb: str, files: Runner) -> None:
    done = files(verb, "one_open.net", *SPEC_VERBS[verb])
    assert done.status == 0, done.err


def test_the_only_net_that_is_complete_in_python(files: Runner) -> None:
    assert netlang.load(str(files.folder / "one_open.net")).name == "whole"


@pytest.mark.parametrize("given", SIZES)
@pytest.mark.parametrize("verb", SIZE_VERBS)
def test_sizes_without_names_are_those_with(verb: str, given: str, run: Runner) -> None:
    one, other = (run(verb, *SIZE_VERBS[verb], "--size", size) for size in (given, SIZES[given]))
    assert one.status == other.status == 0, one.err
    assert one.out == other.out


WRONG_VALUES = {"model": "nothing()", "loss": "nothing", "weights": "nothing(3)"}


@pytest.mark.parametrize("key", KEYS)
def test_a_wrong_override_has_the_caret(key: str, files: Runner) -> None:
    """Whatever is right beside it, before or after."""
    right = [text for text in ("augment=none", "batch=8") if not text.startswith(f"{key}=")]
    wrong = f"{key}={WRONG_VALUES.get(key, 'nothing(3)')}"
    for words in ((*right, wrong), (wrong, *right)):
        said = files("train", "recipes.net", *words)
        assert said.status == 1, said.err
        shown = [line.partition("| ")[2] for line in said.err.splitlines() if "1 | " in line]
        assert set(shown) == {wrong}, said.err
        for underlined in _underlined(said.err):
            assert re.search(rf"(?<!\w){re.escape(underlined)}(?!\w)", wrong), said.err


def _underlined(said: str) -> Iterator[str]:
    """What has carets beneath it, in each message."""
    for line, below in pairwise(said.splitlines()):
        found = re.match(r" *\| ( *)(\^+)", below)
        if line.startswith("1 | ") and found:
            start = len(found[1])
            yield line.removeprefix("1 | ")[start : start + len(found[2])]


@pytest.mark.parametrize("word", ["conv", "relu", "gap", "flatten"])
@pytest.mark.parametrize("number", ["", "1"])
def test_a_step_is_found_by_its_operator(word: str, number: str, run: Runner) -> None:
    said = run.refused("explain", "good.net", f"{word}{number}")
    assert f"the only `{word}`?" in said


ALIKE = {"0": "Oo", "1": "lI"}


def test_letters_for_digits_in_every_bundled_name() -> None:
    names = {name for kind, name, _ in bundled_definitions() if kind == "net"}
    tried = 0
    for name in sorted(names):
        for place, digit in enumerate(name):
            for letter in ALIKE.get(digit, ""):
                wrong = f"{name[:place]}{letter}{name[place + 1 :]}"
                tried += 1
                assert nearest(wrong, names) == name, wrong
    assert tried > 50


@pytest.mark.parametrize("order", [*permutations("aabb")][::5] + [*permutations("abcabc")][::97])
def test_a_scope_that_is_entered_again_is_one_row(order: tuple[str, ...], tmp_path: Path) -> None:
    steps = "".join(f"    {scope}.s{n}: conv({n + 1}, 1x1)\n" for n, scope in enumerate(order))
    path = tmp_path / "a.net"
    path.write_text(f"net n {{\n    input x: [3, 8, 8]\n{steps}}}\n", encoding="utf-8")
    found = summarize(load_program(path))
    top = [row for row in found.rows() if row.depth == 0]
    assert [row.path for row in top] == list(dict.fromkeys(order))
    assert sum(row.totals.params for row in top) == found.params


def _cases() -> list[Op]:
    kinds = [operator(name) for name in operator_names()]
    return [case.op for kind in kinds if kind is not None for case in kind.cases()]


def test_an_operator_is_shown_as_it_would_be_written() -> None:
    """So that `[3, 3]` is `3x3`, and no list of axes is: what is shown is read back."""
    module = Library().module(Source("a.net", "net a { input x: [1]; relu }\n"), None)
    read = 0
    for op in _cases():
        text = describe(op)
        if "..." in text:
            continue
        source = Source("shown", text)
        value = module.evaluator().value(parse_expression(source, 0, len(text)))
        if not isinstance(value, Layer):
            assert op.name in FUNCTIONS, text  # as a value, it is the function of that name
            continue
        found = operator_of(value, Span(source, 0, len(text)))
        assert found == op, text
        assert describe(found) == text
        read += 1
    assert read > 200


ITEMS = ("0", "1", "3", "32", "33", "-1", "0.5", "true", "3x3", "same", '"a"', "none")
VALUES = (
    *ITEMS, "1e-05", "1e30", "12345678901234", '"a b"', r'"a\"b"', r'"a\\b"', "[]", "relu",
    "conv(3, 3x3)",
    *(f"[{', '.join(items)}]" for count in (1, 2) for items in product(ITEMS, repeat=count)),
    *(f"[{', '.join(items)}]" for items in product(("1", "5", "32", "64"), repeat=3)),
)  # fmt: skip
"""What a block may be given, as a text of the language."""


SHOWN = """\
block b(v, w) {{ for each in [v, w] {{ relu }} }}

net n {{
    input x: [3, H=8, W=8]
    p: b({}, 1)
}}
"""


def test_a_block_is_shown_as_it_would_be_written() -> None:
    """So is each of its arguments, or it is left out and the others have their names."""
    read = left_out = 0
    for value in VALUES:
        source = Source("a.net", SHOWN.format(value))
        module, whole = Library().module(source, None), Span(source, 0, 1)
        (node,) = elaborate(net_layer(module, "n", whole), "n", whole).net.nodes
        assert isinstance(node.callee, Function)
        text = describe(node.callee)
        given = node.callee.arguments
        found = module.evaluator().value(parse_expression(Source("shown", text), 0, len(text)))
        assert isinstance(found, Layer)
        arguments = {name: bound.value for name, bound in found.arguments}
        # `true` equals 1, and a bare word its string.
        assert repr(arguments) == repr({name: given[name] for name in arguments}), text
        assert set(arguments) == set(given) or text == "b(w=1)"
        left_out += set(arguments) != set(given)
        read += 1
    assert read > 200
    assert left_out < read // 2
