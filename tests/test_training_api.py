"""The Python side of training: `netlang.train` and the `Run` that it gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import netlang
from netlang.cli import main
from netlang.recipes import load_recipe
from netlang.training import _written
from tests.train.data.support import draw, pictures

PETS = """
net small {
    input image: [3, 8, 8]
    flatten -> linear(2)
}
train pets {
    model: small()
    data: image_folder("pets")
    augment: random_resized_crop(8)
    normalize: standardize
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 4
}
"""

SHORT = ("arch=mlp", "evaluate_every=10")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def short(out: str | None = None, resume: bool = False, **values: object) -> netlang.Run:
    given: dict[str, Any] = {"steps": 20, "validation": 0.2, **values}
    return netlang.train(
        "mnist1d", *SHORT, out=out, resume=resume, device="cpu", quiet=True, **given
    )


def test_it_trains_as_the_command_does(place: Path) -> None:
    run = short(out="ours", seed=3)
    command = [
        "train",
        "mnist1d",
        *SHORT,
        "steps=20",
        "validation=0.2",
        "seed=3",
        "--out",
        "theirs",
        "--device",
        "cpu",
    ]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--quiet"])
    assert ended.value.code == 0
    assert run.finished
    for name in ("best.safetensors", "last.safetensors", "metrics.jsonl"):
        assert (place / "ours" / name).read_bytes() == (place / "theirs" / name).read_bytes()


def test_what_a_run_knows(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = short()
    assert capsys.readouterr() == ("", "")
    assert run.folder == Path("runs/mnist1d")
    assert run.net.params == sum(each.numel() for each in load_file(run.weights).values())
    assert run.weights == run.folder / "best.safetensors"
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    assert run.history == [json.loads(line) for line in lines]
    assert [each["step"] for each in run.history] == [10, 20, 20]
    assert run.scores["test accuracy"] == run.history[-1]["test_accuracy"]
    assert f"test accuracy {run.scores['test accuracy']:.4g}" in repr(run)
    assert (run._repr_svg_() or "").lstrip().startswith("<?xml")
    module = run.torch()
    assert not module.training
    for key, value in load_file(run.weights).items():
        assert torch.equal(module.state_dict()[key], value)
    assert run.evaluate()["accuracy"] == run.scores["test accuracy"]
    assert run.evaluate("validation")["loss"] == run.scores["validation loss"]
    with pytest.raises(ValueError, match="train, validation, test"):
        run.evaluate("tset")


def test_without_validation_the_last_weights_count(place: Path) -> None:
    run = short(validation=None)
    assert run.weights == run.folder / "last.safetensors"
    assert run.evaluate()["loss"] == run.scores["test loss"]


def test_a_run_goes_on(place: Path) -> None:
    short(out="a")
    with pytest.raises(netlang.NetlangError, match="already holds a run"):
        short(out="a")
    again = short(out="a", resume=True)
    assert again.finished
    with pytest.raises(netlang.NetlangError, match="`seed` is"):
        short(out="a", resume=True, seed=9)


def test_images(place: Path) -> None:
    (place / "pets.net").write_text(PETS)
    pictures(place / "sets", ("train", "test"), each=4)
    draw(5).save(place / "new.png")
    run = netlang.train("pets.net", data={"pets": "sets"}, device="cpu", quiet=True, workers=0)
    (found,) = run.predict("new.png")
    assert found.path == Path("new.png")
    assert {name for name, _ in found.classes} == {"cat", "dog"}
    assert sum(share for _, share in found.classes) == pytest.approx(1.0)
    assert run.evaluate()["loss"] == run.scores["test loss"]
    for wrong, text in (
        ({"dogs": "sets"}, "E0759"),
        ({"pets": "nowhere"}, "E0781"),
        (None, "E0780"),
    ):
        with pytest.raises(netlang.NetlangError, match=text):
            netlang.train("pets.net", data=wrong, out="b", device="cpu", quiet=True)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("steps", 7, "7"),
        ("seed", np.int64(7), "7"),
        ("clip_norm", 0.5, "0.5"),
        ("clip_norm", np.float32(0.5), "0.5"),
        ("optimizer", "sgd(lr=1e-3)", "sgd(lr=1e-3)"),
        ("channels_last", True, "true"),
        ("validation", None, "none"),
        ("loss", "cross_entropy", "cross_entropy"),
        ("no_decay", ["norms", "biases"], "[norms, biases]"),
        ("rates", [('"head"', 10)], '[["head", 10]]'),
    ],
)
def test_values_of_python_are_written_in_the_language(key: str, value: object, text: str) -> None:
    assert _written(value) == text
    if key not in ("rates", "no_decay"):
        load_recipe("mnist1d", [f"{key}={text}"])


def test_importing_costs_no_torch() -> None:
    code = "import netlang, sys; netlang.train; netlang.Run; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
