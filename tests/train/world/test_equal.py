"""Several processes train as one does: the same examples in the same order, the same losses."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from shutil import copytree

import pytest
import torch
from torch import nn

from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train.modules import module_of
from netlang.backends.torch.train.storage import load_tensors
from tests.train.support import parts_of
from tests.train.world.subject import SCENARIOS, Notes, carry_out, separate
from tests.train.world.support import compare, notes_of, together
from tests.train.world.test_hundred import HUNDRED
from tests.train.world.test_sharded import SHARDED

BY_TWO = ("plain", "synchronized", "dropout", "stopped", "stopped_dropout")
BY_THREE = (
    "short_synchronized", "mixed", "accumulated", "accumulated_synchronized", "watching",
    "separate", "doubled",
)  # fmt: skip
# In the long run alone.
LATER = ("plain", "synchronized", "short", "mixed_twice", "penalized")

# Batch norms see other parts of a batch than in one process.
APART = ("separate", "accumulated_synchronized")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    # What is stopped is begun twice: it goes on in as many processes.
    copies = folder / "as_it_stopped"
    together(2, folder, *BY_TWO)
    copytree(folder / "stopped", copies / "stopped")
    together(2, folder, "stopped+", "stopped_dropout+")
    return folder


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory, two: Path) -> Path:
    folder = tmp_path_factory.mktemp("three")
    copytree(two / "as_it_stopped" / "stopped", folder / "stopped")
    together(3, folder, *BY_THREE, "stopped+")
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("one")


@pytest.fixture(scope="module")
def one(alone: Path) -> dict[str, Notes]:
    torch.set_num_threads(1)
    return {name: carry_out(name, alone) for name in {*BY_TWO, *BY_THREE}}


@pytest.mark.parametrize("name", ["plain", "synchronized", "stopped"])
def test_two(two: Path, one: dict[str, Notes], name: str) -> None:
    compare(notes_of(two, name), one[name])


@pytest.mark.parametrize("name", [n for n in (*BY_THREE, "stopped") if n not in APART])
def test_three(three: Path, one: dict[str, Notes], name: str) -> None:
    compare(notes_of(three, name), one[name])


@pytest.mark.slow
def test_later(alone: Path, tmp_path: Path) -> None:
    together(3, tmp_path, *LATER)
    for name in LATER:
        compare(notes_of(tmp_path, name), carry_out(name, alone))
    assert [] in notes_of(tmp_path, "short")[0].numbers


def test_parts_of_a_batch_that_all_processes_compute_together(three: Path) -> None:
    """Where some would have fewer parts than others they wait for each other in vain."""
    notes = notes_of(three, "accumulated_synchronized")
    assert {each.steps for each in notes} == {11}


@pytest.mark.usefixtures("one")
def test_what_differs_is_rounding(three: Path, alone: Path) -> None:
    """Adam makes a step of a gradient's sign, so rounding of small ones grows to 1e-3 in float32.

    In float64 nothing is left of it, penalties included.
    """
    found = load_tensors(three / "doubled" / "last.safetensors")[0]
    expected = load_tensors(alone / "doubled" / "last.safetensors")[0]
    for key, value in found.items():
        torch.testing.assert_close(value, expected[key], rtol=1e-10, atol=1e-12)


def test_an_empty_slice_was_met(three: Path) -> None:
    assert [] in notes_of(three, "short_synchronized")[0].numbers


def test_two_go_on_as_one(two: Path, one: dict[str, Notes], tmp_path: Path) -> None:
    copytree(two / "as_it_stopped" / "stopped", tmp_path / "stopped")
    compare([carry_out("stopped", tmp_path, resume=True)], one["stopped"])


def test_the_same_number_of_processes_goes_on_bit_for_bit(two: Path) -> None:
    """Each has the random stream that it had: dropout draws what it would have drawn."""
    name = "last.safetensors"
    whole, broken = (load_tensors(two / run / name)[0] for run in ("dropout", "stopped_dropout"))
    assert whole.keys() == broken.keys()
    for key, value in whole.items():
        assert torch.equal(value, broken[key]), key
    losses = [(two / run / "metrics.jsonl").read_bytes() for run in ("dropout", "stopped_dropout")]
    assert losses[0] == losses[1]


def test_dropout_differs_between_processes(two: Path, one: dict[str, Notes]) -> None:
    assert notes_of(two, "dropout")[0].losses != one["dropout"].losses


def test_a_batch_norm_of_its_own_in_each_process(three: Path) -> None:
    """Without `sync_batch_norm` its statistics are the means of those of the slices."""
    recipe, program = separate()
    model = module_of(program, derived_seed(recipe.seed, "weights"))
    examples = parts_of(recipe).train
    assert isinstance(examples, Tensors)
    seen = []
    for each in notes_of(three, "separate"):
        own = deepcopy(model)
        own(examples.inputs[0][each.numbers[0]])
        seen.append([m for m in own.modules() if isinstance(m, nn.BatchNorm1d)])
    saved = load_tensors(three / "separate" / "last.safetensors")[0]
    labels = [name for name, m in model.named_modules() if isinstance(m, nn.BatchNorm1d)]
    for label, norms in zip(labels, zip(*seen, strict=True), strict=True):
        for name in ("running_mean", "running_var"):
            expected = torch.stack([getattr(norm, name) for norm in norms]).mean(0)
            torch.testing.assert_close(saved[f"{label}.{name}"], expected)


def test_scenarios_are_all_used() -> None:
    assert {*BY_TWO, *BY_THREE, *LATER, *HUNDRED} | SHARDED == set(SCENARIOS)
