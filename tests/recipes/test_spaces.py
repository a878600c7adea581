"""Spaces in recipes: what they are called, what is put in their place, and where they aren't."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.render.text import render_text
from netlang.modules.library import Library
from netlang.recipes.load import checked_space, load_recipe
from netlang.recipes.read import read_recipe
from netlang.recipes.recipe import Recipe
from netlang.recipes.spaces.closed import closed_text
from netlang.recipes.spaces.written import Dimension, Options, Spaces
from netlang.recipes.words.spaces import (
    IntLogUniform,
    IntUniform,
    LogUniform,
    NumberSpace,
    Uniform,
)
from netlang.source import Source
from netlang.syntax.format import format_source

TEXT = """\
net small(width=16, act=relu) {{
    input signal: [40]
    linear(width) -> act -> linear(10)
}}

train tiny(width=choice(16, 32), act=choice(relu, gelu), lr=log_uniform(1e-4, 0.1)) {{
    model:      small(width, act)
    data:       mnist1d
    validation: 0.2
    loss:       cross_entropy
    optimizer:  {optimizer}
    augment:    {augment}
    batch:      100
    epochs:     10
}}
"""
OPTIMIZER = "choice(adam(lr=lr), sgd(lr, momentum=uniform(0, 0.9)), sgd(lr / choice(2, 1 + 2)))"


def source(optimizer: str = OPTIMIZER, augment: str = "none") -> Source:
    return Source("tiny.net", TEXT.format(optimizer=optimizer, augment=augment))


def chosen(
    choices: Mapping[str, int | float], text: Source, *changes: str
) -> tuple[Recipe, Spaces]:
    """The recipe with some choices, and the first value of all other spaces."""

    def choose(each: Dimension) -> int | float:
        first = 0 if isinstance(each.space, Options) else each.space.low
        return choices.get(each.name, first)

    spaces = Spaces(choose)
    return read_recipe(Library().module(text, None), "tiny", changes, spaces), spaces


def test_what_is_not_chosen_has_no_spaces() -> None:
    recipe, spaces = chosen({}, source())
    assert [each.name for each in spaces.found] == ["width", "act", "lr", "optimizer"]
    assert str(recipe.optimizer).startswith("adam(lr=0.0001,")
    recipe, spaces = chosen({"optimizer": 1, "optimizer.sgd2.momentum": 0.5, "lr": 0.02}, source())
    assert [each.name for each in spaces.found][3:] == ["optimizer", "optimizer.sgd2.momentum"]
    assert str(recipe.optimizer).startswith("sgd(lr=0.02, momentum=0.5,")
    assert spaces.values["optimizer"] == "sgd2"


def test_the_overrides_give_the_same_recipe(tmp_path: Path) -> None:
    """On the command line, and in the text; with parentheses where an operator stands beside."""
    choices = {"optimizer": 2, "optimizer.sgd3.lr": 1, "width": 1, "act": 1}
    recipe, spaces = chosen(choices, source(), "batch=int_log_uniform(8, 64)")
    assert spaces.overrides == {
        "width": "32", "act": "gelu", "lr": "0.0001", "optimizer": "sgd(lr / (1 + 2))",
        "batch": "8",
    }  # fmt: skip
    path = tmp_path / "tiny.net"
    path.write_text(source().text, encoding="utf-8")
    again, _ = load_recipe(path, [f"{key}={text}" for key, text in spaces.overrides.items()])
    assert again == recipe
    definition = Library().module(source(), None).recipes["tiny"]
    closed = closed_text(definition.span.source, definition, spaces.overrides)
    assert closed == format_source(closed, "tiny.net")
    path.write_text(closed, encoding="utf-8")
    assert load_recipe(path)[0] == recipe


def test_keys_that_a_recipe_lacks_become_lines() -> None:
    text = source("adam(lr=lr)")
    definition = Library().module(text, None).recipes["tiny"]
    closed = closed_text(text, definition, {"seed": "3", "steps": "7", "width": "8"})
    assert "    seed:       3\n" in closed
    assert "    steps:      7\n" in closed
    assert "epochs" not in closed
    assert "width=8," in closed


def test_negative_numbers_beside_operators_have_parentheses() -> None:
    _, spaces = chosen({}, source("adam(lr=lr * 2 ** uniform(-9, -3) * uniform(1, 2))"))
    assert spaces.overrides["optimizer"] == "adam(lr=lr * 2 ** (-9.0) * 1.0)"
    assert [each.name for each in spaces.found][3:] == ["optimizer.lr", "optimizer.lr_2"]


def test_steps_of_a_path_have_their_words_in_names() -> None:
    _, spaces = chosen({}, source("adam(lr=lr)", "noise(uniform(0.1, 1)) -> noise(0.1)"))
    assert spaces.found[-1].name == "augment.noise.std"
    assert spaces.overrides["augment"] == "noise(0.1) -> noise(0.1)"


def test_a_name_of_the_file_goes_first() -> None:
    text = "uniform(low, high) = low * high\n\n" + source("adam(lr=lr * uniform(1, 2))").text
    _, spaces = chosen({}, Source("tiny.net", text))
    assert [each.name for each in spaces.found] == ["width", "act", "lr"]


def test_a_recipe_with_spaces_is_for_a_search(tmp_path: Path) -> None:
    path = tmp_path / "tiny.net"
    path.write_text(source().text, encoding="utf-8")
    with pytest.raises(NetlangError) as refused:
        load_recipe(path, ["width=8"])
    (found,) = refused.value.diagnostics
    assert found.code == "E0815"
    assert found.message == "recipe `tiny` leaves `act`, `lr`, `optimizer` open"
    assert "`act=relu`" in render_text(found)
    assert load_recipe(path, ["width=8", "act=relu", "lr=0.1", "optimizer=adam(lr=lr)"])


@pytest.mark.parametrize("key", ["seed", "seeds", "validation"])
def test_what_must_be_the_same_is_so_through_parameters_too(key: str) -> None:
    text = TEXT.format(optimizer="sgd(lr)", augment="none").replace("    validation: 0.2\n", "")
    text = text.replace("choice(16, 32)", "16").replace("choice(relu, gelu)", "relu")
    other = "choice(0.25, 0.5)" if key == "validation" else "int_uniform(1, 9)"
    text = text.replace("0.1)) {", f"0.1), a={other}) {{\n    {key}: a")
    if key != "validation":
        text = text.replace("    loss:", "    validation: 0.2\n    loss:")
    with pytest.raises(NetlangError) as caught:
        checked_space(Library().module(Source("tiny.net", text), None), "tiny")
    (found,) = caught.value.diagnostics
    assert found.code == "E0814"
    assert found.message.startswith(f"`{key}` can't be searched: ")
    assert found.span is not None
    assert found.span.text == other


def test_each_end_and_each_option_is_checked() -> None:
    """The sgd with momentum is only in the second option, whose own space ends too high."""
    text = source(OPTIMIZER.replace("0.9", "1.5"))
    with pytest.raises(NetlangError) as refused:
        checked_space(Library().module(text, None), "tiny")
    (found,) = refused.value.diagnostics
    assert found.span is not None
    assert (found.code, found.span.text) == ("E0305", "1.5")


def test_a_mistake_of_the_command_line_is_told_once() -> None:
    """Though it is read again with each end of each space."""
    with pytest.raises(NetlangError) as refused:
        checked_space(Library().module(source(), None), "tiny", ["batch=10", "batch=choice(1, 2)"])
    assert [each.code for each in refused.value.diagnostics] == ["E0702"]


def test_numbers_of_spaces() -> None:
    assert Uniform(low=0, high=1, step=0.25).at(0.9) == 1
    assert Uniform(low=0, high=1, step=0.3).at(1.0) == 0.9
    assert IntUniform(low=16, high=70, step=16).at(1.0) == 64
    assert [IntUniform(low=1, high=3).at(each) for each in (0.0, 0.5, 1.0)] == [1, 2, 3]
    space = LogUniform(low=1e-4, high=1.0)
    assert space.at(0.5) == 0.01
    assert space.position(0.01) == pytest.approx(0.5)
    assert LogUniform(low=0.00123456, high=1.0).near(0.0) == 0.00123456
    assert IntLogUniform(low=8, high=512).at(0.5) == 64
    assert [Uniform(low=1.00001, high=1.00009).at(each) for each in (0, 0.5)] == [1.00001, 1.00005]
    assert LogUniform(low=1_000_000, high=1_000_100).at(0.5) == 1_000_050.0
    assert Uniform(low=0, high=1, step=1e-320).at(0.5) == 0.5


@pytest.mark.parametrize(
    "space",
    [
        IntUniform(low=1, high=4),
        IntUniform(low=10, high=49, step=10),
        Uniform(low=0, high=1, step=0.3),
    ],
)
def test_each_value_of_a_grid_is_drawn_as_often(space: NumberSpace) -> None:
    drawn = [space.drawn(n / 100) for n in range(100)]
    assert {drawn.count(each) for each in drawn} == {25}


def test_ends_of_whole_numbers_are_drawn_as_factors_are() -> None:
    drawn = [IntLogUniform(low=1, high=3).drawn(n / 1000) for n in range(1000)]
    assert {each: round(drawn.count(each), -1) for each in drawn} == {1: 560, 2: 260, 3: 170}
