"""What a run looks at, when it ends, and what it says of a loss that isn't finite."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from netlang.backends.torch import build
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import evaluate, loop, train
from netlang.backends.torch.train.evaluation import evaluation
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.state import Scores
from netlang.backends.torch.train.storage import Json
from netlang.backends.torch.train.world import World
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.support import parts_of, sketch

BODY = "    input x: [40]\n    linear(16) -> relu -> fc: linear(10)"
PLAIN = "    input x: [40]\n    fc: linear(10)"


def records_of(out: Path) -> list[dict[str, Json]]:
    return read_metrics(out / "metrics.jsonl")


# --- what is looked at ------------------------------------------------------------------------


def test_the_test_part_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end, with the best weights, and not again when the finished run is resumed."""
    recipe, program = sketch(BODY, "steps: 40", "validation: 0.2", "evaluate_every: 10",
                             "optimizer: sgd(lr=3)")  # fmt: skip
    looks: list[tuple[int, int]] = []

    def counted(model: nn.Module, objective: Objective, data: Prepared, step: int, **rest: bool):  # type: ignore[no-untyped-def]  # what it stands for says them
        looks.append((len(data.examples), step))
        return evaluation(model, objective, data, step, **rest)

    monkeypatch.setattr(loop, "evaluation", counted)
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    train(recipe, program, RunOptions(tmp_path / "run", resume=True, device="cpu"))
    assert result.best is not None
    assert looks == [(1000, result.best.step)]
    scores = evaluate(recipe, program, result.folder.best, ScoreOptions(device="cpu"))
    assert scores == result.test
    tested = [record for record in records_of(tmp_path / "run") if "test_loss" in record]
    assert [record["step"] for record in tested] == [40]


def test_without_validation_the_last_weights_are_tested(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, "steps: 12")
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert (result.best, result.last) == (None, None)
    assert not result.folder.best.exists()
    assert evaluate(recipe, program, result.folder.last, ScoreOptions(device="cpu")) == result.test


def test_best_weights_are_those_of_the_best_evaluation(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, "steps: 60", "validation: 0.2", "evaluate_every: 5",
                             "optimizer: sgd(lr=4)")  # fmt: skip
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    held = _held(tmp_path / "run")
    assert result.best is not None
    assert result.best.step == min(held)[2]
    scores = evaluate(
        recipe, program, result.folder.best, ScoreOptions(split="validation", device="cpu")
    )
    assert scores == result.best


def _held(run: Path) -> list[tuple[float, float, int]]:
    """The error, loss and step of every evaluation."""
    found = []
    for record in records_of(run):
        if "validation_accuracy" in record:
            names = ("validation_accuracy", "validation_loss", "step")
            accuracy, loss, step = (float(str(record[name])) for name in names)
            found.append((1.0 - accuracy, loss, int(step)))
    return found


def test_of_equal_accuracies_the_smaller_loss_counts() -> None:
    first = Scores(1, 0.7, 0.5)
    assert first.better_than(None)
    assert Scores(2, 0.6, 0.5).better_than(first)
    assert not Scores(2, 0.7, 0.5).better_than(first)
    assert not Scores(2, 0.1, 0.4).better_than(first)
    assert Scores(2, 9.0, 0.6).better_than(first)
    assert not Scores(2, float("nan"), 0.5).better_than(first)
    assert Scores(2, 0.6, None).better_than(Scores(1, 0.7, None))
    assert not Scores(2, 0.7, None).better_than(Scores(1, 0.7, None))


def test_weights_say_what_they_are(tmp_path: Path) -> None:
    import json

    recipe, program = sketch(BODY, "steps: 10", "validation: 0.2")
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    for path in (result.folder.best, result.folder.last):
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["netlang"])
        assert facts["classes"] == [str(digit) for digit in range(10)]
        assert facts["recipe"] == "sketch"
        assert facts["step"] == 10
        assert facts["keys"]["optimizer"].startswith("sgd(lr=0.1")
        assert facts["test"] == []


