"""The pages of `examples/course`: what they show is printed, and their experiments run."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path

import pytest
import torch

import netlang
from examples.course.convolution import by_fft, by_im2col
from examples.course.transposed import matrix_of
from tests.examples.support import agrees, printed_by, prose, sessions
from tests.quality import ROOT
from tests.train.pictures import without_pictures

FOLDER = ROOT / "examples" / "course"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
COMMANDS = [
    (page, line, printed) for page in PAGES for line, printed in sessions(FOLDER / f"{page}.md")
]


def test_every_page_has_its_net_its_script_and_its_picture() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.net")) == PAGES
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted([*PAGES, "common"])
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[.*?\]\((\w+)\.md\)", index, re.MULTILINE) == ORDER
    assert sorted(ORDER) == PAGES
    for page in PAGES:
        text = prose(FOLDER / f"{page}.md")
        assert f"]({page}.net)" in text
        assert f"]({page}.svg)" in text
        assert f"\npython -m examples.course.{page}\n" in text
        assert ET.parse(FOLDER / f"{page}.svg").getroot().tag.endswith("svg")


ORDER = [
    "perceptron", "activations", "initialization", "optimizers", "convolution", "batch_norm",
    "dropout", "transposed", "residual",
]  # fmt: skip


@pytest.mark.parametrize(("page", "line", "shown"), COMMANDS)
def test_command_prints_what_is_shown(page: str, line: str, shown: list[str]) -> None:
    assert agrees([each.rstrip() for each in shown], printed_by(line).splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_short_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its command does, but in this process, which has imported torch."""
    monkeypatch.setattr(sys, "argv", [page, "--short", "--out", str(tmp_path)])
    with without_pictures():
        import_module(f"examples.course.{page}").main()
    assert ET.parse(tmp_path / f"{page}.svg").getroot().tag.endswith("svg")


def test_a_convolution_is_the_same_in_three_ways() -> None:
    net = netlang.load(f"{FOLDER / 'convolution.net'}:small", kernel=7).torch(seed=0)
    weight, bias = net.get_parameter("conv1.weight"), net.get_parameter("conv1.bias")
    image = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    for found in (by_im2col(image, weight, bias), by_fft(image, weight, bias)):
        torch.testing.assert_close(found, net(image), rtol=1e-5, atol=1e-5)


def test_a_transposed_convolution_is_the_transpose() -> None:
    down, up = (
        netlang.load(f"{FOLDER / 'transposed.net'}:{name}").torch(seed=0) for name in ("down", "up")
    )
    up.load_state_dict(down.state_dict())
    assert torch.equal(matrix_of(up, 4), matrix_of(down, 8).T)
    assert matrix_of(up, 4).any()
