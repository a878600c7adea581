"""Receptive fields of the bundled nets by gradients: a sample, and all in the long run."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions
from tests.campaigns.receptive import examined
from tests.specs.fields import compared, sizes_for, with_places

SAMPLE = ("lenet5", "cnn", "squeezenet1_1", "shufflenet_v2_x0_5")
WINDOWS = Path(__file__).with_name("windows_in_steps.net")
# Linear maps go along an axis of places: of patches, or in `[T, width]`, where they stand second.
MAPPED_WHOLE = ("mixer_", "conformer")
NETS = sorted(name for kind, name, _ in bundled_definitions() if kind == "net")


def check(name: str, besides: bool = False) -> int:
    """How many elements' fields lie inside the input, where told and read must be equal.

    With `besides`, gradients reach more than windows, and what is told must be among it.
    """
    try:
        program = load_program(name)
    except NetlangError as error:
        if error.diagnostics[0].code == "E0302":
            pytest.skip("a family: its members have its arguments")
        raise
    if not all(port.type.dtype.is_float for port in program.net.inputs):
        pytest.skip("words are numbers of rows, which have no gradient")
    sizes = sizes_for(program)
    net = with_places(program, sizes)
    if net is None:
        return 0
    inside = 0
    for told, read, certain, is_inside in compared(net, sizes):
        assert certain is None or told is not None, name
        if told is not None and certain is not None and not besides:
            assert told[0] <= certain[0], f"{name}: told {told}, read {certain}"
            assert certain[1] <= told[1], f"{name}: told {told}, read {certain}"
        if is_inside:
            assert told is not None
            assert read is not None
            assert read[0] <= told[0], f"{name}: told {told}, read {read}"
            assert told[1] <= read[1], f"{name}: told {told}, read {read}"
            inside += 1
    return inside


@pytest.mark.parametrize("name", SAMPLE)
def test_sample(name: str) -> None:
    check(name)


def test_some_lie_inside() -> None:
    assert check("squeezenet1_1") > 0


# Grids step over what lies between their places, which the interval from the first to the last one
# holds: elements at the borders read less of it than is said. So do those whose windows a roll
# brought together and a mask divides, unless further windows bring what is on both sides.
@pytest.mark.parametrize("name", ["swin", "swin_v2", "windows", "grids", "maxvit"])
def test_windows_in_steps(name: str) -> None:
    """All that elements read, attention between the places of a window included."""
    faults, counts = examined(load_program(f"{WINDOWS}:{name}"), 1)
    assert not faults
    assert counts["elements"] > 100
    assert counts["elements exactly"] == counts["elements"] or name in ("grids", "swin_v2")


@pytest.mark.slow
@pytest.mark.parametrize("name", NETS)
def test_all(name: str) -> None:
    check(name, besides=name.startswith(MAPPED_WHOLE))
