"""The page on `netlang search`: its command gives its table."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from netlang.recipes.tables import table
from netlang.recipes.words.spaces import CHOICE
from netlang.searching.names import METHODS
from tests.cli.support import Runner
from tests.searching.support import without_search_pictures
from tests.train.pictures import without_pictures

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
METHODS_TABLE = PAGE.partition("## Methods\n")[2].partition("\n## ")[0]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def without_scores(text: str) -> list[str]:
    """Lines without the last digits of scores, which depend on the machine, in any order."""
    return sorted(
        re.sub(r" +", " ", re.sub(r"(\d\.\d\d?)\d*\b", r"\1", each)) for each in text.splitlines()
    )


# The first of each language.
BLOCKS = dict(reversed(FENCE.findall(PAGE)))


def test_the_page(run: Runner) -> None:
    (run.folder / "small.net").write_text(BLOCKS["net"], encoding="utf-8")
    program, *arguments = shlex.split(BLOCKS["sh"])
    assert program == "netlang"
    with without_search_pictures():
        done = run(*arguments, "--quiet")
    assert done.status == 0, done.err
    assert without_scores(done.out) == without_scores(BLOCKS["text"])
    for name in re.findall(r"\((search_\w+\.svg)\)", PAGE):
        assert (ROOT / "docs" / name).is_file()
        assert (run.folder / "runs/small-search" / name.removeprefix("search_")).is_file()


def test_from_python(run: Runner) -> None:
    """The example, with a step for each trial, and with two of these."""
    text = BLOCKS["net"].replace("epochs:     4", "steps:      1")
    (run.folder / "small.net").write_text(text, encoding="utf-8")
    names: dict[str, Any] = {}
    with without_search_pictures(), without_pictures():
        exec(BLOCKS["python"].replace("trials=8", "trials=2"), names)
    assert names["run"].scores["validation loss"] == names["found"].best.scores["validation loss"]


def test_hosts_with_a_database(run: Runner) -> None:
    """The example, with a step for each of two trials."""
    section = PAGE.partition("## Hosts with a database\n")[2].partition("\n## ")[0]
    blocks = dict(FENCE.findall(section))
    text = BLOCKS["net"].replace("epochs:     4", "steps:      1")
    (run.folder / "small.net").write_text(text, encoding="utf-8")
    with without_search_pictures():
        for line in blocks["sh"].splitlines():
            said = run(*shlex.split(line.replace("--trials 8", "--trials 2"))[1:], "--quiet")
            assert said.status == 0, said.err
    one, two = ((run.folder / name / "trials.csv").read_bytes() for name in ("one", "two"))
    assert one == two
    shown = re.escape(blocks["text"].strip()).replace("lab7", ".+").replace("/home/me", ".+")
    assert re.fullmatch(re.sub(r"\d$", r"\\d", shown), said.out.splitlines()[-1])


def test_every_space_and_method_is_on_the_page() -> None:
    spaces = re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE)
    assert spaces == [*table("space"), CHOICE]
    rows = re.findall(r"^\| ((?:`[a-z][\w-]*`,? ?)+)\| ", METHODS_TABLE, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert tuple(named) == METHODS
