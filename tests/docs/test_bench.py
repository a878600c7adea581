"""The page on timing: its commands run, and print what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.cli.support import Runner

PAGE = Path(__file__).parents[2] / "docs" / "bench.md"


def test_the_page(run: Runner) -> None:
    """But for the numbers: those of the page are of another machine."""
    text = PAGE.read_text(encoding="utf-8")
    (command,) = re.findall(r"^```sh\nnetlang (.*)\n```$", text, re.MULTILINE)
    first, second, _ = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert run("compile", "mobilenet_v2", "-o", "mobilenet_v2.onnx").status == 0
    done = run(*shlex.split(command), "--seconds", "0")
    assert done.status == 0, done.err
    found = [line.split() for line in done.out.splitlines()]
    assert first.splitlines()[1].split() in found
    assert {row[0] for row in found if row} >= {"mobilenet_v2", "mobilenet_v2.onnx"}
    heads, *rows = [line.split() for line in second.splitlines()]
    assert heads in found
    work = {row[0]: row[-3:-1] for row in found if row and row[0].startswith("features")}
    told = {row[0]: row[-3:-1] for row in rows}
    shown = work.keys() & told.keys()  # the steps that take longest may be others here
    assert {name: work[name] for name in shown} == {name: told[name] for name in shown}
    assert any(" ".join(row).startswith("the machine: ") for row in found)
