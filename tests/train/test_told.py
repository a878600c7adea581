"""What a run says of the state it starts from, and what its record says of where things are."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch

from netlang.backends.torch.train import progress_for, train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions
from tests.train.support import sketch

BODY = """
    input x: [40]
    stem: linear(8) -> relu
    linear(8) -> relu
    fc: linear(10)
"""


def told(*lines: str, out: Path, places: Places | None = None, resume: bool = False) -> list[str]:
    stream = io.StringIO()
    recipe, program = sketch(BODY, *lines)
    train(
        recipe,
        program,
        RunOptions(out, places or Places(), resume=resume, device="cpu"),
        progress_for(stream),
    )
    return stream.getvalue().splitlines()


def test_frozen_and_loaded_weights_are_counted(tmp_path: Path) -> None:
    """`freeze: ["stem"]` is about one step, not about the whole path that it begins."""
    torch.save(_keys(), tmp_path / "trunk.pth")
    weights = 'weights: pretrained("trunk", skip=["fc"])'
    places = Places({"trunk": tmp_path / "trunk.pth"})
    lines = ("steps: 2", weights, 'freeze: ["stem"]')
    found = told(*lines, out=tmp_path / "run", places=places)
    expected = f"weights: 4 of 6 tensors from {tmp_path / 'trunk.pth'}"
    assert f"{expected}; fresh: `fc.weight`, `fc.bias`" in found
    assert "frozen: 2 of 6 weights, those below `stem`" in found
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["places"] == {"trunk": str(tmp_path / "trunk.pth")}
    again = told(*lines, out=tmp_path / "run", places=places, resume=True)
    assert not [line for line in again if line.startswith(("weights:", "frozen:"))]


def _keys() -> dict[str, torch.Tensor]:
    from netlang.backends.torch import build

    state: dict[str, torch.Tensor] = build(sketch(BODY, "steps: 2")[1]).state_dict()
    return state


def test_a_finished_run_says_so(tmp_path: Path) -> None:
    told("steps: 2", out=tmp_path / "run")
    found = told("steps: 2", out=tmp_path / "run", resume=True)
    text = f"the run in {tmp_path / 'run'} is finished: with more `epochs` or `steps` it goes on"
    assert found.count(text) == 1
    longer = told("steps: 4", out=tmp_path / "run", resume=True)
    assert not [line for line in longer if "is finished" in line]


def test_a_finished_run_that_cannot_be_prolonged_promises_nothing(tmp_path: Path) -> None:
    cosine = ("steps: 2", "schedule: cosine")
    told(*cosine, out=tmp_path / "run")
    found = told(*cosine, out=tmp_path / "run", resume=True)
    assert f"the run in {tmp_path / 'run'} is finished" in found


def test_a_run_that_stopped_early_says_so_when_it_is_prolonged(tmp_path: Path) -> None:
    early = (
        "validation: 0.2", "early_stopping: 1", "evaluate_every: 2", "optimizer: sgd(lr=40)",
        "swa: 1",
    )  # fmt: skip
    found = told(*early, "steps: 60", out=tmp_path / "run")
    assert [line for line in found if "early stopping after" in line and "averaged no" in line]
    found = told(*early, "steps: 80", out=tmp_path / "run", resume=True)
    assert [line for line in found if "was ended by early stopping: more of it" in line]


def test_a_second_interrupt_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netlang.backends.torch.train.loop import Loop

    def interrupted(self: Loop) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "run", interrupted)
    stream = io.StringIO()
    recipe, program = sketch(BODY, "steps: 2")
    with pytest.raises(KeyboardInterrupt):
        train(
            recipe,
            program,
            RunOptions(tmp_path / "run", device="cpu", again="netlang train it --resume"),
            progress_for(stream),
        )
    assert "stopped at once: go on with netlang train it --resume" in stream.getvalue()


def test_images_without_folders_of_classes(tmp_path: Path) -> None:
    from tests.train.data.support import draw, refusal

    draw(1).save(tmp_path / "1.png")
    code, text = refusal(tmp_path, 'image_folder("pets")')
    assert code == "E0786"
    assert "each class needs a folder of its own" in text


def test_a_step_that_was_put_in_between(tmp_path: Path) -> None:
    # As if the step without a label had been the ninth.
    state = {
        f"9.{key.partition('.')[2]}" if key[0].isdecimal() else key: value
        for key, value in _keys().items()
    }
    torch.save(state, tmp_path / "trunk.pth")
    places = Places({"trunk": tmp_path / "trunk.pth"})
    with pytest.raises(NetlangError, match="steps without a label are numbered"):
        told("steps: 2", 'weights: pretrained("trunk")', out=tmp_path / "run", places=places)
