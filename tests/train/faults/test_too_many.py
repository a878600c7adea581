"""What a reader would refuse for the length of its header isn't written."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train import train
from netlang.backends.torch.train.files import encoding, room
from netlang.backends.torch.train.steps.step import Stepper
from netlang.backends.torch.train.storage import load_tensors, save_tensors
from netlang.backends.weights import header
from netlang.backends.weights.header import LONGEST_HEADER
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.recipes.places import Places
from netlang.recipes.words.timing import Pace
from netlang.targets.options import RunOptions
from tests.train.pictures import without_pictures
from tests.train.support import sketch


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The steps that are made, each by the examples of its batch."""
    made: list[int] = []
    step = Stepper.__call__

    def counted(self: Stepper, batch: Batch, whole: int, pace: Pace) -> None:
        made.append(whole)
        step(self, batch, whole, pace)

    monkeypatch.setattr(Stepper, "__call__", counted)
    with without_pictures():
        yield made


def _allow(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no header be longer."""
    for module in (encoding, room):
        monkeypatch.setattr(module, "LONGEST_HEADER", length)


def tensors(count: int) -> dict[str, torch.Tensor]:
    scalar = torch.zeros(())
    return {f"optimizer/{index}": scalar for index in range(count)}


@pytest.mark.parametrize("limit", [1 << 17, pytest.param(LONGEST_HEADER, marks=pytest.mark.slow)])
def test_the_longest_header_that_is_written_is_read_and_a_longer_one_refused(
    limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short one, which is read under the same bound, and in the long run that of all files."""
    _allow(limit, monkeypatch)
    monkeypatch.setattr(header, "LONGEST_HEADER", limit)
    path = tmp_path / "state.safetensors"
    counts = range(limit // 105, limit // 52, limit // 1_000)
    fits = bisect_right(counts, limit, key=lambda count: len(_header(count)))
    assert 0 < fits < len(counts)
    with pytest.raises(NetlangError) as caught:
        save_tensors(path, tensors(counts[fits]), {})
    assert caught.value.diagnostics[0].code == "E0730"
    assert not any(tmp_path.iterdir())
    save_tensors(path, tensors(counts[fits - 1]), {})
    assert len(load_tensors(path)[0]) == counts[fits - 1]


def _header(count: int) -> str:
    """The header of so many tensors, as the format has it."""
    entry = {"dtype": "F32", "shape": []}
    offsets = ([4 * place, 4 * place + 4] for place in range(count))
    named = zip(sorted(tensors(count)), offsets, strict=True)
    entries = {name: {**entry, "data_offsets": each} for name, each in named}
    # The facts and the digest.
    return json.dumps(entries, separators=(",", ":")) + " " * 1_000


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("optimizer: adam(lr=0.01)", "optimizer: sgd(lr=0.01)"),
        # Its momentum is the schedule's.
        ("schedule: one_cycle", "schedule: cosine"),
    ],
)
def test_it_is_known_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[int], more: str, less: str
) -> None:
    """What the optimizer will remember is counted, and the best weights."""
    _allow(4_000, monkeypatch)
    body = "    input x: [40]\n    " + " -> ".join(["linear(10)"] * 6)
    lines = ("steps: 1", "batch: 50", "validation: 0.2", "optimizer: sgd(lr=0.01)")
    recipe, program = sketch(body, *lines, more)
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path / "more", device="cpu"))
    assert caught.value.diagnostics[0].code == "E0730"
    assert steps == []
    recipe, program = sketch(body, *lines, less)
    assert (
        train(recipe, program, RunOptions(tmp_path / "less", device="cpu")).steps == len(steps) == 1
    )


def test_long_names_of_classes_are_known_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[int]
) -> None:
    """A file of weights has them beside the tensors."""
    for name in ("short", "long" * 50):
        for index in range(20):
            folder = tmp_path / name[:5] / f"{name}{index}"
            folder.mkdir(parents=True)
            Image.new("RGB", (8, 8)).save(folder / "one.png")
    body = "    input image: [3, 8, 8]\n    flatten -> linear(20)"
    recipe, program = sketch(body, 'data: image_folder("them")', "steps: 1", "batch: 2")
    _allow(4_000, monkeypatch)
    places = Places({"them": tmp_path / "longl"})
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path / "more", places, device="cpu"))
    assert [each.code for each in caught.value.diagnostics] == ["E0904"]
    assert steps == []
    places = Places({"them": tmp_path / "short"})
    assert train(recipe, program, RunOptions(tmp_path / "less", places, device="cpu")).finished


def test_what_comes_at_the_end_is_known_at_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[int]
) -> None:
    """However long a header may be: where a first step is made, the last file can be read."""
    recipe, program = sketch("    input x: [40]\n    linear(10)", "steps: 20", "validation: 0.2")
    ended = []
    for limit in range(1_500, 4_500, 150):
        _allow(limit, monkeypatch)
        steps.clear()
        ended.append(_code(recipe, program, tmp_path / str(limit)))
        assert bool(steps) == (ended[-1] == "")
    assert ended == sorted(ended, reverse=True)
    assert {*ended} == {"E0730", ""}


def _code(recipe: Recipe, program: Program, out: Path) -> str:
    """The code of the error that the run ends with, "" for none."""
    try:
        train(recipe, program, RunOptions(out, device="cpu"))
    except NetlangError as error:
        return error.diagnostics[0].code
    return ""
