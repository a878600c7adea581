"""The page on `netlang look`: its commands draw what it says, in a shorter run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netlang.backends import pictures
from netlang.targets.looking import VIEWS
from tests.cli.support import Runner
from tests.torch.look.support import undrawn

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "look.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def without_figures(text: str) -> list[str]:
    """The lines of views without numbers, which depend on the length of the run."""
    lines = [re.sub(r"-?\d[\d,.:e+-]*", "#", line) for line in text.splitlines()]
    return [line for line in lines if not re.match(r" +(\d|relu|pool|step|component|conv|#)", line)]


def test_the_page(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "svg_and_png", undrawn)
    monkeypatch.chdir(run.folder)
    blocks = dict(FENCE.findall(PAGE))
    Path("digits.net").write_text(blocks["net"], encoding="utf-8")
    train, look = map(shlex.split, blocks["sh"].splitlines())
    assert run(*train[1:], "epochs=2").status == 0
    done = run(*look[1:])
    assert done.status == 0, done.err
    assert without_figures(done.out) == without_figures(blocks["text"])
    for name in re.findall(r"\(look_(\w+\.svg)\)", PAGE):
        assert (DOCS / f"look_{name}").is_file()
        assert Path("look/small", name).is_file()


def test_every_view_is_on_the_page() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == VIEWS
