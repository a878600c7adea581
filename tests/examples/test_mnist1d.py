"""The experiments of `examples/mnist1d`: each runs as its README says, and has its picture."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path

import pytest
import torch

from examples.mnist1d.common import load
from examples.mnist1d.lottery import LAYERS, NET, share_left, trained, without_smallest
from tests.quality import ROOT
from tests.train.pictures import without_pictures

FOLDER = ROOT / "examples" / "mnist1d"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
MODULES = re.findall(r"^python -m (examples\.mnist1d\.\w+)$", TEXT, re.MULTILINE)


def test_every_experiment_is_named() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py")} - {"common"}
    assert {module.rpartition(".")[2] for module in MODULES} == scripts


@pytest.mark.parametrize("module", MODULES)
def test_short_run(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its command does, but in this process, which has imported torch."""
    monkeypatch.setattr(sys, "argv", [module, "--short", "--out", str(tmp_path)])
    with without_pictures():
        import_module(module).main()
    picture = f"{module.rpartition('.')[2]}.svg"
    assert f"({picture})" in TEXT
    for path in (tmp_path / picture, FOLDER / picture):
        assert ET.parse(path).getroot().tag.endswith("svg")


def test_specs_are_right() -> None:
    command = [sys.executable, "-m", "netlang", "check", *map(str, FOLDER.glob("*.net"))]
    subprocess.run(command, check=True, capture_output=True)


def test_tickets_lose_the_smallest_and_train_the_others() -> None:
    train, _ = load()
    first = NET.torch(seed=0).state_dict()
    masks = {layer: torch.ones_like(first[f"{layer}.weight"]) for layer in LAYERS}
    for share in (0.8, 0.64):
        model = trained(first, masks, train, steps=3)
        found = dict(without_smallest(model))
        assert share_left(found) == pytest.approx(share, abs=1e-3)
        for layer, mask in masks.items():
            weight = model.get_parameter(f"{layer}.weight_orig").detach()
            untouched = weight == first[f"{layer}.weight"]
            assert untouched[mask == 0].all()
            assert untouched[mask == 1].float().mean() < 0.1  # by units that are off
            lost, kept = weight[(mask == 1) & (found[layer] == 0)], weight[found[layer] == 1]
            assert lost.abs().max() <= kept.abs().min()
        masks = found
