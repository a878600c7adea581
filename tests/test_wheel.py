"""A built wheel, installed away from the checkout, compiles a bundled net and an own file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.quality import ROOT

SHIPPED = ("netlang", "backends", "specs", "pyproject.toml", "README.md", "LICENSE")
OWN = """\
net tiny(classes=10) {
    input image: [1, 28, 28]
    flatten -> linear(32) -> relu -> fc: linear(classes)
}
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command printed; it must not see the checkout's environment."""
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_of_the_project(folder: Path) -> Path:
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment that holds the wheel.

    The packages that netlang needs are those of the environment that runs the tests.
    """
    sources = tmp_path_factory.mktemp("sources")
    copy_of_the_project(sources)
    wheels = tmp_path_factory.mktemp("wheels")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, sources)
    run(*pip, *build, cwd=wheels)
    (wheel,) = wheels.glob("*.whl")

    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=wheels)
    (site,) = home.glob("lib/python*/site-packages")
    # A plain path: the editable installation of the checkout is not followed from here.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
    return home / "bin"


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    show = "import netlang, netlang.backends.torch as t; print(netlang.__file__, t.__file__)"
    places = run(installed / "python", "-c", show, cwd=tmp_path).split()
    assert all(Path(place).is_relative_to(installed.parent) for place in places)


def test_bundled_net(installed: Path, tmp_path: Path) -> None:
    outputs = ("resnet18.py", "resnet18.onnx", "resnet18.svg")
    options = [word for name in outputs for word in ("-o", name)]
    run(installed / "netlang", "compile", "resnet18", *options, cwd=tmp_path)
    assert all((tmp_path / name).stat().st_size > 1000 for name in outputs)


def test_own_file(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.net").write_text(OWN)
    assert "tiny" in run(installed / "netlang", "check", "tiny.net", cwd=tmp_path)
    run(installed / "netlang", "compile", "tiny.net", "-o", "tiny.py", cwd=tmp_path)
    assert "nn.Linear(784, 32)" in (tmp_path / "tiny.py").read_text()
