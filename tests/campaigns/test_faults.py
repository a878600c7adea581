"""Planted faults: the table is up to date, and random networks give a fault away.

All of them are tried by ``python -m tests.campaigns.faults``.
"""

from __future__ import annotations

import ast

import pytest

from tests.campaigns.faults.campaign import probed
from tests.campaigns.faults.planting import FAULTS, Fault

BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_another_program(fault: Fault) -> None:
    from tests.quality import ROOT

    was = ast.dump(ast.parse((ROOT / fault.file).read_text(encoding="utf-8")))
    assert ast.dump(ast.parse(fault.planted())) != was


def test_there_are_faults_of_every_kind() -> None:
    places = [fault.file.split("/")[:2] for fault in FAULTS]
    for place in (["netlang", "ops"], ["netlang", "ir"], ["netlang", "elaborate"]):
        assert place in places
    assert sum(place == ["backends", "torch"] for place in places) >= 10
    assert sum(place == ["backends", "onnx"] for place in places) >= 10
    assert len(FAULTS) >= 30


def test_the_project_as_it_is_passes() -> None:
    assert probed(None, 3, seed=1) == (3, None)


@pytest.mark.parametrize("name", ["groups-ignored-in-macs", "onnx-pads-interleaved"])
def test_random_networks_give_a_fault_away(name: str) -> None:
    networks, what = probed(BY_NAME[name], 60, seed=1)
    assert what is not None
    assert networks <= 60
