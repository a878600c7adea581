"""Each rule finds its mistake wherever it stands, nothing else, and is missed when it is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netlang.diagnostics.diagnostic import Caution
from netlang.diagnostics.render.text import render_text
from netlang.lint import find, graph, registry, training
from netlang.lint.layouts import KEEPING, SPATIAL
from netlang.lint.rules.batch import BatchInInputs
from netlang.lint.rules.heads import untrained_heads
from netlang.lint.rules.idle import IdleLoops
from netlang.lint.rules.images import channels_last, concat_axis, linear_of_image, softmax_axis
from netlang.lint.rules.logits import probabilities_as_logits
from netlang.lint.rules.order import pytorch_order, recurrent_order
from netlang.lint.rules.readings import BranchLines
from netlang.lint.rules.targets import UnusedTargets
from netlang.lint.rules.timing import change_beyond_end
from netlang.lint.rules.unused import UnusedNames
from netlang.ops import operator
from netlang.source import Source
from tests.errors_of_the_project import all_errors
from tests.lint.planted import PLANTED, RIGHT, all_planted, image
from tests.support import check_source

WARNINGS = {each.code for each in all_errors() if issubclass(each, Caution)}


def codes(text: str) -> list[str]:
    """The codes of everything that is said of a text."""
    return [each.code for each in check_source(Source("main.net", text))]


def test_every_warning_is_planted() -> None:
    assert set(PLANTED) == WARNINGS


@pytest.mark.parametrize(("code", "text"), list(all_planted()))
def test_planted(code: str, text: str) -> None:
    found = codes(text)
    assert code in found
    assert set(found) <= {code, "W0103", "W0201"}, found


@pytest.mark.parametrize("text", RIGHT)
def test_right(text: str) -> None:
    assert [render_text(each) for each in check_source(Source("main.net", text))] == []


# What stands behind an output, and the steps that go on from the value before it.
BEHIND = {
    "if false { gelu } else { tanh }": ["tanh"],
    "if true { gelu } else { tanh }": ["gelu"],
    "if false { gelu }; tanh": ["tanh"],
    "{ { if false { gelu } }; tanh }": ["tanh"],
    "repeat 2 { if false { gelu } else { tanh } }": ["tanh"],
    "for i in [1, 2] { if i == 2 { gelu } else { tanh } }": ["tanh"],
    "for i in [1, 2] { if i == 1 { gelu } else { tanh } }": ["gelu"],
    "repeat 0 { gelu }; tanh": ["tanh"],
    "if false { output r: gelu }; tanh": ["tanh"],
    "if false { gelu }": [],
    "repeat 0 { gelu }": [],
    "for i in range(0) { gelu }": [],
    "if false { gelu } else { image -> tanh }": [],
    "if false { image -> gelu } else { tanh }": ["tanh"],
    "if true { image }; tanh": [],
    "{ if false { gelu } } -> tanh; relu": [],
    "if true { image -> gelu }; tanh": [],
    "if false { gelu }; image -> tanh": [],
}


@pytest.mark.parametrize("behind", BEHIND)
def test_the_step_that_runs_is_told(behind: str) -> None:
    text = image(f"relu; output p: conv(2, 1x1); {behind}; output q")
    found = check_source(Source("main.net", text))
    told = [each.span.text for each in found if each.span and each.code == "W0109"]
    assert told == BEHIND[behind]
    assert {each.code for each in found} <= {"W0109", "W0104", "W0105"}


def missed(code: str) -> bool:
    """Whether some text with a mistake passes."""
    return any(code not in codes(text) for text in PLANTED[code])


CODE_OF: dict[Callable[..., Any], tuple[str, ...]] = {
    UnusedNames: ("W0101", "W0102", "W0103", "W0115"),
    UnusedTargets: ("W0104",),
    IdleLoops: ("W0105",),
    BranchLines: ("W0107",),
    registry.applied_twice: ("W0108",),
    registry.step_after_output: ("W0109",),
    registry.lone_branch: ("W0110",),
    registry.unused_inputs: ("W0111",),
    linear_of_image: ("W0201",),
    pytorch_order: ("W0202",),
    recurrent_order: ("W0202",),
    softmax_axis: ("W0203",),
    concat_axis: ("W0206",),
    channels_last: ("W0204",),
    BatchInInputs: ("W0205",),
    probabilities_as_logits: ("W0301",),
    change_beyond_end: ("W0302",),
    untrained_heads: ("W0303",),
}


def test_every_rule_is_known_here() -> None:
    listed = {*registry.TREE_RULES, *registry.FUNCTION_RULES, *training.RECIPE_RULES}
    listed |= {rule for each in registry.SITE_RULES.values() for rule in each}
    assert listed == set(CODE_OF)


@pytest.mark.parametrize("rule", CODE_OF, ids=lambda rule: rule.__name__)
def test_each_rule_is_needed(rule: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sites = {
        name: tuple(each for each in found if each is not rule)
        for name, found in registry.SITE_RULES.items()
    }
    monkeypatch.setattr(find, "SITE_RULES", sites)
    monkeypatch.setattr(find, "TREE_RULES", tuple(r for r in registry.TREE_RULES if r is not rule))
    functions = tuple(r for r in registry.FUNCTION_RULES if r is not rule)
    monkeypatch.setattr(graph, "FUNCTION_RULES", functions)
    left = tuple(r for r in training.RECIPE_RULES if r is not rule)
    monkeypatch.setattr(training, "RECIPE_RULES", left)
    assert all(missed(code) for code in CODE_OF[rule])


def test_operators_are_named_right() -> None:
    """Rules and layouts name operators, so that their modules are loaded only where needed."""
    for name in (*registry.SITE_RULES, *KEEPING, *SPATIAL):
        assert operator(name) is not None, name


def test_layouts_of_one_function_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that is called in ever new ways isn't looked at ever again."""
    monkeypatch.setattr(graph, "_MOST_LAYOUTS", 1)
    head = "block b { input x; input y; x -> softmax(1) -> z: relu; (z, y) -> add }\n"
    body = "x: conv(4, 1x1); y: linear(32); (y, x) -> u: b; (x, y) -> v: b; (u, v) -> add"
    text = f"{head}net a {{\n    input image: [4, 8, 32]\n    {body}\n}}\n"
    assert "W0203" not in codes(text)
