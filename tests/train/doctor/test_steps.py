"""Recipes whose steps take turns: what is asked of each, of all together, and of none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.examine import CHECKS, examine_recipe
from netlang.backends.torch.doctor.net.frozen import FrozenParts
from netlang.backends.torch.doctor.net.gradients import Gradients
from netlang.backends.torch.doctor.net.layers import Layers
from netlang.backends.torch.doctor.net.memory_and_time import MemoryAndTime
from netlang.backends.torch.doctor.trained.reached import Reached
from netlang.backends.torch.doctor.trained.together import PlayedTogether
from netlang.cli.checkup import shown
from netlang.modules.library import Library
from netlang.recipes.load import checked_recipe
from netlang.source import Source
from netlang.targets.doctor import CheckReport, CheckupOptions
from tests.train.doctor.support import mistakes
from tests.train.test_turns import BCE, game

NET: Final = """
block judge { conv(4, 4x4, stride=2, pad=1) -> leaky_relu(0.2) -> flatten -> linear(1) }

net game {
    input image: [1, 8, 8]
    input z: [5]
    input mix: [1, 1, 1]
    z -> generator: { linear(32) -> relu -> linear(64) -> sigmoid -> reshape([1, 8, 8]) }
    output fake: generator
    auxiliary real_score: image -> critic: judge
    auxiliary fake_score: generator -> cut: identity -> reuse critic
    (image, generator) -> difference: sub
    (difference, mix) -> change: mul
    auxiliary between: add { change; generator }
    auxiliary between_score: between -> reuse critic
}

train game {
    model: game
    data:  digits
    draw { z: normal; mix: uniform(0, 1) }
    step critic {
        train:     ["critic"]
        loss:      value(fake_score - real_score) + 10 * gradient_penalty(between_score, between)
        optimizer: adam(lr=1e-3)
    }
    step generator {
        train:     ["generator"]
        loss:      -value(fake_score)
        optimizer: adam(lr=1e-3)
        every:     5
    }
    batch: 64
    steps: 10
}
"""


def reports_on(*checks: type[Check], changes: Mapping[str, str] = {}) -> list[CheckReport]:
    """What some checks report of that game, with parts of its text replaced."""
    text = NET
    for old, new in changes.items():
        text = text.replace(old, new)
    source = Source("game.net", text)
    recipe, program = checked_recipe(Library().module(source, None), "game")
    return [*examine_recipe(recipe, program, CheckupOptions(device="cpu"), checks=checks)]


def test_nothing_is_wrong_with_a_game() -> None:
    """Each check is asked of the recipe, of both of its steps, or says why it isn't asked."""
    recipe, program = game(*BCE)
    reports = [*examine_recipe(recipe, program, CheckupOptions(device="cpu"))]
    assert mistakes(reports) == []
    names = [each.check for each in reports]
    both = ("logits", "reduction", "weights that learn", "layers", "gradients")
    for name in both:
        assert [each for each in names if each.startswith(name)] == [
            f"{name} of `step critic`", f"{name} of `step generator`",
        ]  # fmt: skip
    assert len(names) == len(CHECKS) + len(both)
    left = {each.check: each.measured for each in reports if each.skipped}
    assert left["initial loss"].startswith("the losses of players depend on each other")
    assert left["one batch"] == left["learning rate"]
    assert left["labels"].startswith("its short run follows one loss")


def test_a_gradient_in_a_loss_is_followed() -> None:
    """Of the critic of a WGAN, whose loss has the gradient at points between images."""
    reports = reports_on(Reached, Layers, Gradients, MemoryAndTime)
    assert mistakes(reports) == []
    found = {each.check: each for each in reports}
    assert found["gradients of `step critic`"].measured.startswith("10 of 10 are slopes")
    rows = [row[0] for row in found["layers of `step critic`"].rows]
    assert rows[1] == "critic.0"
    assert not any(row.startswith("generator") for row in rows)
    rows = [row[0] for row in found["layers of `step generator`"].rows]
    assert rows[1] == "generator.0"
    assert "critic.0" not in rows  # it sees the data there


def test_the_steps_are_made_as_often_as_their_turn_comes() -> None:
    (report,) = reports_on(PlayedTogether)
    assert [row[0] for row in report.rows] == ["step", "critic", "generator"]
    assert all(len(row) == 5 for row in report.rows)
    assert mistakes([report]) == []


def test_a_step_whose_turn_comes_rarely_has_two() -> None:
    (report,) = reports_on(
        PlayedTogether, changes={"every:     5": "every: 40", "steps: 10": "steps: 80"}
    )
    assert report.measured == "80 batches"
    first, last = report.rows[2][1:3]
    assert first != last


@pytest.mark.parametrize(
    ("check", "old", "new", "mistake", "step"),
    [
        (Reached, "cut: identity", "cut: round", "no gradient", "generator"),
        (FrozenParts, "batch: 64", 'freeze: ["generator.0"]\n    batch: 64', "frozen layer", ""),
        (PlayedTogether, "lr=1e-3", "lr=1e30", "loss not finite", ""),
    ],
)
def test_a_planted_mistake_is_found(
    check: type[Check], old: str, new: str, mistake: str, step: str
) -> None:
    reports = reports_on(check, changes={old: new})
    assert mistakes(reports) == [mistake]
    (wrong,) = (each for each in reports if each.wrong)
    assert step in wrong.check
    assert all(each.span is not None for each in wrong.symptoms)
    assert f"wrong: {mistake}" in shown(wrong)


def test_a_step_that_the_others_have_beaten() -> None:
    """A loss that saturates where the critic is sure has no gradient left for the generator."""
    saturating = {"-value(fake_score)": "-value(softplus(fake_score))", "+ 10 *": "+ 0 *"}
    (report,) = reports_on(PlayedTogether, changes={**saturating, "lr=1e-3": "lr=0.1"})
    (found,) = report.symptoms
    assert (found.mistake, found.wrong) == ("vanishing gradients", False)
    assert "`step generator`" in found.what
