"""The page on `netlang doctor`: its command finds what it says, and its list has every check."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from netlang.backends.torch.doctor.examine import CHECKS
from tests.cli.support import Runner

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def without_figures(text: str) -> list[str]:
    """Lines without numbers, whose last digits depend on the machine, and without their rows."""
    lines = [re.sub(r"-?\d[\d,.:e+-]*|nothing", "#", line) for line in text.splitlines()]
    return [
        re.sub(r" +", " ", line)
        for line in lines
        if not line.startswith(("    ", "  note", "   -->"))
    ]


def test_the_page(run: Runner) -> None:
    blocks = dict(FENCE.findall(PAGE))
    (run.folder / "small.net").write_text(blocks["net"], encoding="utf-8")
    program, *arguments = shlex.split(blocks["sh"])
    assert program == "netlang"
    done = run(*arguments)
    assert done.status == 1, done.err
    told, found = without_figures(blocks["text"]), without_figures(done.out)
    assert found[-len(told) :] == told
    for mistake in ("frozen layer", "learning rate too high"):
        assert f"wrong: {mistake}: " in done.out
    for name in re.findall(r"\((doctor_\w+\.svg)\)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / name).is_file()
        assert (run.folder / "doctor" / "small" / name.removeprefix("doctor_")).is_file()


def test_every_check_is_on_the_page() -> None:
    rows = re.findall(r"^\| ([\w ]+?) \| ", PAGE, re.MULTILINE)
    assert rows == ["check", "the recipe", *(check.name for check in CHECKS)]
