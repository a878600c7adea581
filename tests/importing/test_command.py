"""`netlang import`: what it reads, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors import safe_open

from tests.analysis.oracles import torchvision_models
from tests.cli.support import Runner

TINY = """\
from torch import nn

def net(width=4, kernel=3, title=""):
    return nn.Sequential(nn.Conv2d(3, width, kernel), nn.ReLU())

def broken():
    raise ValueError("no such thing")

text = "text"
"""


@pytest.fixture
def folder(run: Runner) -> Path:
    (run.folder / "of_a_stranger.py").write_text(TINY)
    return run.folder


def test_a_factory_with_its_weights(run: Runner, folder: Path) -> None:
    source = "of_a_stranger:net(8, kernel=1)"
    done = run(
        "import", source, "--input", "[3, 16, 16]", "-o", "a.net", "--weights-out", "a.safetensors"
    )
    assert done.status == 0, done.err
    assert done.err == f"running the code of {source}\n"
    assert "2 keys are those of the source" in done.out
    text = (folder / "a.net").read_text(encoding="utf-8")
    assert "input input: [3, H=16, W=16]" in text
    assert "conv(8, 1x1) -> relu" in text
    assert run("fmt", "--check", "a.net").status == 0
    with safe_open(folder / "a.safetensors", "pt") as file:
        assert set(file.keys()) == {"0.weight", "0.bias"}


def test_models_of_torchvision(run: Runner) -> None:
    """Small ones: all of them are in the long run, `tests.importing.survey`."""
    torchvision_models()
    for name in ("resnet18", "squeezenet1_1"):
        done = run("import", f"torchvision:{name}(num_classes=3)", "-o", f"{name}.net")
        assert done.status == 0, done.err
        assert "[1, 3, 192, 160]" in done.out
        assert run("check", f"{name}.net").status == 0


def test_quotes_in_a_source(run: Runner, folder: Path) -> None:
    source = """of_a_stranger:net(title='\"\"\"\\\\')"""
    done = run("import", source, "--input", "[3, 16, 16]", "-o", "a.net")
    assert done.status == 0, done.err
    assert run("check", "a.net").status == 0


@pytest.mark.parametrize(
    ("source", "reason", "is_run"),
    [
        ("of_a_stranger:absent", "has no attribute 'absent'", True),
        ("of_a_stranger:text", "it raised TypeError", True),
        ("of_a_stranger:broken", "it raised ValueError: no such thing", True),
        ("of_a_stranger:net(open('a'))", "an argument isn't a literal", False),
        ("of_a_stranger:net()[0]", "it isn't a name or a call", False),
        ("of_a_stranger:net(**{})", "`**` stands for arguments", False),
        ("no_such_package:net", "No module named 'no_such_package'", True),
        ("weights.pth", "a file is `FILE.onnx`", False),
    ],
)
def test_sources_that_are_none(
    run: Runner, folder: Path, source: str, reason: str, is_run: bool
) -> None:
    done = run("import", source, "--input", "[3, 16, 16]", "-o", "a.net")
    assert done.status == 1
    assert "E0980" in done.err
    assert reason in done.err
    assert ("running the code of" in done.err) == is_run
    assert not (folder / "a.net").exists()


def test_inputs_that_are_none(run: Runner, folder: Path) -> None:
    assert "nothing says what it is given" in run("import", "of_a_stranger:net", "-o", "a.net").err
    wrong = run("import", "of_a_stranger:net", "--input", "[H, W]", "-o", "a.net")
    assert "`[H, W]` isn't a type of an input" in wrong.err
    assert run("import", "of_a_stranger:net", "-o", "a.txt").status == 2
    small = run("import", "of_a_stranger:net", "--input", "[3, 1, 1]", "-o", "a.net")
    assert "E0981" in small.err
    assert not (folder / "a.net").exists()
