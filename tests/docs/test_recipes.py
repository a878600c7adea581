"""The page on recipes says what is so: its data are made, its recipes trained, as it stands there.

A section `###` may have blocks `python data`, which write data into the current folder, `net NAME`,
a file, and `sh`, commands. They run in this order, in a folder of their own.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from netlang.cli import main
from netlang.recipes.tables import table
from tests.analysis.oracles import torchvision_models
from tests.quality import ROOT
from tests.train.pictures import filled_pictures

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A section of the page with its blocks: language, words behind it, text."""

    title: str
    blocks: tuple[tuple[str, str, str], ...]

    def of(self, language: str) -> list[tuple[str, str]]:
        return [(words.strip(), text) for each, words, text in self.blocks if each == language]


def sections() -> list[Section]:
    parts = re.split(r"^###? (.*)$", PAGE, flags=re.MULTILINE)[1:]
    found = [
        Section(title, tuple(FENCE.findall(text)))
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    return [each for each in found if each.of("sh")]


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.title)
def test_section(
    section: Section,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    torchvision_models()
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for _, text in section.of("python"):
        exec(compile(text, section.title, "exec"), {})
    for name, text in section.of("net"):
        Path(name).write_text(text, encoding="utf-8")
    for _, text in section.of("sh"):
        for line in text.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "netlang"
            with filled_pictures(), pytest.raises(SystemExit) as ended:
                main(arguments)
            said = capsys.readouterr()
            assert ended.value.code == 0, said.err


def test_every_data_source_is_on_the_page() -> None:
    examples = "".join(text for each in sections() for _, text in each.of("net"))
    for name in table("data source"):
        assert f"`{name}" in PAGE
        assert re.search(rf"data: +{name}\b", examples) or name in ("mnist1d", "cifar100"), name


@pytest.mark.parametrize(
    "kind",
    ["optimizer", "schedule", "loss", "normalization", "initialization", "source of weights"],
)
def test_every_word_is_on_the_page(kind: str) -> None:
    words = {word for code in re.findall(r"`([^`\n]+)`", PAGE) for word in re.findall(r"\w+", code)}
    assert set(table(kind)) <= words, set(table(kind)) - words


def test_contents_lead_to_the_sections() -> None:
    titles = re.findall(r"^###? (.*)$", PAGE, flags=re.MULTILINE)
    links = re.findall(r"^ *- \[(.*)\]\(#(.*)\)$", PAGE, flags=re.MULTILINE)
    assert [title for title, _ in links] == titles
    for title, anchor in links:
        assert anchor == title.lower().replace(" ", "-")
