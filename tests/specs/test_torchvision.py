"""Every classification model that torchvision publishes figures for, beside the bundled net.

`docs/parity.md` has the outcome row by row.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions, bundled_files
from tests.analysis.oracles import torchvision_models
from tests.specs import measure as measuring
from tests.specs.measure import Measured, keys_are_theirs, measure
from tests.specs.others import OTHERS, measure_other
from tests.specs.page import PAGE, parse, render
from tests.specs.parity import faults
from tests.specs.rows import (
    LONG,
    NAMES,
    ROWS,
    macs_of,
    params_of,
    published_figures,
)

VALUES = [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in NAMES]


def test_rows_are_torchvisions() -> None:
    models = torchvision_models()
    published = {}
    for name in models.list_models(module=models):
        first = next(iter(models.get_model_weights(name)))
        size = first.transforms.keywords["crop_size"]
        published[name] = (str(first.meta["num_params"]), str(first.meta["_ops"]), str(size))
    rows = {k: (row["parameters"], row["gmacs"], row["image_size"]) for k, row in ROWS.items()}
    assert rows == published


def test_no_row_is_skipped() -> None:
    nets = {name for kind, name, _ in bundled_definitions() if kind == "net"}
    assert set(ROWS) <= nets


@pytest.mark.parametrize("name", NAMES)
def test_state_is_theirs(name: str) -> None:
    assert keys_are_theirs(name)


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_the_published_ones(name: str) -> None:
    assert (params_of(name), f"{macs_of(name) / 1e9:.3f}") == published_figures(name)


@pytest.mark.parametrize("name", VALUES)
def test_values_agree(name: str) -> None:
    assert faults(measure(name, short=name not in LONG)) == []


def test_a_net_that_is_off_by_little_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = bundled_files()["resnet"].read_text(encoding="utf-8")
    assert "-> bn1: bn ->" in text
    path = tmp_path / "resnet.net"
    path.write_text(text.replace("-> bn1: bn ->", "-> bn1: bn(eps=1e-3) ->"), encoding="utf-8")
    changed = load_program(f"{path}:resnet18")
    monkeypatch.setattr(measuring, "program", {"resnet18": changed}.__getitem__)
    assert [fault.split()[0] for fault in faults(measure("resnet18", short=True))] == [
        "eval",
        "train",
        "ONNX",
    ]


def test_what_is_out_of_bounds() -> None:
    good = Measured(0.5, 0, 9e-6, 9e-5)
    assert faults(good) == []
    assert len(faults(replace(good, apart=0.009))) == 1
    assert len(faults(Measured(0, 2e-5, 2e-5, 2e-4))) == 4
    assert faults(replace(good, onnx=2e-4, rounding=1e-4)) == []
    assert len(faults(replace(good, onnx=2e-3, rounding=1e-3))) == 1


@pytest.mark.parametrize("name", ["lenet5", "vae", "convnext_v2_atto"])
def test_other_nets_are_measured(name: str) -> None:
    """Their values are compared elsewhere; here the command that writes the page."""
    measured = measure_other(name)
    assert faults(measured) == []
    assert (measured.training is None) is (name == "vae")


def test_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    stored = parse(page)
    assert page == render(stored), "run python -m tests.specs.parity"
    assert set(stored) == {*NAMES, *OTHERS}, "run python -m tests.specs.parity"
    assert {name: found for name, each in stored.items() if (found := faults(each))} == {}
