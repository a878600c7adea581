"""Scripts of steps that take turns: the losses of `netlang train`, exactly, of each player."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.torch.eject import script
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.recipes import Recipe
from netlang.recipes.load import checked_recipe
from netlang.recipes.places import Places
from netlang.source import Source
from tests.train.eject.support import (
    complaints,
    losses,
    photos,
    printed,
    resumed_losses,
    trained_losses,
)
from tests.train.eject.test_losses import alike
from tests.train.eject.test_scripts import of_processes
from tests.train.test_turns import BCE, NET, game
from tests.train.world.test_turns import CLIPPED, PENALTY

SHORT = ("batch: 200", "steps: 24")
RMSPROP = "optimizer: rmsprop(lr=0.001)"
GAMES: dict[str, tuple[str, ...]] = {
    "dcgan": (*BCE, "ema: 0.9"),
    "lsgan": (
        "loss: 0.5 * mse(real_score, 1) + 0.5 * mse(fake_score, 0)"
        f" + gradient_penalty(real_score, image, norm=0); {RMSPROP}",
        f"loss: 0.5 * mse(fake_score, 1); {RMSPROP}",
        "accumulate: 2", "clip_norm: 1", "schedule: warmup(5, unit=steps) -> cosine",
    ),
    "clipped": (*CLIPPED, "clip_value: 0.1", "swa: 2"),
    "penalized": (*PENALTY, "accumulate: 2"),
    "groups": (
        "loss: value(fake_score) - value(real_score) + 0.1 * l2_penalty; optimizer: adamw(lr=0.01)",
        "loss: -value(fake_score) + warmup(9, unit=steps, start=0) * mse(fake, image);"
        " optimizer: adamw(lr=0.001); every: 2",
        "no_decay: [norms, biases]", 'rates: [("critic.0", 0.5)]', "schedule: one_cycle",
        "precision: bf16",
    ),
}  # fmt: skip


def recipe_of(name: str, *keys: str) -> tuple[Recipe, Program]:
    critic, generator, *rest = GAMES[name]
    return game(critic, generator, *SHORT, *rest, *keys, norm=name != "penalized")


@pytest.mark.parametrize("name", GAMES)
def test_losses_and_weights(name: str, tmp_path: Path) -> None:
    recipe, program = recipe_of(name)
    shown = printed(script(recipe, program), tmp_path / "script")
    assert losses(shown) == trained_losses(recipe, program, tmp_path / "run")
    assert len(losses(shown)) == 24
    for record in read_metrics(tmp_path / "run" / "metrics.jsonl"):
        if "loss" in record:
            told = re.search(rf"^step {record['step']}: (.*)$", shown, re.MULTILINE)
            assert told
            own = {each.split()[0]: float(each.split()[1]) for each in told[1].split(", ")}
            assert own.get("critic") == record.get("critic_loss")
            assert own.get("generator") == record.get("generator_loss")
    scored = "state-weights.pth" if recipe.averages else "state.pth"
    found = torch.load(tmp_path / "script" / scored, weights_only=True)["model"]
    wanted = load_file(tmp_path / "run" / "last.safetensors")
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert torch.equal(found[key], value), key


def test_a_script_goes_on(tmp_path: Path) -> None:
    """Killed at a step, it has the losses of one that wasn't."""
    recipe, program = recipe_of("clipped", "checkpoint_every: 5", "evaluate_every: 5")
    text = script(recipe, program)
    whole = losses(printed(text, tmp_path / "whole"))
    assert resumed_losses(text, tmp_path / "cut", 13) == whole


def test_scripts_are_clean(tmp_path: Path) -> None:
    for name in GAMES:
        text = script(*recipe_of(name, 'samples: grid("fake", low=-1)'))
        assert "netlang." not in text
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    assert not complaints(tmp_path)


NOISY = """
net noisy(channels) {
    input image: [channels, H=24, W=24]
    input noise: [channels, 1, 1]
    image -> features: { conv(4, 3x3, pad=1) -> relu -> gap }
    noise -> change: conv(4, 1x1)
    both: add { features; change }
    output logits: both -> flatten -> linear(10)
    output shown: image
}
"""


def noisy(data: str, channels: int, *keys: str) -> tuple[Recipe, Program]:
    """A classifier with a second input that isn't in the data."""
    lines = "\n    ".join(keys)
    text = f"""{NOISY}
train noisy {{
    model:     noisy({channels})
    data:      {data}
    draw {{ noise: normal(std=0.3) }}
    loss:      cross_entropy(logits, label)
    optimizer: sgd(lr=0.1)
    {lines}
}}
"""
    return checked_recipe(Library().module(Source("noisy.net", text), None), "noisy")


