"""The normalization that weights were trained with holds, unless asked for another one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.torch.train import evaluate, predict
from netlang.backends.torch.train.files.encoding import encode_signed
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from netlang.targets.options import PredictOptions, ScoreOptions
from tests.train.predict.support import CLASSES, SPEC, by_hand, metadata
from tests.work import counted


@pytest.mark.parametrize(
    ("spec", "changes", "expected"),
    [
        ("standardize", (), "own"),
        ("standardize", ("normalize=standardize",), "own"),
        ("none", (), "own"),
        ("imagenet", (), "own"),
        ("standardize", ("normalize=none",), "none"),
        ("standardize", ("normalize=imagenet",), "imagenet"),
    ],
)
def test_the_weights_own_normalization_holds_unless_asked(
    run: Path, tmp_path: Path, spec: str, changes: tuple[str, ...], expected: str
) -> None:
    """Whatever the recipe says by now; what the user asks for is carried out."""
    text = SPEC.replace("normalize: standardize", f"normalize: {spec}")
    (tmp_path / "pets.net").write_text(text, encoding="utf-8")
    path = run / "pets" / "train" / "dogs" / "1.png"
    weights = run / "run" / "last.safetensors"
    recipe, program = load_recipe(str(tmp_path / "pets.net"), changes)
    said: list[str] = []
    (found,) = predict(recipe, program, weights, [path], PredictOptions(device="cpu"), said.append)
    own, plain = by_hand(run, Image.open(path)), by_hand(run, Image.open(path), "none")
    wanted = {"own": own, "none": plain, "imagenet": by_hand(run, Image.open(path), "imagenet")}
    assert own != pytest.approx(plain, abs=1e-3)
    names = dict(zip(sorted(CLASSES), wanted[expected], strict=True))
    assert dict(found.classes) == pytest.approx(names, abs=1e-5)
    assert bool(said) == (spec != "standardize" or expected != "own")
    places = Places({"pets": run / "pets"})
    scores = evaluate(recipe, program, weights, ScoreOptions(places, split="train", device="cpu"))
    assert scores.loss == pytest.approx(_loss_by_hand(run, expected), abs=1e-5)


def _loss_by_hand(run: Path, normalization: str) -> float:
    """The mean cross entropy of the training images, without anything of ours but the net."""
    losses = [
        -math.log(by_hand(run, Image.open(path), normalization)[number])
        for number, name in enumerate(sorted(CLASSES))
        for path in (run / "pets" / "train" / name).iterdir()
    ]
    return sum(losses) / len(losses)


def test_a_normalization_without_its_numbers_is_refused(run: Path) -> None:
    """One that was asked for, and is learned from data, which a prediction hasn't."""
    recipe, program = load_recipe(str(run / "pets.net"), ["normalize=min_max"])
    path = run / "pets" / "train" / "dogs" / "1.png"
    with pytest.raises(NetlangError) as caught:
        next(
            predict(
                recipe,
                program,
                run / "run" / "last.safetensors",
                [path],
                PredictOptions(device="cpu"),
            )
        )
    assert [each.code for each in caught.value.diagnostics] == ["E0747"]


def test_what_is_asked_for_holds_over_a_normalization_without_a_name(
    run: Path, tmp_path: Path
) -> None:
    """Weights may have the numbers of their normalization and no recipe's word for it."""
    last, weights = run / "run" / "last.safetensors", tmp_path / "w.safetensors"
    normalization = json.loads(metadata(last))["normalization"]
    facts = {"netlang": json.dumps({"normalization": normalization})}
    weights.write_bytes(b"".join(encode_signed(load_file(last), facts)))
    path = run / "pets" / "train" / "dogs" / "1.png"
    for changes, wanted in (((), "own"), (("normalize=imagenet",), "imagenet")):
        recipe, program = load_recipe(str(run / "pets.net"), changes)
        said: list[str] = []
        (found,) = predict(
            recipe, program, weights, [path], PredictOptions(device="cpu"), said.append
        )
        shares = sorted(by_hand(run, Image.open(path), wanted), reverse=True)
        assert [share for _, share in found.classes] == pytest.approx(shares, abs=1e-5)
        assert len(said) == len(changes)
        assert all("as asked for; the weights were trained with one" in line for line in said)


def row(*values: object, shape: tuple[object, ...] | None = None) -> dict[str, object]:
    return {"shape": shape or [len(values)], "values": values}


