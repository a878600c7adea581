"""`netlang search`: trials are ordinary runs, and a search goes on from its results alone."""

from __future__ import annotations

import errno
import json
import re
import shlex
import signal
import sys
from collections.abc import Mapping
from io import FileIO
from typing import Any

import msgspec
import pytest

import netlang
from netlang.atomic import remove_folder
from netlang.ir.program import Program
from netlang.processes import lock
from netlang.recipes.recipe import Recipe
from netlang.searching.methods.method import SearchPlan
from netlang.searching.processes import Order
from netlang.searching.processes import main as process
from netlang.searching.search import asked_plan
from netlang.searching.shared.files import FolderSharing
from netlang.searching.shared.sharing import SearchPlace
from netlang.searching.trial import uniform_number
from netlang.targets import Trained, training_backend
from netlang.targets.options import RunOptions
from tests.cli.support import Result, Runner

SPEC = """\
net tiny(width=4, classes=10) {
    input image: [1, 8, 8]
    flatten -> linear(width) -> relu -> linear(classes)
}

train tiny(lr=log_uniform(1e-3, 1), width=choice(4, 8)) {
    model:      tiny(width)
    data:       digits
    validation: 0.2
    loss:       cross_entropy
    optimizer:  sgd(lr=lr)
    batch:      100
    steps:      4
    evaluate_every: 1
}
"""


@pytest.fixture
def written(run: Runner) -> Runner:
    (run.folder / "tiny.net").write_text(SPEC, encoding="utf-8")
    return run


def search(run: Runner, out: str, *words: str) -> Result:
    done = run("search", "tiny.net:tiny", "--out", out, "--device", "cpu", *words)
    assert done.status == 0, done.err
    return done


def table(run: Runner, out: str) -> bytes:
    return (run.folder / out / "trials.csv").read_bytes()


