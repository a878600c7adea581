"""What a run says while it trains: its loss and accuracy, for which no step waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from netlang.backends.torch.train import train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.steps.reading import Reading
from netlang.targets.options import RunOptions
from tests.train.support import sketch
from tests.train.test_step import BODY, by_hand, fresh

# An epoch of fourteen batches, of which the last has 100 examples, and one of two such.
SINCE = {10: 10, 14: 13, 20: 20, 28: 27, 30: 30, 40: 40, 42: 41}


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(
    ("batch", "first"), [(300, SINCE), (3900, {10: 1, 14: 11, 20: 15, 28: 21})]
)
def test_accuracy_is_that_of_batches(
    tmp_path: Path, batch: int, first: dict[int, int], parts: int
) -> None:
    """As they were trained on: before the step, in training mode; a short one by its size.

    `first` are the steps whose batches count for a record, up to its own.
    """
    recipe, program = sketch(
        "    input x: [40]\n    linear(16) -> relu -> linear(10)", f"batch: {batch}",
        f"steps: {max(first)}", f"accumulate: {parts}", "evaluate_every: 14",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    seen: list[tuple[Tensor, Tensor]] = []

    def step(number: int, x: Tensor, y: Tensor) -> Tensor:
        logits = model(x)
        seen.append((y, logits.argmax(1)))
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        return loss

    by_hand(recipe, program, max(first), step)
    records = [
        record for record in read_metrics(tmp_path / "run" / "metrics.jsonl") if "lr" in record
    ]
    assert [record["step"] for record in records] == [*first]
    for record, (last, start) in zip(records, first.items(), strict=True):
        labels, guesses = (torch.cat(each) for each in zip(*seen[start - 1 : last], strict=True))
        assert record["accuracy"] == pytest.approx(accuracy_score(labels, guesses), abs=1e-3)


def test_what_has_no_classes_has_no_accuracy(tmp_path: Path) -> None:
    recipe, program = sketch("    input x: [40]\n    linear(40)", "loss: mse(output, x)")
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    records = read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert not [record for record in records if "accuracy" in record]
    assert not (tmp_path / "run" / "confusion.csv").exists()


def test_what_was_counted_goes_on_with_a_run(tmp_path: Path) -> None:
    """A checkpoint amid a record of five steps has what three of them counted."""
    recipe, program = sketch(BODY, "batch: 900", "steps: 20", "checkpoint_every: 13")
    out = tmp_path / "run"
    train(recipe, program, RunOptions(out, device="cpu"))
    whole = (out / "metrics.jsonl").read_bytes()
    older, newest = sorted((out / "checkpoints").iterdir())
    assert load_file(older)["losses"][1] > 0.0
    newest.unlink()
    train(recipe, program, RunOptions(out, resume=True, device="cpu"))
    assert (out / "metrics.jsonl").read_bytes() == whole
    assert newest.exists()


class Reads(TorchDispatchMode):
    """Counts numbers that are asked of tensors: with a GPU, each would wait for it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.seen: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen[str(func)] += 1
        return func(*args, **(kwargs or {}))


def reads(out: Path, steps: int, monkeypatch: pytest.MonkeyPatch, *lines: str) -> tuple[int, int]:
    """How often a number was asked for, and how many records were read, in so many steps."""
    recipe, program = sketch(
        BODY, f"steps: {steps}", "batch: 50", "evaluate_every: 80", "checkpoint_every: 1000", *lines
    )
    count = 0
    original: Callable[[Reading], list[float]] = Reading.values

    def counted(self: Reading) -> list[float]:
        nonlocal count
        count += 1
        return original(self)

    monkeypatch.setattr(Reading, "values", counted)
    with Reads() as mode:
        train(recipe, program, RunOptions(out, device="cpu"))
    monkeypatch.undo()
    asked = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "unique")
    return sum(number for name, number in mode.seen.items() if name.split(".")[1] in asked), count


@pytest.mark.parametrize(
    "lines",
    [
        ("optimizer: sgd(lr=0.1, momentum=0.9)", "clip_norm: 1.0", "clip_value: 0.5", "ema: 0.9"),
        ("optimizer: adamw(lr=0.01)", "schedule: one_cycle", "accumulate: 2",
         "no_decay: [norms, biases]", 'rates: [("fc2", 2)]'),
        ("optimizer: adam(lr=0.01)", "precision: bf16", "augment: noise(0.1) -> cutout(3)",
         "normalize: standardize", "schedule: plateau"),
        ("optimizer: sgd(lr=0.1)", "precision: fp16", "clip_norm: 1.0"),
    ],
    ids=["sgd", "adamw", "bf16", "fp16"],
)  # fmt: skip
def test_no_step_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    """Forty steps more ask for nothing more but four records, each read when the next is due.

    (Mixing is left out: `one_hot` of PyTorch looks at class numbers on CPUs, and only there.)
    """
    short = reads(tmp_path / "short", 40, monkeypatch, *lines)
    long = reads(tmp_path / "long", 80, monkeypatch, *lines)
    assert long[0] == short[0]
    assert long[1] == short[1] + 4
