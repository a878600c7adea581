"""What a run says while it trains: its loss and accuracy, for which no step waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score  # type: ignore[import-untyped]
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from netlang.backends.torch.train import train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.steps.reading import Reading
from tests.train.support import sketch
from tests.train.test_step import BODY, by_hand, fresh


@pytest.mark.parametrize("parts", [1, 3])
def test_accuracy_is_that_of_the_batch(tmp_path: Path, parts: int) -> None:
    """As it was trained on: before the step, in training mode; a short last batch by its size."""
    # Fourteen batches an epoch, of which the last has 100 examples.
    recipe, program = sketch(
        "    input x: [40]\n    linear(16) -> relu -> linear(10)", "batch: 300", "steps: 42",
        f"accumulate: {parts}", "evaluate_every: 14",
    )  # fmt: skip
    train(recipe, program, out=tmp_path / "run", device="cpu")
    model = fresh(recipe, program)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    found = []

    def step(number: int, x: Tensor, y: Tensor) -> Tensor:
        logits = model(x)
        found.append(accuracy_score(y, logits.argmax(1)))
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss

    by_hand(recipe, program, 42, step)
    records = [
        record for record in read_metrics(tmp_path / "run" / "metrics.jsonl") if "lr" in record
    ]
    assert [record["step"] for record in records] == [10, 14, 20, 28, 30, 40, 42]
    for record in records:
        assert record["accuracy"] == pytest.approx(found[int(str(record["step"])) - 1])


def test_what_has_no_classes_has_no_accuracy(tmp_path: Path) -> None:
    recipe, program = sketch("    input x: [40]\n    linear(40)", "loss: mse(output, x)")
    train(recipe, program, out=tmp_path / "run", device="cpu")
    records = read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert not [record for record in records if "accuracy" in record]
    assert not (tmp_path / "run" / "confusion.csv").exists()


def test_it_is_kept_until_its_record_is_written(tmp_path: Path) -> None:
    """A signal may come after a step and before what is due after it."""
    recipe, program = sketch(BODY, "steps: 10")
    train(recipe, program, out=tmp_path / "run", device="cpu")
    (path,) = (tmp_path / "run" / "checkpoints").iterdir()
    (record, *_) = read_metrics(tmp_path / "run" / "metrics.jsonl")
    loss, right = load_file(path)["losses"].tolist()
    assert loss == 0.0
    assert right / 100 == pytest.approx(record["accuracy"])


class Reads(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's
    """Counts numbers that are asked of tensors: with a GPU, each would wait for it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: Counter[str] = Counter()

    def __torch_dispatch__(  # type: ignore[no-untyped-def]
        self, function, types, arguments=(), named=None
    ):
        self.seen[str(function)] += 1
        return function(*arguments, **(named or {}))


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
        train(recipe, program, out=out, device="cpu")
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
