"""Whatever outputs are called, a script means what it says by the names of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from netlang.backends.torch.eject import script
from tests.train.eject.support import (
    losses,
    printed,
    scores,
    script_losses,
    trained_losses,
    trained_scores,
)
from tests.train.support import sketch

BODY = "    input x: [40]\n    fc: linear(16) -> relu\n    head: linear(10)\n    output {}: head"
TWO = (
    "    input x: [40]\n    fc: linear(16) -> body: relu\n    body -> head: linear(10)\n"
    "    body -> other: linear(10)\n    output {}: head\n    output more: other"
)
LINES = {
    "slices": ("accumulate: 2",),
    "focal": ("loss: focal",),
    "mixup": ("augment: mixup(0.2)",),
    "mix": ("augment: noise(0.1)",),
    "freeze": ('freeze: ["fc"]',),
    "held_out": ("validation: 0.2",),
    "epoch_order": ("validation: 0.2",),
    "make_dataset": (),
    "DataLoader": (),
    "Sketch": (),
    "sums": (),
    "data": (),
    "numbers": (),
    "torch": (),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("body", [BODY, TWO])
def test_losses(name: str, body: str, tmp_path: Path) -> None:
    lines = LINES[name]
    if body is TWO:
        word = "focal" if name == "focal" else "cross_entropy"
        lines = (*lines, f"loss: {word}({name}, label) + 0.5 * cross_entropy(more, label)")
    recipe, program = sketch(body.format(name), *lines, "steps: 3")
    expected = trained_losses(recipe, program, tmp_path / "run")
    assert script_losses(recipe, program, tmp_path / "script") == expected


def test_an_input_named_like_a_penalty(tmp_path: Path) -> None:
    """What a penalty counts has a name that no value of a net can have, also in training."""
    lines = "loss: cross_entropy + 0.1 * l2_penalty", "steps: 4", "validation: 0.2"
    body = BODY.format("y").replace("input x:", "input {}:")
    recipe, program = sketch(body.format("penalized_1"), *lines)
    expected = trained_losses(*sketch(body.format("x"), *lines), tmp_path / "plain")
    assert trained_losses(recipe, program, tmp_path / "run") == expected
    shown = printed(script(recipe, program), tmp_path / "script")
    assert losses(shown) == expected
    assert scores(shown) == trained_scores(tmp_path / "run") == trained_scores(tmp_path / "plain")


@pytest.mark.slow
def test_every_name_of_a_script() -> None:
    """None of all that a script names is ever given another meaning by an output."""
    lines = (
        "accumulate: 2", "validation: 0.2", "ema: 0.9", "augment: mixup(0.2)", 'freeze: ["fc"]',
        "normalize: standardize", "schedule: plateau",
    )  # fmt: skip
    plain = script(*sketch(BODY.format("y_hat"), *lines))
    tree = ast.parse(plain)
    top = {getattr(each, "name", "") for each in tree.body}
    main = next(each for each in tree.body if getattr(each, "name", "") == "main")
    names = top | {each.id for each in ast.walk(main) if isinstance(each, ast.Name)}
    for name in sorted(names - {"", "x", "label", "y_hat"}):
        if name.startswith("_") or not name.islower():
            continue
        found = ast.parse(script(*sketch(BODY.format(name), *lines)))
        assert _bindings(found, name) == _bindings(tree, name), name


def _bindings(tree: ast.Module, name: str) -> int:
    return sum(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Store)
        for each in ast.walk(tree)
    )
