"""The normalization that weights were trained with holds, unless asked for another one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.torch.train import evaluate, predict
from netlang.backends.torch.train.files.encoding import encode_signed
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from tests.train.predict.support import CLASSES, SPEC, by_hand, metadata


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
    (found,) = predict(recipe, program, weights, [path], device="cpu", say=said.append)
    own, plain = by_hand(run, Image.open(path)), by_hand(run, Image.open(path), "none")
    wanted = {"own": own, "none": plain, "imagenet": by_hand(run, Image.open(path), "imagenet")}
    assert own != pytest.approx(plain, abs=1e-3)
    names = dict(zip(sorted(CLASSES), wanted[expected], strict=True))
    assert dict(found.classes) == pytest.approx(names, abs=1e-5)
    assert bool(said) == (spec != "standardize" or expected != "own")
    places = Places({"pets": run / "pets"})
    scores = evaluate(recipe, program, weights, places=places, split="train", device="cpu")
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
        next(predict(recipe, program, run / "run" / "last.safetensors", [path], device="cpu"))
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
        (found,) = predict(recipe, program, weights, [path], device="cpu", say=said.append)
        shares = sorted(by_hand(run, Image.open(path), wanted), reverse=True)
        assert [share for _, share in found.classes] == pytest.approx(shares, abs=1e-5)
        assert len(said) == len(changes)
        assert all("as asked for; the weights were trained with one" in line for line in said)


@pytest.mark.parametrize("numbers", [[1, 2], [], [{"shape": [3], "values": [1.0]}] * 2])
def test_a_normalization_of_a_stranger_is_refused(
    run: Path, tmp_path: Path, numbers: list[object]
) -> None:
    last, weights = run / "run" / "last.safetensors", tmp_path / "w.safetensors"
    facts = {"netlang": json.dumps({"normalization": {"function": "affine", "numbers": numbers}})}
    weights.write_bytes(b"".join(encode_signed(load_file(last), facts)))
    recipe, program = load_recipe(str(run / "pets.net"))
    path, places = run / "pets" / "train" / "dogs" / "1.png", Places({"pets": run / "pets"})
    with pytest.raises(NetlangError, match=r"E0922.*w\.safetensors"):
        next(predict(recipe, program, weights, [path], device="cpu"))
    with pytest.raises(NetlangError, match=r"E0922.*w\.safetensors"):
        evaluate(recipe, program, weights, places=places, split="train", device="cpu")
