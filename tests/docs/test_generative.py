"""The page on generating images: its commands run one after the other."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from netlang.cli import main
from tests.train.pictures import without_pictures

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "generative.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "examples" / "generative", tmp_path / "examples" / "generative")
    monkeypatch.chdir(tmp_path)
    for language, words, text in FENCE.findall(PAGE):
        if language == "net":
            Path(words.strip()).write_text(text, encoding="utf-8")
    lines = "".join(text for language, _, text in FENCE.findall(PAGE) if language == "sh")
    for line in lines.splitlines():
        program, *arguments = shlex.split(line)
        if program == "python":  # takes minutes: tests/examples has its short form
            continue
        with without_pictures(), pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0, capsys.readouterr().err
    assert len(list((tmp_path / "vae" / "samples").iterdir())) == 3
    for net in re.findall(r"\(\.\./(examples/\S+)\)", PAGE):
        assert (ROOT / net).is_file()


def test_its_pictures_are_there() -> None:
    for name in re.findall(r"\]\((generative_\w+\.png)\)", PAGE):
        assert (ROOT / "docs" / name).read_bytes().startswith(b"\x89PNG")
