"""What netlang loads to start: nothing heavy that isn't needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.quality import ROOT
from tests.test_architecture import HEAVY

CLI = """
from netlang.cli import main
try:
    main({arguments})
except SystemExit:
    pass
"""
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
