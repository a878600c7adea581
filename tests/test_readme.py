"""README says what is so: its spec, its tables and its code are what the product has and prints.

Its two commands are run, as printed, by `.ci/run`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import netlang
from netlang.cli.verbs import VERBS
from tests.quality import ROOT
from tests.support import answered
from tests.train.data.support import draw

README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = """
net small {
    input image: [3, H=224, W=224]
    conv(4, 3x3) -> relu -> global_avgpool -> flatten -> linear(4)
}
"""
BLOCKS: dict[str, list[str]] = {}
for language, body in re.findall(r"```([\w.]+)\n(.*?)```", README, re.DOTALL):
    BLOCKS.setdefault(language, []).append(body)


def assert_excerpt(excerpt: str, whole: str) -> None:
    """`excerpt` is `whole` with lines left out at each `...`."""
    start = 0
    for part in re.split(r"^\s*\.\.\.\n", excerpt, flags=re.MULTILINE):
        found = whole.find(part, start)
        assert found >= 0, f"not in the output:\n{part}"
        start = found + len(part)


def test_spec() -> None:
    (excerpt,) = BLOCKS["net"]
    assert_excerpt(excerpt, (ROOT / "specs" / "resnet.net").read_text(encoding="utf-8"))


def test_summary() -> None:
    (excerpt,) = BLOCKS["text"]
    command = [sys.executable, "-m", "netlang", "summary", "resnet50", "--depth", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert_excerpt(excerpt, done.stdout)


def test_diff() -> None:
    (excerpt,) = BLOCKS["txt"]
    (told,) = re.findall(r"`(netlang diff [\w ]+)` says", README)
    command = [sys.executable, "-m", *told.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert_excerpt(excerpt, done.stdout)


def test_source() -> None:
    _, excerpt = BLOCKS["python"]
    assert_excerpt(excerpt, netlang.load("resnet50").source())


def test_running_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a small net, whose input is that of the README's."""
    code, _ = BLOCKS["python"]
    given = netlang.load("resnet50").program.net.inputs
    small = netlang.loads(SMALL)
    assert [(each.name, str(each.type)) for each in small.program.net.inputs] == [
        (each.name, str(each.type)) for each in given
    ]
    monkeypatch.chdir(tmp_path)
    small.onnx(tmp_path / "resnet50.onnx")
    found: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), found)
    assert found["logits"].shape == (1, 4)


def test_training_on_a_folder_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second example, as it stands but for its length."""
    (spec,), (console,) = BLOCKS["pets.net"], BLOCKS["console"]
    (tmp_path / "pets.net").write_text(spec, encoding="utf-8")
    for number, name in enumerate(("cat", "dog")):
        folder = tmp_path / "photos" / "train" / name
        folder.mkdir(parents=True)
        for copy in range(5):
            draw(10 * number + copy, size=(280, 250)).save(folder / f"{copy}.jpg")
    draw(3, size=(280, 250)).save(tmp_path / "new.jpg")
    commands = [line[2:] for line in console.splitlines() if line.startswith("$ ")]
    monkeypatch.chdir(tmp_path)
    said: dict[str, str] = {}
    shorter = {"train": ["steps=2", "batch=4", "schedule=cosine"]}
    for command in commands:
        verb, *rest = command.split()[1:]
        found = answered(capsys, verb, *rest, *shorter.get(verb, []))
        assert found.status == 0, found.err
        said[verb] = found.out
    (line,) = said["predict"].splitlines()
    assert re.fullmatch(r"new\.jpg: (cat|dog) \d+\.\d %, (cat|dog) \d+\.\d %", line)
    script = [sys.executable, "train.py", "--help"]
    subprocess.run(script, cwd=tmp_path, capture_output=True, check=True)


def test_two_commands() -> None:
    install, develop = BLOCKS["sh"]
    assert install.count("\n") == develop.count("\n") == 1
    assert "netlang compile resnet50 -o resnet50.py -o resnet50.onnx -o resnet50.svg" in install
    assert develop.rstrip().endswith("pytest")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_named(verb: str) -> None:
    assert f"`netlang {verb} " in README


def test_every_link_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *ROOT.glob("[!.]*/README.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_constraints_pin_what_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if "==" in line}
    extras = project["optional-dependencies"]
    named = [
        *project["dependencies"],
        *(each for key in extras if key != "gpu" for each in extras[key]),
    ]
    for requirement in named:
        name = re.split(r"[<>=\[]", requirement)[0].lower()
        assert name in pinned | {"netlang"}, name
    assert "torch==2.13.0" in lines
