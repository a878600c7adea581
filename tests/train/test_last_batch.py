"""What is known before training is said by `check`: a batch norm would see a single example."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.torch.train import train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.load import load_recipe
from netlang.targets.options import RunOptions

SPEC = Path(__file__).parent / "last_batch.net"


@pytest.mark.parametrize("change", ["batch=1", "accumulate=359"])
def test_batches_of_one_are_refused(change: str) -> None:
    with pytest.raises(NetlangError) as caught:
        load_recipe(SPEC, [change])
    assert [each.code for each in caught.value.diagnostics] == ["E0744"]


def test_a_last_batch_of_one_is_left_out(tmp_path: Path) -> None:
    """Digits have 1,438 examples to train on: a batch less one leaves one over."""
    recipe, program = load_recipe(SPEC, ["batch=1437", "epochs=1"])
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    lines = (tmp_path / "run" / "metrics.csv").read_text(encoding="utf-8").splitlines()
    assert lines[-1].split(",")[0] == "1"