ONES, HUGE, MOST_STEPS = row(1.0, 1.0, 1.0), 10**18, 3_000_000
# Nets of three channels, 12x12; numbers that aren't those of a normalization, or of another net.
OTHERS = {
    "numbers": [1, 2],
    "none": [],
    "one": [ONES],
    "too few": [row(1.0, shape=(3,))] * 2,
    "NaN": [row(math.nan, 1.0, 1.0), ONES],
    "infinite": [ONES, row(1.0, 1.0, math.inf)],
    "beyond float32": [ONES, row(1.0, 1.0, 1e300)],
    "beyond floats": [ONES, row(1.0, 1.0, 10**400)],
    "division by zero": [ONES, row(1.0, 0.0, 1.0)],
    "division by what is nearly zero": [ONES, row(1.0, 1e-45, 1.0)],
    "division by what is less than any other float32": [ONES, row(1.0, 1.0, -1.17e-38)],
    "five channels": [row(*[1.0] * 5)] * 2,
    "no number": [row(shape=(0, HUGE))] * 2,
    "huge": [row(1.0, shape=(HUGE, HUGE))] * 2,
    "negative": [row(1.0, shape=(-1, -1))] * 2,
    "of infinite size": [row(1.0, shape=(math.inf,))] * 2,
    "many axes": [row(1.0, shape=(9,) * 500_000)] * 2,
    "a matrix": [ONES, row(*[1.0] * 9, shape=(3, 3))],
    "different": [ONES, row(*[1.0] * 432)],
}


@pytest.mark.parametrize("function", ["affine", "white"])
@pytest.mark.parametrize("name", OTHERS)
def test_a_normalization_of_a_stranger_is_refused(
    run: Path, tmp_path: Path, name: str, function: str
) -> None:
    last, weights = run / "run" / "last.safetensors", tmp_path / "w.safetensors"
    told = {"normalization": {"function": function, "numbers": OTHERS[name]}}
    facts = {"netlang": json.dumps(told)}
    weights.write_bytes(b"".join(encode_signed(load_file(last), facts)))
    recipe, program = load_recipe(str(run / "pets.net"))
    path, places = run / "pets" / "train" / "dogs" / "1.png", Places({"pets": run / "pets"})
    with counted(MOST_STEPS), pytest.raises(NetlangError, match=r"E0922.*w\.safetensors"):
        next(predict(recipe, program, weights, [path], PredictOptions(device="cpu")))
    with pytest.raises(NetlangError, match=r"E0922.*w\.safetensors"):
        evaluate(recipe, program, weights, ScoreOptions(places, split="train", device="cpu"))


@pytest.mark.parametrize(
    "kept",
    [
        {"mean": torch.zeros(1).expand(2**28), "std": torch.ones(3)},
        {"mean": torch.zeros(3), "std": torch.tensor([1.0, math.nan, 1.0])},
        {"mean": torch.zeros(5), "std": torch.ones(5)},
        {"normalization": ("white", torch.zeros(3), torch.eye(3))},
        {"normalization": ("white", torch.zeros(432), torch.zeros(1, 1).expand(432, 432))},
        {"normalization": ("eval", torch.zeros(3), torch.ones(3))},
    ],
)
def test_a_normalization_in_a_script_of_a_stranger_is_refused(
    run: Path, tmp_path: Path, kept: dict[str, object]
) -> None:
    weights = tmp_path / "w.pth"
    model = load_file(run / "run" / "last.safetensors")
    torch.save({"model": model, "facts": {"recipe": "r 0"}, **kept}, weights)
    recipe, program = load_recipe(str(run / "pets.net"))
    path = run / "pets" / "train" / "dogs" / "1.png"
    with pytest.raises(NetlangError, match=r"E0922.*w\.pth.*normalization"):
        next(predict(recipe, program, weights, [path], PredictOptions(device="cpu")))


@pytest.mark.parametrize("told", ["\x1b[2J", "imagenet\n", "a" * 201, "\ud800", "min_max"])
@pytest.mark.parametrize("changes", [(), ("normalize=imagenet",)])
def test_the_words_of_a_stranger_are_shown_if_a_terminal_can_take_them(
    run: Path, tmp_path: Path, told: str, changes: tuple[str, ...]
) -> None:
    last, weights = run / "run" / "last.safetensors", tmp_path / "w.safetensors"
    facts = {**json.loads(metadata(last)), "keys": {"normalize": told}}
    weights.write_bytes(b"".join(encode_signed(load_file(last), {"netlang": json.dumps(facts)})))
    recipe, program = load_recipe(str(run / "pets.net"), changes)
    path, said = run / "pets" / "train" / "dogs" / "1.png", list[str]()
    next(predict(recipe, program, weights, [path], PredictOptions(device="cpu"), said.append))
    shown = told if told == "min_max" else "one that they don't name"
    (line,) = said
    assert line.endswith(f"trained with {shown}") or line.startswith(f"normalize: {shown}, as the")


@pytest.mark.parametrize(("told", "step"), [(7, 7), (-1, 0), (True, 0), (1 << 63, 0), ("7", 0)])
def test_a_step_that_no_run_can_have_is_none(
    run: Path, tmp_path: Path, told: object, step: int
) -> None:
    """Of more bits than processes can exchange, or no count."""
    last, weights = run / "run" / "last.safetensors", tmp_path / "w.safetensors"
    facts = {**json.loads(metadata(last)), "step": told}
    weights.write_bytes(b"".join(encode_signed(load_file(last), {"netlang": json.dumps(facts)})))
    recipe, program = load_recipe(str(run / "pets.net"))
    places = Places({"pets": run / "pets"})
    scores = evaluate(recipe, program, weights, ScoreOptions(places, split="train", device="cpu"))
    assert scores.step == step
    assert type(scores.step) is int
