"""`netlang runs`: runs grouped by recipe, with mean, deviation and a test of what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netlang.backends.torch.compare.titles import _unlike
from tests.cli.support import Runner


def record(folder: Path, seed: int, rate: float, scores: list[float], test: float | None) -> None:
    """What `netlang train` leaves of a run, as far as it is compared."""
    folder.mkdir(parents=True)
    optimizer = f"sgd(lr={rate}, momentum=0.9, nesterov=true)"
    keys = {"optimizer": optimizer, "batch": "10", "seed": str(seed)}
    content = {"recipe": "tiny", "keys": keys, "fingerprint": "f"}
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    lines: list[dict[str, float]] = [
        {"step": 10 * (place + 1), "loss": 1 - score, "validation_accuracy": score}
        for place, score in enumerate(scores)
    ]
    if test is not None:
        lines.append({"step": 10 * len(scores), "test_accuracy": test})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text, encoding="utf-8")


def several(folder: Path) -> None:
    for seed, test in enumerate([0.80, 0.82, 0.84]):
        record(folder / f"a{seed}", seed, 0.1, [0.5, 0.9, 0.7], test)
    for seed, test in enumerate([0.70, 0.71, 0.72]):
        record(folder / f"b{seed}", seed, 0.2, [0.4, 0.6, 0.5], test)


def test_tables_and_what_differs(run: Runner) -> None:
    several(run.folder / "runs")
    done = run("runs", "runs")
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "recipe 1: tiny optimizer=sgd(lr=0.1)"
    assert lines[1].split() == [
        "run",
        "seed",
        "steps",
        "test",
        "accuracy",
        "best",
        "validation",
        "accuracy",
    ]
    assert lines[2].split() == ["runs/a0", "0", "30", "0.8", "0.9"]
    assert lines[5].split() == ["mean", "of", "3", "0.82", "0.9"]
    assert lines[6].split() == ["standard", "deviation", "0.02", "0"]
    # t = 0.11 / sqrt((0.02^2 + 0.01^2) / 3) = 8.52, with 2.94 degrees of freedom.
    assert lines[-1] == (
        "test accuracy: recipe 2 has -0.11 against recipe 1, more than chance"
        " (Welch's t test, p = 0.0037)"
    )


def test_json_and_pictures(run: Runner) -> None:
    several(run.folder / "runs")
    done = run("runs", "runs", "--json", "--out", "seen")
    document = json.loads(done.out)
    first, second = document["recipes"]
    assert [each["seed"] for each in first["runs"]] == [0, 1, 2]
    assert first["mean"]["test accuracy"] == pytest.approx(0.82)
    assert second["standard_deviation"]["test accuracy"] == pytest.approx(0.01)
    assert document["differences"][0]["probability"] == pytest.approx(0.00366, abs=1e-5)
    assert document["pictures"] == ["seen/runs.svg", "seen/runs.png"]
    assert {path.name for path in (run.folder / "seen").iterdir()} == {"runs.svg", "runs.png"}


def test_one_run_of_each(run: Runner) -> None:
    record(run.folder / "one", 0, 0.1, [0.5], 0.5)
    record(run.folder / "two", 0, 0.2, [0.6], None)
    done = run("runs", "one", "two", "one")
    assert done.out.count("recipe 1: ") == 1
    assert "mean of" not in done.out
    assert done.out.splitlines()[-1] == (
        "best validation accuracy: recipe 2 has +0.1 against recipe 1; with two seeds of each,"
        " their spread would say whether that is chance"
    )


def test_several_pairs_without_a_second_seed_are_one_line(run: Runner) -> None:
    for name, rate in {"one": 0.1, "two": 0.2, "three": 0.3}.items():
        record(run.folder / name, 0, rate, [0.5], 0.5)
    assert run("runs", "one", "two", "three").out.splitlines()[-1] == (
        "3 pairs of recipes aren't compared: with two seeds of each, their spread would say whether"
        " a difference is chance"
    )


def test_a_seed_that_was_run_twice_counts_once(run: Runner) -> None:
    for name, seed, rate, test in [
        ("a", 0, 0.1, 0.5), ("b", 0, 0.1, 0.5), ("c", 0, 0.2, 0.6), ("d", 0, 0.2, 0.6),
    ]:  # fmt: skip
        record(run.folder / "once" / name, seed, rate, [0.5], test)
    done = run("runs", "once")
    assert "mean of" not in done.out
    assert "with two seeds of each" in done.out
    assert "p = " not in done.out
    record(run.folder / "once" / "e", 1, 0.1, [0.5], 0.7)
    rows = [line.split() for line in run("runs", "once").out.splitlines()]
    assert ["mean", "of", "2", "seeds", "0.6", "0.5"] in rows  # 0.5 twice with seed 0, 0.7 once


def test_a_recipe_without_validation_is_in_the_legend(run: Runner) -> None:
    for name, rate in {"one": 0.1, "two": 0.2}.items():
        record(run.folder / name, 0, rate, [0.5], None)
    (run.folder / "two" / "metrics.jsonl").write_text('{"step": 10, "loss": 0.5}\n')
    assert run("runs", "one", "two", "--out", "seen").status == 0
    drawn = (run.folder / "seen" / "runs.svg").read_text(encoding="utf-8")
    assert [drawn.count(f">recipe {number}: ") for number in (1, 2)] == [1, 1]


def test_runs_that_are_all_alike(run: Runner) -> None:
    for seed in range(2):
        record(run.folder / "runs" / f"a{seed}", seed, 0.1, [0.5], 0.5)
        record(run.folder / "runs" / f"b{seed}", seed, 0.2, [0.5], 0.5)
    assert "no more than chance explains (Welch's t test, p = 1)" in run("runs", "runs").out


def test_a_run_that_is_cut_off_or_none(run: Runner) -> None:
    record(run.folder / "one", 0, 0.1, [0.5], 0.5)
    with (run.folder / "one" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 40, "test_acc')
    assert run("runs", "one").status == 0
    with (run.folder / "one" / "metrics.jsonl").open("a") as file:
        file.write('\n{"step": 60, "test_accuracy": 0.5}\n')
    assert "metrics.jsonl` can't be read: its line 3 is damaged" in run.refused("runs", "one")
    (run.folder / "one" / "run.json").write_text('{"keys": []}')
    assert "it isn't the record of a run" in run.refused("runs", "one")
    (run.folder / "empty").mkdir()
    refused = run.refused("runs", "empty")
    assert "it has no run" in refused
    assert "`netlang train --out` wrote into" in refused
    assert run("runs").status == 2


def test_a_run_without_records(run: Runner) -> None:
    record(run.folder / "one", 0, 0.1, [], None)
    done = run("runs", "one", "--out", "seen")
    assert done.status == 0, done.err
    assert not (run.folder / "seen").exists()


def test_a_title_names_what_differs() -> None:
    """Of calls of one function the arguments that aren't the same in all, of others everything."""
    assert _unlike("key", ["sgd(lr=0.1, momentum=0.9)", "sgd(lr=0.2, momentum=0.9)"]) == [
        "sgd(lr=0.1)", "sgd(lr=0.2)",
    ]  # fmt: skip
    for values in (
        ["sgd(lr=0.1)", "adam(lr=0.1)"],
        ["warmup(2, start=0) -> cosine(1, floor=2)", "warmup(2, start=0) -> cosine(3, floor=2)"],
        ["none", "sgd(lr=0.1)"],
        ["step(1)", "step(1, 2)"],
    ):
        assert _unlike("key", values) == values
    nested = ['f(a=[1, 2], b="x, (", c=g(1, 2))', 'f(a=[1, 2], b="x, (", c=g(1, 3))']
    assert _unlike("key", nested) == ["f(c=g(1, 2))", "f(c=g(1, 3))"]