def test_inputs_are_drawn_for_training_and_for_scores(tmp_path: Path) -> None:
    keys = "validation: 0.2", "test: flip", "augment: mixup(0.3)", "batch: 250", "steps: 12"
    recipe, program = noisy("digits(size=24)", 1, *keys)
    assert alike(recipe, program, tmp_path) == 12


@pytest.mark.parametrize("way", ["resize(24) -> hflip", "resize(24) -> rotate(10)"])
def test_inputs_are_drawn_beside_images(way: str, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 4, 40)
    data, keys = 'image_folder("photos", test="val")', (f"augment: {way}", "batch: 4", "steps: 8")
    recipe, program = noisy(data, 3, *keys)
    options = "--data", str(folder), "--workers", "0"
    assert alike(recipe, program, tmp_path, *options, places=Places({"photos": folder})) == 8


def test_players_see_images(tmp_path: Path) -> None:
    """Which nothing scores: the test images aren't looked at."""
    folder = photos(tmp_path / "photos", 4, 40)
    critic, generator, *keys = GAMES["dcgan"]
    changes = 'data: image_folder("photos", channels=1)', "augment: resize(8) -> hflip", "batch: 4"
    recipe, program = game(critic, generator, *keys, *changes, "steps: 8")
    options = "--data", str(folder), "--workers", "0"
    shown = printed(script(recipe, program), tmp_path / "script", *options)
    places = Places({"photos": folder})
    assert losses(shown) == trained_losses(recipe, program, tmp_path / "run", places)


@pytest.mark.slow
def test_two_processes(tmp_path: Path) -> None:
    """Of a net without batch norms, whose statistics would be those of a slice."""
    net = NET.replace("bn -> relu", "relu")
    steps = (each.replace("rmsprop(lr=0.002)", "sgd(lr=0.05)") for each in CLIPPED)
    recipe, program = game(*steps, *SHORT, norm=False, net=net)
    text = script(recipe, program)
    one = losses(printed(text, tmp_path / "one"))
    two = losses(of_processes(2, text, tmp_path / "two"))
    assert two == pytest.approx(one, rel=1e-5, abs=1e-7)


def same_pictures(folder: Path, *steps: int) -> None:
    """The script drew what `netlang train` drew, and nothing else."""
    names = [f"{step:07}.png" for step in steps]
    drawn = sorted((folder / "script").glob("state-samples-*"))
    assert [path.name for path in drawn] == [f"state-samples-{name}" for name in names]
    wanted = sorted((folder / "run" / "samples").iterdir())
    assert [path.name for path in wanted] == [f"step_{name}" for name in names]
    for own, other in zip(drawn, wanted, strict=True):
        with Image.open(own) as found, Image.open(other) as expected:
            assert np.array_equal(np.asarray(found), np.asarray(expected))


def test_a_script_draws_the_same_pictures(tmp_path: Path) -> None:
    grid = 'samples: grid("fake", every=2, count=6)'
    recipe, program = game(*BCE, grid, "ema: 0.9", "batch: 400", "steps: 9")
    shown = printed(script(recipe, program), tmp_path / "script")
    assert losses(shown) == trained_losses(recipe, program, tmp_path / "run")
    same_pictures(tmp_path, 8, 9)


def test_pictures_of_images_in_files(tmp_path: Path) -> None:
    """Of an output that is black at -1, beside scores; the test's path prepares what is shown."""
    folder = photos(tmp_path / "photos", 4, 40)
    text = """
net mirror {
    input image: [3, 16, 16]
    conv(3, 3x3, pad=1) -> batch_norm -> tanh
    output made
}
train mirror {
    model:     mirror
    data:      image_folder("photos", test="val")
    augment:   random_resized_crop(16) -> hflip
    normalize: standardize
    loss:      mse(made, image)
    optimizer: sgd(lr=0.1)
    batch:     4
    steps:     8
    samples:   grid("made", every=1, count=5, low=-1)
}
"""
    recipe, program = checked_recipe(Library().module(Source("mirror.net", text), None), "mirror")
    options = "--data", str(folder), "--workers", "0"
    assert alike(recipe, program, tmp_path, *options, places=Places({"photos": folder})) == 8
    same_pictures(tmp_path, 4, 8)


@pytest.mark.parametrize("test", ["multi_scale([24, 32])", "flip"])
def test_several_views_are_refused(test: str) -> None:
    """With what is drawn for an example, or what is shown of it."""
    samples = () if "scale" in test else ('samples: grid("shown")',)
    keys = f"test: {test}", "batch: 250", "steps: 2", *samples
    recipe, program = noisy("digits(size=24)", 1, *keys)
    with pytest.raises(NetlangError) as caught:
        script(recipe, program)
    assert [each.code for each in caught.value.diagnostics] == ["E0832"]