def facts_of(run: Runner, out: str) -> list[dict[str, Any]]:
    lines = (run.folder / out / "trials.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def command_of(said: str, start: str) -> list[str]:
    (line,) = (line for line in said.splitlines() if line.startswith(start))
    return shlex.split(line.partition(": ")[2])[1:]


def test_the_best_trial_is_a_run_and_a_recipe(written: Runner) -> None:
    done = search(written, "s", "--trials", "3")
    assert [line.partition(":")[0] for line in done.err.splitlines()] == [
        f"trial {n} of 3" for n in range(3)
    ]
    facts = facts_of(written, "s")
    best = facts[0]
    assert best["scores"]["validation loss"] <= min(
        each["scores"]["validation loss"] for each in facts
        if each["scores"]["validation accuracy"] == best["scores"]["validation accuracy"]
    )  # fmt: skip
    assert not any("test" in name for each in facts for name in each["scores"])
    command = command_of(done.out, "the best is ")
    again = written(*command, "--out", "again", "--quiet")
    score = best["scores"]["validation accuracy"]
    assert f"validation accuracy {score:.4g}" in again.out
    (place,) = (line.partition(": ")[2] for line in done.out.splitlines() if "as a recipe" in line)
    assert written("check", place).status == 0
    assert written("fmt", "--check", place.rpartition(":")[0]).status == 0
    (words,) = re.findall(r"the same command with (.*)", done.out)
    tested = written(*command, *words.split(), "--quiet")
    assert "test accuracy" in tested.out


def test_halving_continues_runs_and_goes_on_after_a_kill(written: Runner) -> None:
    """The last one left is the run that it would have been alone, to the last bit."""
    search(written, "half", "--method", "halving", "--trials", "4", "--quiet", "--eta", "2")
    search(written, "whole", "--trials", "4", "--quiet")
    folder = written.folder
    best = facts_of(written, "half")[0]
    assert best["stage"] == 2
    name = f"{best['folder']}/last.safetensors"
    assert (folder / "half" / name).read_bytes() == (folder / "whole" / name).read_bytes()
    # Some results are lost, with a run, as if the process had been killed before them.
    expected = table(written, "half")
    for lost in folder.glob("half/trials/?-[12].json"):
        lost.unlink()
    (folder / "half/trials/1-0.json").unlink()
    remove_folder(folder / "half/trial-1")
    words = ("--method", "halving", "--trials", "4", "--eta", "2", "--resume")
    said = search(written, "half", *words)
    assert table(written, "half") == expected
    assert "trial 1 of 4: " in said.err
    assert "trial 0 of 4: " not in said.err


def test_a_best_value_near_an_end_is_pointed_out(written: Runner) -> None:
    seed = next(n for n in range(1000) if uniform_number(n, 0, "lr") > 0.97)
    done = search(written, "s", "--trials", "1", "--seed", str(seed), "width=4", "--quiet")
    (line,) = (line for line in done.out.splitlines() if line.startswith("note: "))
    assert line.startswith("note: the best `lr`, 0.")
    assert "is near an end of `log_uniform(low=0.001, high=1.0)`" in line


def test_a_round_is_as_large_as_it_was(written: Runner) -> None:
    """With another number of jobs, a search goes on with the same trials."""
    search(written, "s", "--method", "tpe", "--trials", "1", "--round", "3", "--quiet")
    folder, plan = written.folder / "s", SearchPlan("tpe", 2)
    there, nowhere = FolderSharing(folder), FolderSharing(folder.with_name("other"))
    assert asked_plan(plan, there, None, 2).round == 3
    assert asked_plan(plan, there, 4, 2).round == 4
    assert asked_plan(plan, nowhere, None, 2).round == 2
    assert asked_plan(SearchPlan("random", 1), nowhere, None, 2).round == 1


def test_more_trials_follow_those_that_there_are(written: Runner) -> None:
    search(written, "s", "--trials", "1", "--quiet")
    said = search(written, "s", "--trials", "2", "--resume")
    assert said.err.splitlines()[0].startswith("trial 1 of 2: validation accuracy")
    search(written, "all", "--trials", "2", "--quiet")
    assert table(written, "s") == table(written, "all")


@pytest.mark.slow  # each process imports torch
def test_several_processes_make_the_same_trials(written: Runner) -> None:
    words = ("--method", "tpe", "--trials", "3", "--round", "2", "--quiet")
    search(written, "one", *words)
    search(written, "two", *words, "--jobs", "2")
    assert table(written, "one") == table(written, "two")


def test_a_process_carries_out_its_order(written: Runner) -> None:
    """With the plan that the folder holds; a file that is no search's is told by the parent."""
    search(written, "s", "--trials", "1", "--quiet")
    expected = table(written, "s")
    (written.folder / "s/trials/0-0.json").unlink()

    def carried_out(folder: str) -> int:
        order = Order("tiny.net:tiny", (), SearchPlace(folder), {}, "cpu", None)
        (written.folder / "order").write_bytes(msgspec.json.encode(order))
        with FileIO(str(written.folder / "order")) as told:
            return process(told)

    assert carried_out("s") == 0
    assert carried_out("nowhere") == 1
    search(written, "s", "--trials", "1", "--quiet", "--resume")
    assert table(written, "s") == expected


def test_a_trial_whose_loss_is_not_finite_has_failed(written: Runner) -> None:
    done = search(written, "s", "--trials", "3", "lr=choice(0.1, 1e30)")
    failed = [each for each in facts_of(written, "s") if each["failed"]]
    assert 1 <= len(failed) <= 2
    assert facts_of(written, "s")[-1] == failed[-1]
    assert all(each["failed"].startswith("E0736: ") for each in failed)
    assert done.err.count(": failed, E0736: ") == len(failed)
    assert written.refused(
        "search", "tiny.net:tiny", "--trials", "1", "--out", "all", "lr=choice(1e30, 1e31)",
        "--quiet",
    ).startswith("error[E0818]: all 1 trials failed; the first one: E0736")  # fmt: skip


def test_what_cannot_be_searched(written: Runner) -> None:
    search(written, "s", "--trials", "1", "--quiet")
    for words, code in (
        (("validation=none",), "E0817"),
        (("lr=0.1", "width=4"), "E0816"),
        (("--out", "s"), "E0733"),
        (("--out", "s", "--resume", "--seed", "3"), "E0734"),
        (("--out", "s", "--resume", "--method", "halving"), "E0734"),
        (("lr=log_uniform(0, 1)",), "E0305"),
    ):
        assert code in written.refused("search", "tiny.net:tiny", *words)
    result = written.folder / "s/trials/0-0.json"
    result.write_text(result.read_text().replace('"validation loss"', '"loss"'))
    assert "E0735" in written.refused(
        "search", "tiny.net:tiny", "--out", "s", "--resume", "--trials", "1"
    )


def test_results_of_other_trials_are_refused(written: Runner) -> None:
    """As another release of Optuna could choose other values."""
    search(written, "s", "--trials", "1", "--quiet")
    result = written.folder / "s/trials/0-0.json"
    words = ("search", "tiny.net:tiny", "--out", "s", "--resume", "--trials", "1")
    text = result.read_text(encoding="utf-8")
    result.write_text(text.replace('"width=', '"width=1'), encoding="utf-8")
    said = written.refused(*words)
    assert "E0734" in said
    assert "trial 0 tried lr=" in said
    result.write_text(text, encoding="utf-8")
    more = result.with_name("7-0.json")
    more.write_text(text.replace('"trial": 0', '"trial": 7'), encoding="utf-8")
    assert "trial 7 has a result, and is none of the trials now" in written.refused(*words)
    more.rename(result.with_name("1-0.json"))
    result.with_name("1-0.json").write_text(text, encoding="utf-8")
    assert "it is the result of trial 0, stage 0" in written.refused(*words)


def test_a_terminal_has_a_bar(written: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    done = search(written, "s", "--trials", "2", "lr=0.1")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", done.err)
    assert "trial 1 of 2: validation accuracy" in plain
    assert "2/2 best: trial " in plain


def test_each_trial_is_a_run_for_each_seed(written: Runner) -> None:
    search(written, "s", "--trials", "1", "lr=0.1", "seeds=2", "--quiet")
    (trial,) = facts_of(written, "s")
    assert {each.name for each in (written.folder / "s/trial-0").iterdir()} == {"seed-0", "seed-1"}
    whole = netlang.train("tiny.net:tiny", *trial["overrides"], out="again", quiet=True)
    score = trial["scores"]["validation loss"]
    assert score == whole.scores["validation loss"]
    assert len({each.scores["validation loss"] for each in whole.runs}) == 2


def test_from_python(written: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    found = netlang.search(
        written.folder / "tiny.net", trials=2, lr="choice(1e-3, 0.5)", width=4, out="s"
    )
    assert capsys.readouterr().err.count("trial ") == 2
    best = found.best
    assert best.overrides == (f"lr={best.values['lr']}", "width=4")
    assert [each.number for each in found.trials] == sorted(
        (each.number for each in found.trials), key=lambda n: n != best.number
    )
    again = netlang.train(found.recipe, out="again", quiet=True)
    for name, score in best.scores.items():
        assert again.scores[name] == score
    assert "2 trials, best validation accuracy" in repr(found)
    assert found._repr_svg_() is not None
    with pytest.raises(ValueError, match="'grid' isn't a method: random, coarse-to-fine"):
        netlang.search("tiny.net", method="grid")


def test_a_signal_stops_the_search(written: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[str] = []

    def train(recipe: Recipe, program: Program, options: RunOptions) -> Trained:
        trained.append(options.folder.name)
        scores: Mapping[str, float] = {"validation loss": 1.0}
        return Trained(options.folder, signal.SIGTERM if len(trained) == 2 else None, scores)

    monkeypatch.setattr(type(training_backend()), "train", staticmethod(train))
    done = written("search", "tiny.net:tiny", "--out", "s", "--trials", "3")
    assert (done.status, done.out) == (128 + signal.SIGTERM, "")
    assert done.err.endswith("stopped: the same command goes on with --resume\n")
    assert trained == ["trial-0", "trial-1"]
    assert written("search", "tiny.net:tiny", "--out", "s", "--trials", "3", "--resume").status == 0
    assert trained == ["trial-0", "trial-1", "trial-1", "trial-2"]


def test_a_file_system_without_locks_is_told(
    written: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(lock, "_lock", refused)
    done = search(written, "s", "--trials", "1")
    assert done.err.startswith("s/trials can't be locked here: see that nobody else works in it\n")


def test_samplers_need_optuna(written: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    said = written.refused("search", "tiny.net:tiny", "--method", "tpe")
    assert "netlang[search]" in said
    assert search(written, "s", "--trials", "1", "--quiet").status == 0
