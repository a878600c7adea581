"""The sections on comparing runs and on several seeds: their commands do what they say."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from tests.cli.support import Runner
from tests.train.pictures import filled_pictures

PAGE = (Path(__file__).parents[2] / "docs" / "runs.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Comparing runs\n")[2].partition("\n## ")[0]
ROW = re.compile(r"^    (runs/\w+) +(\d) +(\d+) +([\d.]+) +([\d.]+)$")


def test_comparing_runs(run: Runner) -> None:
    """The runs of the page are made as their rows have them."""
    (command,) = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    (text,) = re.findall(r"^```text\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    optimizer = ""
    for line in text.splitlines():
        optimizer = line.partition("optimizer=")[2] or optimizer
        if row := ROW.match(line):
            folder = run.folder / row[1]
            folder.mkdir(parents=True)
            keys = {"optimizer": optimizer, "seed": row[2]}
            content = {"recipe": "mnist1d", "keys": keys, "fingerprint": ""}
            (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
            last = {"step": int(row[3]), "loss": 1.0}
            test = {"test_accuracy": float(row[4]), "test_loss": float(row[5])}
            lines = (json.dumps(last), json.dumps({"step": int(row[3]), **test}))
            (folder / "metrics.jsonl").write_text("\n".join(lines), encoding="utf-8")
    program, *arguments = shlex.split(command)
    assert program == "netlang"
    assert run(*arguments).out == text


def test_several_seeds(run: Runner) -> None:
    """The command of the page, with ten steps instead of thousands."""
    section = PAGE.partition("## Several seeds\n")[2].partition("\n## ")[0]
    (command,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    arguments = shlex.split(command)[1:]
    with filled_pictures():
        assert run(*arguments, "steps=10", "--quiet").status == 0
    told = re.findall(r"`(runs/\S+)`", section)
    assert told == ["runs/mlp/seed-42", "runs/mlp/seed-46", "runs/mlp/runs.svg"]
    assert all((run.folder / each).exists() for each in told)
