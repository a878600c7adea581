"""`netlang look` as a command: what it draws, what it leaves out and why, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netlang.backends import pictures
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.targets.looking import VIEWS
from tests.cli.support import Runner
from tests.torch.look.support import recipe_text, undrawn, weights_of

WEIGHTS = ("--weights", "weights.pth")
QUIET = (*WEIGHTS, "--device", "cpu", "--quiet")


@pytest.fixture(autouse=True)
def _a_net_with_weights(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.folder)
    monkeypatch.setattr(pictures, "svg_and_png", undrawn)
    Path("tiny.net").write_text(recipe_text(), encoding="utf-8")
    torch.manual_seed(1)
    weights_of(build(load_program("tiny.net:tiny")), run.folder)


def test_every_view(run: Runner) -> None:
    done = run("look", "tiny.net:tiny", *WEIGHTS, "--device", "cpu", "--count", "40")
    assert done.status == 0, done.err
    assert [line.split(":")[0] for line in done.out.splitlines() if line[0] != " "] == [
        *VIEWS, "all of it",
    ]  # fmt: skip
    assert "left out" not in done.out
    assert "looking at Grad-CAM" in done.err
    folder = Path("look/tiny")
    drawn = {path.stem for path in folder.glob("*.png")}
    numbered = {"strongest_1", "strongest_2", "strongest_3"}
    assert drawn == {*VIEWS} - {"strongest"} | numbered
    assert {path.stem for path in folder.glob("*.svg")} == drawn
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == len(drawn)


def test_an_image_without_the_data(run: Runner) -> None:
    """Views over a data set that isn't there are left out, and say so."""
    body = recipe_text().replace("[1, 8, 8]", "[3, 8, 8]")
    keys = '    data: image_folder("absent")\n    augment: random_resized_crop(8)\n'
    body = body.replace("    data: digits\n", f"{keys}    test: resize(8x8)\n")
    Path("tiny.net").write_text(body, encoding="utf-8")
    weights_of(build(load_program("tiny.net:tiny")), run.folder)
    pixels = np.random.default_rng(1).integers(0, 255, (11, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("<b>=1.png")
    done = run("look", "tiny.net:tiny", "<b>=1.png", *QUIET, "--json", "-o", "seen")
    assert done.status == 0, done.err
    views = json.loads(done.out)["views"]
    assert [view["view"] for view in views] == list(VIEWS)
    assert [view["view"] for view in views if view["left_out"]] == ["strongest", "features"]
    assert "nothing says where `absent` lies" in views[-1]["measured"]
    assert "looking at &lt;b&gt;=1.png" in Path("seen/index.html").read_text(encoding="utf-8")
    Path("other.png").write_bytes(Path("<b>=1.png").read_bytes())
    assert run("look", "tiny.net:tiny", "<b>=1.png", "other.png", *QUIET).status == 2
    assert run("look", "tiny.net:tiny", "other.png", "--example", "1", *QUIET).status == 2


def test_steps_classes_and_examples(run: Runner) -> None:
    chosen = ("--class", "7", "--step", "conv1", "--step", "conv2", "--example", "3")
    only = "kernels, maps,gradcam"
    done = run("look", "tiny.net:tiny", *QUIET, *chosen, "--split", "train", "--only", only)
    assert done.status == 0, done.err
    assert "kernels: conv1 (conv), conv2 (conv)" in done.out
    assert "gradcam: class 7 at " in done.out
    assert "by conv2 (conv) with 4 x 4 places" in done.out or "nothing in conv2" in done.out
    assert "kernels_2.png" in done.out


def test_a_net_without_a_recipe_has_kernels(run: Runner) -> None:
    text = recipe_text().partition("train")[0]
    Path("alone.net").write_text(text, encoding="utf-8")
    done = run("look", "alone.net", *QUIET)
    assert done.status == 0, done.err
    assert done.out.startswith("kernels: conv1 (conv)\n")
    assert done.out.endswith("all of it: look/tiny/index.html\n")
    assert "E0973" in run.refused("look", "alone.net", *QUIET, "--only", "maps")
    assert run("look", "alone.net", "a.png", *QUIET).status == 2
    assert run("look", "alone.net", "seed=3", *QUIET).status == 2


def test_a_net_without_maps(run: Runner) -> None:
    body = "    input image: [1, 8, 8]\n    flatten -> fc: linear(10)\n"
    Path("tiny.net").write_text(recipe_text(body), encoding="utf-8")
    weights_of(build(load_program("tiny.net:tiny")), run.folder)
    few = ("--count", "5")
    done = run("look", "tiny.net:tiny", *QUIET, *few)
    assert done.status == 0, done.err
    assert "gradcam: left out: no step's output is a map of the input" in done.out
    assert "features: left out: 5 examples with 64 values each make no picture" in done.out
    assert "drawn in look/tiny/saliency.png" in done.out
    said = run.refused("look", "tiny.net:tiny", *QUIET, "--only", "gradcam")
    assert "E0973" in said
    assert "no step's output is a map of the input" in said


def test_what_is_refused(run: Runner) -> None:
    said = run.refused("look", "tiny.net:tiny", *QUIET, "--only", "saliency", "--class", "dog")
    assert "E0971" in said
    assert "it knows `0`, `1`" in said
    far = ("--only", "maps", "--example", "400")
    assert "E0972" in run.refused("look", "tiny.net:tiny", *QUIET, *far)
    steps = ("--only", "maps", "--step", "convv2")
    assert "did you mean `conv2`?" in run.refused("look", "tiny.net:tiny", *QUIET, *steps)
    assert run("look", "tiny.net:tiny", *QUIET, "--only", "kernel").status == 2
    assert run("look", "tiny.net:tiny", *QUIET, "--split", "night").status == 2
    assert "tiny.net" in run.refused("look", "tiny.net:absent", *QUIET)
    assert "is a file" in run.refused("look", "tiny.net:tiny", *QUIET, "-o", "tiny.net/a")


def test_an_image_for_a_recipe_of_signals(run: Runner) -> None:
    body = "    input x: [40]\n    linear(10)\n"
    text = recipe_text(body, "data: mnist1d")
    Path("tiny.net").write_text(text, encoding="utf-8")
    weights_of(build(load_program("tiny.net:tiny")), run.folder)
    assert "E0974" in run.refused("look", "tiny.net:tiny", "a.png", *QUIET, "--only", "maps")
