"""The programs of docs/deployment.md, which run a file that takes images and gives classes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.quality import ROOT
from tests.support import answered
from tests.train.predict.support import predicted

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def block(language: str, start: str = "") -> str:
    """The first block of the page in a language that begins with a text."""
    found = re.search(rf"^```{language}\n({re.escape(start)}.*?)^```$", PAGE, re.M | re.S)
    assert found
    return found[1]


@pytest.fixture
def folder(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """What the commands of the page make of a run."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(run / "pets.net", tmp_path)
    (tmp_path / "runs").mkdir()
    shutil.copytree(run / "run", tmp_path / "runs" / "pets")
    shutil.copy(tmp_path / "runs/pets/last.safetensors", tmp_path / "runs/pets/best.safetensors")
    _, command = block("sh", "netlang train").replace("\\\n", "").splitlines()
    done = answered(capsys, *shlex.split(command)[1:])
    assert done.status == 0, done.err
    return tmp_path


def as_printed(run: Path, image: Path) -> list[tuple[str, float]]:
    """The two most probable classes in percent."""
    (found,) = predicted(run, image)
    return [(name, 100 * share) for name, share in [*found.items()][:2]]


def require(text: str, run: Path, image: Path) -> None:
    told = [line.rsplit(" ", 1) for line in text.splitlines()]
    for (name, share), (wanted, percent) in zip(told, as_printed(run, image), strict=True):
        assert name == wanted
        assert float(share.removesuffix("%")) == pytest.approx(percent, abs=0.3)


def test_python(run: Path, folder: Path) -> None:
    image = next((run / "pets" / "train").rglob("*.png"))
    command = [sys.executable, "-c", block("python", "import json\nimport sys"), str(image)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    require(done.stdout, run, image)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="no Node is installed")
@pytest.mark.parametrize("package", ["onnxruntime-web", "onnxruntime-node"])
def test_javascript(run: Path, folder: Path, package: str) -> None:
    """Node's packages come from the registry of npm."""
    image = next((run / "pets" / "train").rglob("*.png"))
    names = block("sh", "python -c").replace("python", shlex.quote(sys.executable), 1)
    program = block("js").replace("onnxruntime-web", package)
    (folder / "program.mjs").write_text(program, encoding="utf-8")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package, "sharp"]
    for command in (["sh", "-c", names], install):
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
    command = ["node", "program.mjs", str(image)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    require(done.stdout, run, image)
    shutil.rmtree(folder / "node_modules")