class _Asked(TorchDispatchMode):
    """Counts how often a number of a tensor is wanted, for which a program waits for a GPU."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # torch's own is without types too
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_no_step_asks_for_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty steps more are two records more, and two more readings of numbers."""
    lists, tolist = [0], torch.Tensor.tolist

    def listed(self: torch.Tensor) -> object:
        lists[0] += 1
        return tolist(self)

    monkeypatch.setattr(torch.Tensor, "tolist", listed)
    found = []
    for steps in (20, 40):
        recipe, program = sketch(BODY, f"steps: {steps}", "optimizer: adamw(lr=0.01)", "ema: 0.9",
                                 "clip_norm: 1.0", "augment: noise(0.1) -> scale(0.8..1.2)",
                                 "batch: 90", "schedule: cosine")  # fmt: skip
        lists[0] = 0
        with _Asked() as asked:  # type: ignore[no-untyped-call]  # torch's
            train(recipe, program, RunOptions(tmp_path / str(steps), device="cpu"))
        found.append((asked.count, lists[0]))
    assert found[1][0] == found[0][0]
    assert found[1][1] - found[0][1] == 2


# --- when it ends -----------------------------------------------------------------------------


@pytest.mark.parametrize("patience", [1, 3])
def test_early_stopping(tmp_path: Path, patience: int) -> None:
    """The run ends after so many evaluations in a row without a new best one, resumed or not."""
    recipe, program = sketch(BODY, "steps: 2000", "validation: 0.2", "evaluate_every: 5",
                             f"early_stopping: {patience}", "optimizer: sgd(lr=4)")  # fmt: skip
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert result.finished
    assert result.best is not None
    assert result.steps == result.best.step + 5 * patience < 2000
    errors = [each[:2] for each in _held(tmp_path / "run")]
    before = len(errors) - patience
    assert min(errors[before:]) >= min(errors[:before])
    waits = [
        all(min(errors[i : i + patience]) >= min(errors[:i]) for i in (start,))
        for start in range(1, before)
    ]
    assert not any(waits)
    assert result.test is not None
    again = train(recipe, program, RunOptions(tmp_path / "run", resume=True, device="cpu"))
    assert (again.steps, again.finished, again.test) == (result.steps, True, result.test)


def test_early_stopping_needs_something_to_look_at(tmp_path: Path) -> None:
    """Also where only the data can tell that they keep no part for validation."""
    recipe, program = sketch(BODY, "early_stopping: 3")
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert [each.code for each in caught.value.diagnostics] == ["E0742"]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("held", [True, False])
def test_a_plateau_looks_at_the_error_as_torch_does(tmp_path: Path, held: bool) -> None:
    """At the validation error, or without one at the mean training loss since the last look."""
    keys = ("steps: 120", "evaluate_every: 6", "optimizer: sgd(lr=2)",
            "schedule: plateau(factor=0.5, patience=1)")  # fmt: skip
    recipe, program = sketch(BODY, *keys, *(["validation: 0.2"] if held else []))
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    records = [record for record in records_of(tmp_path / "run") if "lr" in record]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=2.0)
    watched = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    total, steps, last = 0.0, 0, 0
    for record in records:
        assert record["lr"] == optimizer.param_groups[0]["lr"]
        step, loss = int(record["step"]), float(record["loss"])  # type: ignore[arg-type]  # JSON of the run
        total, steps, last = total + loss * (step - last), steps + step - last, step
        if step % 6 == 0:
            accuracy = record.get("validation_accuracy")
            watched.step(1.0 - float(accuracy) if held else total / steps)  # type: ignore[arg-type]  # JSON of the run
            total, steps = 0.0, 0
    assert len({record["lr"] for record in records}) > 2


# --- scores -----------------------------------------------------------------------------------


