"""Receptive fields against the literature."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.analysis.receptive import Fields, ReceptiveField
from netlang.elaborate import load_program

NETS = Path(__file__).parent / "nets"


def field(spec: str) -> ReceptiveField | None:
    return Fields().of(load_program(spec).net)


# Araujo, Norris, Sim 2019, table 1.
LITERATURE = {
    "alexnet_v2": 195,
    "vgg_16": 212,
    "mobilenet_v1": 315,
    "resnet_v1_50": 483,
    "resnet_v1_101": 1027,
    "resnet_v1_152": 1507,
}


@pytest.mark.parametrize("name", LITERATURE)
def test_literature(name: str) -> None:
    found = field(f"{NETS / 'literature.net'}:{name}")
    assert found is not None
    assert found.figure == LITERATURE[name]
    assert found.everything == name.startswith("resnet")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        # The recurrence by hand: the stride is in the first unit of a stage here.
        ("resnet18", (435, True)),
        ("resnet34", (899, True)),
        ("resnet50", (427, True)),
        ("se_resnet50", (427, True)),
        ("unet", (200, False)),
        ("cnn", (17, True)),
    ],
)
def test_bundled_nets(spec: str, expected: tuple[int, bool]) -> None:
    found = field(spec)
    assert found is not None
    assert (found.figure, found.everything) == expected


@pytest.mark.parametrize("spec", ["mlp", "xor", "rnn", "logistic"])
def test_no_spatial_axes(spec: str) -> None:
    assert field(spec) is None


@pytest.mark.parametrize("times", [2, 3, 5, 1000, 1_000_000])
def test_repeats(times: int) -> None:
    found = field(f"{NETS / 'shapes.net'}:repeated(times={times})")
    assert found == ReceptiveField((2 * (times + 1) + 1,) * 2, True)


@pytest.mark.parametrize("times", [2, 3, 100])
def test_repeats_in_repeats(times: int) -> None:
    found = field(f"{NETS / 'shapes.net'}:staged(times={times})")
    assert found == ReceptiveField((1 + times * (2 + 4 * 4),) * 2, False)


def test_a_jump_that_grows_without_end_is_answered() -> None:
    found = field(f"{NETS / 'shapes.net'}:shrinking")
    assert found is not None
    assert found.everything


def test_different_axes(tmp_path: Path) -> None:
    file = tmp_path / "x.net"
    file.write_text("net x {\n    input a: [1, 9, 9]\n    conv(1, 3x5)\n}\n", encoding="utf-8")
    found = field(f"{file}:x")
    assert found is not None
    assert (found.figure, str(found)) == ((3, 5), "3x5")
