"""What a reader would refuse for the length of its header isn't written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train import train
from netlang.backends.torch.train.files import encoding, room
from netlang.backends.torch.train.steps.step import Stepper
from netlang.backends.torch.train.storage import load_tensors, save_tensors
from netlang.backends.weights.header import LONGEST_HEADER
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.words.timing import Pace
from tests.train.support import sketch


def tensors(count: int) -> dict[str, torch.Tensor]:
    scalar = torch.zeros(())
    return {f"optimizer/{index}": scalar for index in range(count)}


def test_the_longest_header_that_is_written_is_read_and_a_longer_one_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.safetensors"
    counts = range(40_000, 80_000, 1_000)
    header = [len(_header(count)) for count in counts]
    fits = [count for count, size in zip(counts, header, strict=True) if size <= LONGEST_HEADER]
    assert 0 < len(fits) < len(counts)
    with pytest.raises(NetlangError) as caught:
        save_tensors(path, tensors(fits[-1] + 1_000), {})
    assert caught.value.diagnostics[0].code == "E0730"
    assert not any(tmp_path.iterdir())
    save_tensors(path, tensors(fits[-1]), {})
    assert len(load_tensors(path)[0]) == fits[-1]


def _header(count: int) -> str:
    """The header of so many tensors, as the format has it."""
    entry = {"dtype": "F32", "shape": []}
    offsets = ([4 * place, 4 * place + 4] for place in range(count))
    named = zip(sorted(tensors(count)), offsets, strict=True)
    entries = {name: {**entry, "data_offsets": each} for name, each in named}
    # The facts and the digest.
    return json.dumps(entries, separators=(",", ":")) + " " * 1_000


def test_it_is_known_before_the_first_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the optimizer will remember is counted, and the best weights."""
    for module in (encoding, room):
        monkeypatch.setattr(module, "LONGEST_HEADER", 4_000)
    body = "    input x: [40]\n    " + " -> ".join(["linear(10)"] * 6)
    lines = ("steps: 1", "batch: 50", "validation: 0.2")
    steps: list[int] = []
    step = Stepper.__call__

    def counted(self: Stepper, batch: Batch, whole: int, pace: Pace) -> None:
        steps.append(whole)
        step(self, batch, whole, pace)

    monkeypatch.setattr(Stepper, "__call__", counted)
    recipe, program = sketch(body, *lines, "optimizer: adam(lr=0.01)")
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, out=tmp_path / "adam", device="cpu")
    assert caught.value.diagnostics[0].code == "E0730"
    assert steps == []
    recipe, program = sketch(body, *lines, "optimizer: sgd(lr=0.01)")
    assert train(recipe, program, out=tmp_path / "sgd", device="cpu").steps == len(steps) == 1