def test_scores_weigh_by_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of any size, a short last one too, give the scores of all at once."""
    recipe, program = sketch(PLAIN, "batch: 7")
    objective, model = Objective(recipe, program), build(program)
    test = parts_of(recipe).test
    assert isinstance(test, Tensors)
    some = test.subset(torch.arange(103).numpy())
    data = Prepare(recipe, torch.device("cpu"), World()).testing(some)
    monkeypatch.setattr("netlang.backends.torch.data.loader._THOUSAND", 10)
    found = evaluation(model, objective, data, 5)
    logits, label = model(some.inputs[0]), some.targets["label"]
    assert found.scores.loss == pytest.approx(nn.functional.cross_entropy(logits, label).item())
    assert found.scores.accuracy == pytest.approx((logits.argmax(1) == label).sum().item() / 103)
    assert found.scores.step == 5
    assert found.confusion is not None
    assert found.confusion.sum() == 103
    assert found.confusion.diagonal().sum() == (logits.argmax(1) == label).sum()


def test_modes_are_as_they_were() -> None:
    """Frozen parts stay in evaluation mode, the others in training mode."""
    body = "    input x: [40]\n    a: linear(8) -> b: bn -> relu -> fc: linear(10)"
    recipe, program = sketch(body)
    model = build(program).train()
    model.get_submodule("b").eval()
    data = Prepare(recipe, torch.device("cpu"), World()).testing(parts_of(recipe).train)
    evaluation(model, Objective(recipe, program), data, 0)
    assert [name for name, module in model.named_modules() if not module.training] == ["b"]


# --- losses that aren't finite ----------------------------------------------------------------


POWER = "repeat 10 { mul { identity; identity } }"


def refused(tmp_path: Path, body: str, *lines: str) -> Diagnostic:
    recipe, program = sketch(body, *lines)
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    (found,) = caught.value.diagnostics
    assert found.code == "E0736"
    return found


def test_a_layer_whose_output_is_infinite_is_named(tmp_path: Path) -> None:
    """The exponential of what the second layer gives: the first layer of all that overflows."""
    body = "    input x: [40]\n    one: linear(8) -> relu -> two: linear(8)\n    three: linear(10)"
    found = refused(tmp_path, body, "optimizer: sgd(lr=1e13)", "steps: 40")
    assert "is the first layer whose output isn't finite" in found.caption_text
    assert found.span is not None
    label = found.caption_text.split("`")[1]
    assert f"{label}: {found.span.text}" in body


def test_the_step_is_the_first_one(tmp_path: Path) -> None:
    """Found by a loop in plain torch, which looks after each step."""
    body = "    input x: [40]\n    one: linear(8) -> relu\n    two: linear(10)"
    recipe, program = sketch(body, "optimizer: sgd(lr=1e6)", "batch: 4000", "steps: 40")
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    torch.manual_seed(loop_seed(recipe.seed))
    model = build(program).train()
    part = parts_of(recipe).train
    assert isinstance(part, Tensors)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e6)
    number, loss = 0, torch.zeros(())
    while loss.isfinite():
        number += 1
        loss = nn.functional.cross_entropy(model(part.inputs[0]), part.targets["label"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert f"at step {number} " in caught.value.diagnostics[0].message


def loop_seed(seed: int) -> int:
    from netlang.backends.torch.seeds import derived_seed

    return derived_seed(seed, "weights")


def test_a_value_without_a_layer_is_placed(tmp_path: Path) -> None:
    """A power of 1024 comes after `one`, and no layer with weights makes it."""
    body = f"    input x: [40]\n    one: linear(8)\n    {POWER}\n    two: linear(10)"
    found = refused(tmp_path, body)
    assert "the first value that isn't finite comes after `one`" in found.caption_text


def test_a_gradient_that_is_infinite_is_named(tmp_path: Path) -> None:
    """The sigmoid of what is infinite is 1; its slope, 0, times an infinite one isn't a number."""
    body = f"    input x: [40]\n    one: linear(8)\n    {POWER}\n    sigmoid -> two: linear(10)"
    found = refused(tmp_path, body)
    assert found.caption_text == "the gradient of `one` isn't finite, though the loss is"
    assert found.message == "at step 1 a gradient is infinite or not a number"
    assert found.help_text.endswith("; no checkpoint was written yet")
    assert found.span is not None
    assert found.span.text == "linear(8)"


def test_the_last_checkpoint_is_from_before(tmp_path: Path) -> None:
    """Its weights are finite, and so are those of the files of weights."""
    rising = sketch(
        BODY, "optimizer: sgd(lr=1e15)", "schedule: warmup(30, start=0.0, unit=steps)", "steps: 60",
        "checkpoint_every: 1", "validation: 0.2", "evaluate_every: 1",
    )  # fmt: skip
    with pytest.raises(NetlangError) as caught:
        train(*rising, RunOptions(tmp_path / "run", device="cpu"))
    newest = max(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    said = f"; the last checkpoint, of step {int(newest.partition('-')[0])}, is from before"
    assert caught.value.diagnostics[0].help_text.endswith(said)
    for path in (tmp_path / "run").glob("**/*.safetensors"):
        for key, value in load_file(path).items():
            assert not value.is_floating_point() or value.isfinite().all(), f"{path}: {key}"
