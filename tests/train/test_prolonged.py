"""A finished run goes on for more steps, where its schedule gives each the rate it would have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netlang.backends.torch.train import train
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.check.schedule import stretched
from netlang.recipes.load import load_recipe
from netlang.recipes.words.timing import Clock
from netlang.targets.options import RunOptions
from tests.train.faults.subject import Listener
from tests.train.support import contents, run, sketch

BODY = "    input x: [40]\n    linear(16) -> relu -> dropout(0.5) -> linear(10)"
KEYS = (
    "optimizer: sgd(lr=0.1, momentum=0.9)", "validation: 0.2", "evaluate_every: 10", "ema: 0.9",
    "schedule: warmup(5, unit=steps) -> step(every=8, unit=steps)",
)  # fmt: skip


def of(*keys: str, out: Path, resume: bool = False) -> None:
    train(*sketch(BODY, *KEYS, *keys), RunOptions(out, resume=resume, device="cpu"))


def test_it_ends_as_a_longer_run_would_have(tmp_path: Path) -> None:
    of("steps: 20", out=tmp_path / "run")
    of("steps: 40", out=tmp_path / "run", resume=True)
    of("steps: 40", out=tmp_path / "whole")
    longer, whole = contents(tmp_path / "run"), contents(tmp_path / "whole")
    for name in ("last.safetensors", "best.safetensors"):
        assert longer[name] == whole[name], name
    # The test part was looked at where the run ended first, too: that alone is told more.
    lines = [json.loads(line) for line in longer["metrics.jsonl"].splitlines()]
    more = [line for line in lines if line["step"] == 20 and "test_loss" in line]
    assert len(more) == 1
    lines.remove(more[0])
    assert lines == [json.loads(line) for line in whole["metrics.jsonl"].splitlines()]


def test_it_may_be_stopped_and_prolonged_again(tmp_path: Path) -> None:
    for count in (10, 20, 20, 30):
        of(f"steps: {count}", out=tmp_path / "run", resume=(tmp_path / "run").exists())
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["keys"]["length"] == "30 steps"
    assert record["prolonged"] == ["10 steps", "20 steps"]
    of("steps: 30", out=tmp_path / "whole")
    name = "last.safetensors"
    assert contents(tmp_path / "run")[name] == contents(tmp_path / "whole")[name]


@pytest.mark.parametrize("change", ["steps=10", "epochs=30"])
def test_it_gets_no_shorter_and_keeps_its_unit(tmp_path: Path, change: str) -> None:
    run(tmp_path / "run")
    recipe, program = load_recipe(
        "mnist1d", ["validation=0.2", "evaluate_every=15", "checkpoint_every=10", change]
    )
    with pytest.raises(NetlangError) as caught:
        train(recipe, program, RunOptions(tmp_path / "run", resume=True, device="cpu"))
    assert [each.code for each in caught.value.diagnostics] == ["E0734"]
    assert "`length` is 30 steps there" in caught.value.diagnostics[0].message
    assert "resume it with `steps=30` or more" in caught.value.diagnostics[0].help_text


def test_what_it_is_resumed_with_once_it_was_prolonged(tmp_path: Path) -> None:
    """The recipe that it was started with isn't that any more."""
    for count in (10, 20):
        of(f"steps: {count}", out=tmp_path / "run", resume=(tmp_path / "run").exists())
    with pytest.raises(NetlangError) as caught:
        of("steps: 10", out=tmp_path / "run", resume=True)
    (found,) = caught.value.diagnostics
    assert "started with" not in found.help_text
    assert "resume it with `steps=20` or more" in found.help_text
    of("steps: 20", out=tmp_path / "run", resume=True)


def test_a_schedule_that_ends_with_the_run_says_why_not(tmp_path: Path) -> None:
    run(tmp_path / "run", "schedule=cosine")
    before = contents(tmp_path / "run")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", "schedule=cosine", "steps=60", resume=True)
    (found,) = caught.value.diagnostics
    assert found.code == "E0745"
    assert "30 steps" in found.message
    assert "`cosine` lasts as long as the run" in found.caption_text
    assert contents(tmp_path / "run") == before
    assert run(tmp_path / "run", "schedule=cosine", resume=True).finished


@pytest.mark.parametrize(
    ("schedule", "name"),
    [
        ("constant", None),
        ("step(every=2)", None),
        ("multistep([2, 3])", None),
        ("exponential(0.9)", None),
        ("plateau", None),
        ("cosine(length=3)", None),
        ("cosine(restart=2)", None),
        ("warmup(2) -> poly(length=3) -> constant(0.1)", None),
        ("one_cycle(length=5)", None),
        ("cosine", "cosine"),
        ("linear", "linear"),
        ("poly", "poly"),
        ("one_cycle", "one_cycle"),
        ("warmup(2) -> cosine", "cosine"),
    ],
)
def test_which_schedules_end_with_the_run(schedule: str, name: str | None) -> None:
    """Their rates are compared for two lengths too, step by step."""
    recipe, _ = load_recipe("mnist1d", [f"schedule={schedule}", "epochs=12"])
    found = stretched(recipe.schedule)
    assert (None if found is None else found.name) == name
    paces = [
        [recipe.schedule.pace(Clock(step, 4, steps)) for step in range(40)] for steps in (48, 96)
    ]
    rates = [[(pace.scale, pace.momentum) for pace in each] for each in paces]
    assert (rates[0] == rates[1]) == (name is None)


def test_a_run_that_stops_early_says_why(tmp_path: Path) -> None:
    listener = Listener()
    recipe, program = load_recipe(
        "mnist1d", ["steps=400", "early_stopping=1", "validation=0.2", "evaluate_every=2"]
    )
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"), listener)
    assert result.finished
    assert result.steps < 400
    assert result.best is not None
    (told,) = [text for text in listener.said if text.startswith("early stopping")]
    assert f"after step {result.steps} of 400: 1 evaluation without" in told
    assert f"that of step {result.best.step}" in told
