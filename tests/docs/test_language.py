"""The manual says what is so: every example of `docs/language.md` is compiled.

A block ```` ```net ```` is a file without errors. Words behind `net` say otherwise:

- `body`: statements of a net with `input image: [3, H=64, W=64]`;
- `error E0412 ...`, `warning W0201 ...`: exactly these, in this order;
- `file units.net`: it can be imported by the others under this name.

In a block, lines `#= path operator shape` are the layers of its last net as deployed, all of them,
and lines `#> condition` what its sizes must meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from netlang.analysis.constraints import solve
from netlang.analysis.facts import FACTS
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.render.text import render_text
from netlang.evaluate.builtins import FUNCTIONS
from netlang.examine import Examined, examine_module
from netlang.ir.types import DType
from netlang.modules.library import Library
from netlang.recipes.keys import KEYS
from netlang.recipes.tables import table
from netlang.source import Source
from netlang.syntax.format import format_source
from netlang.syntax.lalr import load_tables
from tests.elaborate.test_programs import layers
from tests.quality import ROOT

PAGE = ROOT / "docs" / "language.md"
FENCE = re.compile(r"^```net([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```$", "", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
BODY = "net example {{\n    input image: [3, H=64, W=64]\n{}}}\n"


@dataclass(frozen=True)
class Example:
    """One block of the manual: where it stands, the words behind `net`, and its text."""

    line: int
    words: tuple[str, ...]
    written: str

    @property
    def text(self) -> str:
        """The whole file."""
        if "body" not in self.words:
            return self.written
        indented = (f"    {line}".rstrip() for line in self.written.splitlines())
        return BODY.format("".join(f"{line}\n" for line in indented))

    @property
    def codes(self) -> list[str]:
        return [word for word in self.words if word.startswith(("E0", "W0"))]

    def marked(self, mark: str) -> list[str]:
        """What the lines say that begin with a mark."""
        lines = self.written.splitlines()
        return [line.removeprefix(mark) for line in lines if line.startswith(mark)]


def examples(text: str) -> list[Example]:
    return [
        Example(text.count("\n", 0, match.start()) + 1, tuple(match[1].split()), match[2])
        for match in FENCE.finditer(text)
    ]


EXAMPLES = [
    pytest.param(each, id=f"line{each.line}") for each in examples(PAGE.read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files lie that examples import."""
    root = tmp_path_factory.mktemp("manual")
    for example in examples(PAGE.read_text(encoding="utf-8")):
        if example.words[:1] == ("file",):
            path = root / example.words[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(example.text, encoding="utf-8")
    return root


def examined(example: Example, folder: Path) -> Examined:
    try:
        return examine_module(Library().module(Source("manual.net", example.text), folder))
    except NetlangError as error:
        return Examined((), error.diagnostics)


def shown(diagnostics: tuple[Diagnostic, ...]) -> str:
    return "\n\n".join(render_text(each) for each in diagnostics)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: Example, folder: Path) -> None:
    found = examined(example, folder)
    told = (*found.diagnostics, *found.warnings)
    assert [each.code for each in told] == example.codes, shown(told)
    listed, conditions = example.marked("#= "), example.marked("#> ")
    if listed:
        assert layers(found.programs[-1].net) == listed
    if conditions:
        assert list(solve(found.programs[-1]).texts) == conditions


@pytest.mark.parametrize("example", EXAMPLES)
def test_layout_is_that_of_fmt(example: Example) -> None:
    if not example.codes:
        assert format_source(example.text, "manual.net") == example.text


def test_contents_lead_to_the_sections() -> None:
    """Every link of the page leads to a heading of it, or to a file beside it."""
    headings = re.findall(r"^#+ (.*)$", PROSE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
    for target in re.findall(r"\]\(([^)]+)\)", PROSE):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (PAGE.parent / target).is_file(), target


NAMED = {
    "function": FUNCTIONS,
    "fact": FACTS,
    "key of a recipe": KEYS,
    "element type": [dtype.value for dtype in DType],
    "keyword": [word for word in load_tables().words.keywords if word.isalpha()],
    "optimizer": table("optimizer"),
    "schedule": table("schedule"),
    "data source": table("data source"),
}


@pytest.mark.parametrize("kind", NAMED)
def test_every_name_is_on_the_page(kind: str) -> None:
    codes = re.findall(r"`([^`]+)`", PROSE)
    words = {word for code in codes for word in re.findall(r"\w+", code)}
    assert set(NAMED[kind]) <= words, set(NAMED[kind]) - words
