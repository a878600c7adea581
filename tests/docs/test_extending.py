"""`docs/extending.md`: a copy of the project in which everything was done that the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.quality import ROOT

PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(
    r"^(?P<fence>````?)\w+\n# (?P<what>[^\n]+)\n(?P<text>.*?)^(?P=fence)$", re.M | re.S
)
COPIED = ("netlang", "backends", "specs", "tests", "docs")

VALUES = """
import numpy, onnxruntime, torch, netlang
net = netlang.load("denoise.net", threshold=0.75)
assert "nn.Softshrink" in net.source() or "F.softshrink" in net.source(), net.source()
module = net.torch(seed=0).eval()
x = torch.randn(2, 3, 8, 8)
w1, b1, w2, b2 = module.parameters()
y = torch.nn.functional.conv2d(x, w1, b1, padding=1)
y = torch.where(y.abs() > 0.75, y - 0.75 * y.sign(), torch.zeros(()))
expected = torch.nn.functional.conv2d(y, w2, b2, padding=1)
assert torch.allclose(module(x), expected, atol=1e-6)
net.onnx("a.onnx", seed=0)
(found,) = onnxruntime.InferenceSession("a.onnx").run(None, {"image": x.numpy()})
assert numpy.allclose(found, expected.detach(), atol=1e-5)
"""

RECIPE = """
import torch
from netlang.backends.torch.recipes.optimizers import lower_optimizer
from netlang.recipes.tables import table
word = table("optimizer")["rprop"](lr=0.02)
made = lower_optimizer(word, "cpu")([torch.nn.Parameter(torch.zeros(2))])
assert isinstance(made, torch.optim.Rprop) and made.defaults["lr"] == 0.02
"""


def follow(project: Path, what: str, text: str) -> None:
    """Do what a block says: write a file, or insert lines beside one that it has once."""
    if what.startswith("new: "):
        path = project / what.removeprefix("new: ")
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists(), what
        path.write_text(text, encoding="utf-8")
        return
    name, _, where = what.partition(", ")
    path = project / name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if where == "at the end":
        lines += ["\n\n", text]
    else:
        side, _, anchor = where.partition(": ")
        assert side in ("after", "before"), what
        (place,) = [n for n, line in enumerate(lines) if line.strip() == anchor]
        lines.insert(place + (side == "after"), text)
    path.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy, changed as the page says."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("backends", "specs"):
        (folder / "netlang" / name).symlink_to(folder / name)
    blocks = list(BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(blocks) >= 20
    for block in blocks:
        follow(folder, block["what"], block["text"])
    return folder


@pytest.mark.parametrize(("title", "most"), [("An operator", 5), ("A word of recipes", 4)])
def test_few_files_change(title: str, most: int) -> None:
    """An operator is a class, a line, a lowering for each backend, and the module it stands for."""
    page = PAGE.read_text(encoding="utf-8")
    section = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    named = {
        block["what"].removeprefix("new: ").split(", ")[0] for block in BLOCK.finditer(section)
    }
    files = {name for name in named if name.endswith(".py")}
    assert 1 < len(files) <= most, files


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python process in the copy, which it imports."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(project: Path, files: list[str], selected: str) -> str:
    """The last line of what pytest says of some tests in the copy."""
    done = run(
        project, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-o", "addopts=",
        "--import-mode=importlib", *files, "-k", selected,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def test_the_operator_works_in_every_backend(project: Path) -> None:
    """And the word of recipes is an optimizer, in the same process."""
    done = run(project, "-c", VALUES + RECIPE)
    assert done.returncode == 0, done.stderr
    done = run(project, "-m", "netlang", "summary", "denoise.net")
    assert "soft_shrink(threshold=0.25)" in done.stdout, done.stdout + done.stderr


def test_the_reference_lists_it(project: Path) -> None:
    done = run(project, "-m", "netlang.ops.reference", "docs/operators.md")
    assert done.returncode == 0, done.stderr
    assert "soft_shrink" in (project / "docs" / "operators.md").read_text(encoding="utf-8")


def test_its_cases_pass(project: Path) -> None:
    """In both backends; the campaigns draw it, and know what it computes; its error is there."""
    files = ["tests/torch/test_operators.py", "tests/onnx/test_operators.py"]
    files += ["tests/campaigns/test_generator.py", "tests/campaigns/test_campaigns.py"]
    files += ["tests/test_errors.py", "tests/diagnostics/test_rules.py"]
    chosen = "soft_shrink or every_operator or shrinks_nothing or E0448 or every_code"
    line = last_line(project, files, chosen)
    found = re.search(r"(\d+) passed", line)
    assert found
    assert int(found[1]) > 12, line


def test_the_error_is_shown(project: Path) -> None:
    done = run(project, "-m", "netlang", "check", "tests/errors/shapes/shrinks_nothing.net")
    assert done.returncode == 1
    assert "error[E0448]" in done.stderr


def test_the_backend_is_found(project: Path) -> None:
    done = run(project, "-m", "netlang", "compile", "lenet5", "-o", "lenet5.csv")
    assert done.returncode == 0, done.stderr
    rows = (project / "lenet5.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "layer,operator,params"
    assert sum(int(row.rsplit(",", 1)[1]) for row in rows[1:]) > 0
