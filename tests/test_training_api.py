"""The Python side of training: `netlang.train` and the `Run` that it gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import netlang
from netlang.cli import main
from netlang.recipes import load_recipe
from netlang.recipes.overrides import overrides_of
from tests.handlers import usual_handlers
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
    assert run.evaluate("val")["loss"] == run.scores["validation loss"]
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


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own Ctrl-C: a process in the background of a shell starts without it."""
    with usual_handlers():
        yield


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_goes_on_to_the_script(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After its checkpoint, and saying how to go on; what says so, is tried."""
    from netlang.backends.torch.train.loop import Loop

    begun = Loop.run

    def pressed(loop: Loop) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return begun(loop)

    with patch.object(Loop, "run", pressed), pytest.raises(KeyboardInterrupt):
        netlang.train("mnist1d", *SHORT, out="it's a", device="cpu", validation=0.2, steps=20)
    told = capsys.readouterr().err
    (line,) = [line for line in told.splitlines() if line.startswith("stopped after step 0 of 20")]
    call = line.partition("go on with ")[2]
    assert call == (
        "netlang.train('mnist1d', 'arch=mlp', 'evaluate_every=10', 'validation=0.2', 'steps=20', "
        "out=\"it's a\", device='cpu', resume=True)"
    )
    found = netlang.train(
        "mnist1d", "arch=mlp", "evaluate_every=10", "validation=0.2", "steps=20",
        out="it's a", device="cpu", resume=True, quiet=True,
    )  # fmt: skip
    assert found.finished


@pytest.mark.parametrize("number", [15, 1])
def test_other_signals_go_to_whom_they_would(place: Path, number: int) -> None:
    """The end of a process is asked for once: it doesn't go on with its next run."""
    code = (
        "import os, signal, netlang\n"
        "from netlang.backends.torch.train.loop import Loop\n"
        # Whoever started the tests may ignore it, as `nohup` does.
        f"signal.signal({number}, signal.SIG_DFL)\n"
        "begun = Loop.run\n"
        f"Loop.run = lambda loop: os.kill(os.getpid(), {number}) or begun(loop)\n"
        "netlang.train('mnist1d', 'steps=5', out='a', device='cpu', quiet=True)\n"
        "print('went on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-number, "")
    assert (place / "a" / "last.safetensors").exists()


def test_images(place: Path) -> None:
    (place / "pets.net").write_text(PETS)
    pictures(place / "sets", ("train", "test"), each=4)
    draw(5).save(place / "new.png")
    run = netlang.train("pets.net", data={"pets": "sets"}, device="cpu", quiet=True, workers=0)
    (found,) = run.predict("new.png")
    assert found.path == Path("new.png")
    assert {name for name, _ in found.classes} == {"cat", "dog"}
    assert sum(share for _, share in found.classes) == pytest.approx(1.0)
    with Image.open("new.png") as image:
        array, same = run.predict(np.asarray(image), image)
    assert (array.path, array.classes, same.classes) == (None, found.classes, found.classes)
    assert len(run.predict(place / "sets" / "test")) == 8
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
    assert list(overrides_of({"key": value})) == [f"key={text}"]
    if key not in ("rates", "no_decay"):
        load_recipe("mnist1d", [f"{key}={text}"])


def test_importing_costs_no_torch() -> None:
    code = "import netlang, sys; netlang.train; netlang.Run; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_place_without_the_name_of_its_data_set_is_told_what_to_write() -> None:
    with pytest.raises(TypeError, match="NAME: 'photos'"):
        netlang.train("mnist1d", data="photos")  # type: ignore[arg-type]  # the mistake itself
