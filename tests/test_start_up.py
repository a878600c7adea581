"""What netlang loads to start: nothing heavy that isn't needed."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

from netlang import advice, diagnostics, elaborate
from netlang.diagnostics import language, recipes
from tests.quality import ROOT
from tests.test_architecture import HEAVY

CLI = """
from netlang.cli import main
try:
    main({arguments})
except SystemExit:
    pass
"""
LATE = [advice, diagnostics, elaborate, language, recipes]
LIGHT = {
    "import": "import netlang",
    "facts": "import netlang; net = netlang.load('resnet18'); net.params, net.summary()",
    "check of a recipe and its net": CLI.format(arguments=["check", "resnet:imagenet"]),
    "train --help": CLI.format(arguments=["train", "--help"]),
    "list": CLI.format(arguments=["list"]),
}


@pytest.mark.parametrize("what", LIGHT)
def test_what_starts_without_heavy_packages(what: str) -> None:
    heavy = sorted(HEAVY - {"click"})
    code = f"{LIGHT[what]}\nimport sys\nprint([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("package", LATE, ids=lambda package: package.__name__)
def test_names_that_are_loaded_late_are_those_of_their_modules(package: ModuleType) -> None:
    modules = {each.name for each in pkgutil.iter_modules(package.__path__)}
    assert len(set(package.__all__)) == len(package.__all__), "two modules have a name"
    assert modules.isdisjoint(package.__all__), "a module would hide a name"
    assert all(hasattr(package, name) for name in package.__all__)
    assert not hasattr(package, "something_else")
