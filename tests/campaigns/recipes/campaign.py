"""Random recipes, carried out: ``python -m tests.campaigns.recipes --count 500 --seed 1``.

Each recipe is refused by `netlang check` with coded errors, or `netlang train` carries it out on
small data: to the end, or to an error with a code for what only the data or the numbers can tell.
Never does a command end as a bug of ours, or lets a warning of a package through. Every second
recipe that was trained is written as a script, which ruff finds clean, and whose losses and scores
are those of the run, exactly. The data sets are those of `sets`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import torch

from netlang.backends.torch.train import loop
from netlang.cli import main
from tests.campaigns.campaign import Campaign, Failure, Summary, Verdict
from tests.campaigns.recipes.sets import places
from tests.campaigns.recipes.texts import NAME, Written, written
from tests.train.eject.support import losses, printed, scores, trained_scores
from tests.train.pictures import without_pictures

__all__ = ["CAMPAIGN", "FILE", "judged", "summary", "trial"]

FILE = f"{NAME}.net"
REFUSED = 1
CODED = re.compile(r"error\[(E\d{4})\]: \S")
SCRIPTS = 2
"""One recipe in so many is compared with its script."""


def trial(number: int) -> Verdict:
    """One recipe, with its script where the number says so."""
    spec = written(number)
    wrong, counts = judged(spec, scripted=number % SCRIPTS == 0)
    found = (Failure(*wrong, {FILE: spec.text}),) if wrong else ()
    return Verdict(found, counts)


def judged(spec: Written, *, scripted: bool) -> tuple[tuple[str, str] | None, Mapping[str, int]]:
    """What is wrong with a recipe, in one line and in full; and what was done with it."""
    with TemporaryDirectory() as name, _inside(Path(name)):
        Path(FILE).write_text(spec.text, encoding="utf-8")
        status, said = _command("check", FILE)
        if wrong := _unexpected("check", status, said):
            return wrong, {}
        if status == REFUSED:
            return None, _told("refused by check", said)
        place = places().get(spec.data.name)
        data = () if place is None else ("--data", f"{spec.data.name}={place}")
        status, said = _command(
            "train", FILE, *data, "--out", "run", "--device", "cpu", "--workers", "0"
        )
        if wrong := _unexpected("train", status, said):
            return wrong, {}
        if status == REFUSED:
            return None, _told("ended by train", said)
        wrong = _as_script(place) if scripted else None
        return wrong, {"trained": 1, "as a script": int(scripted)}


def _told(what: str, said: str) -> Mapping[str, int]:
    return {f"{what}: {code}": 1 for code in set(CODED.findall(said))} | {what: 1}


def _unexpected(verb: str, status: int, said: str) -> tuple[str, str] | None:
    """What no command may end with."""
    if status not in (0, REFUSED):
        found = re.search(r"internal error: (.*)\n  at (.*)", said)
        what = f"{found[1]} at {found[2]}" if found else said[-200:]
        return f"{verb} ended with {status}: {what}", said
    if status == REFUSED and not CODED.search(said):
        return f"{verb} refuses without a code: {said[:200]}", said
    if found := re.search(r"^.*Warning: .*$", said, re.M):
        return f"{verb} lets through: {found[0]}", said
    return None


def _command(*arguments: str) -> tuple[int, str]:
    """Exit status and output of a command, in this process."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(out):
        try:
            main(arguments)
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Inside, commands work in the folder, each step has a record, and no picture is drawn."""
    places()
    torch.set_num_threads(1)
    before = Path.cwd()
    os.chdir(folder)
    try:
        with patch.object(loop, "_RECORD_EVERY", 1), without_pictures(), warnings.catch_warnings():
            warnings.simplefilter("always")
            yield
    finally:
        os.chdir(before)


def _as_script(place: Path | None) -> tuple[str, str] | None:
    """Whether the script of a recipe that was trained trains otherwise."""
    status, said = _command("compile", FILE, "--script", "-o", "train.py")
    if wrong := _unexpected("compile", status, said):
        return wrong
    if status == REFUSED:
        return f"no script of what was trained: {CODED.findall(said)}", said
    text = Path("train.py").read_text(encoding="utf-8")
    Path("scripts").mkdir()
    Path("scripts/train.py").write_text(text, encoding="utf-8")
    if found := _complaints(Path("scripts")):
        return f"ruff complains of the script: {found.splitlines()[0]}", f"{found}\n{text}"
    options = ["--data", str(place)] if place else []
    if "--workers" in text:
        options += ["--workers", "0"]
    shown = printed(text, Path("script"), *options)
    expected = dict(_recorded(Path("run/metrics.jsonl")))
    if losses(shown) != expected:
        return "the script has other losses", f"{losses(shown)}\n{expected}\n{shown}\n{text}"
    if scores(shown) != trained_scores(Path("run")):
        return "the script has other scores", f"{trained_scores(Path('run'))}\n{shown}\n{text}"
    return None


def _complaints(folder: Path) -> str:
    """Mistakes that ruff sees; how lines are laid out is for the tests of scripts."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "-q", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _recorded(path: Path) -> Iterator[tuple[int, float]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if "loss" in record:
            yield record["step"], record["loss"]


def summary(counts: Mapping[str, int]) -> Summary:
    """How many recipes were trained, and which errors ended the others."""
    shown = Counter(counts)
    lines = [f"{shown[what]} {what}" for what in ("trained", "as a script")]
    for what in ("refused by check", "ended by train"):
        codes = sorted((n, code) for code, n in shown.items() if code.startswith(f"{what}: "))
        told = ", ".join(f"{code.rpartition(' ')[2]} {n}" for n, code in reversed(codes))
        lines.append(f"{shown[what]} {what} ({told})")
    return Summary(tuple(lines), dict(counts))


CAMPAIGN = Campaign(
    "recipes", "Random recipes are refused or trained.", trial, summary=summary, count=500
)
