"""A hundred steps: one process against two and three of `torchrun`, and one that goes on as two.

The tests of every run start copies of their own process in place of `torchrun`, and take up to 30
steps, of many more nets. `pytest -m slow -rP` prints by how much the losses differ.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest
import torch

from tests.train.world.subject import SHARD, Notes, carry_out
from tests.train.world.support import compare, launched, notes_of

HUNDRED = ("stopped_hundred", "stopped_hundred_synchronized")
STEPS = 100
WHOLE, SHARED_OUT = 1e-5, 1e-4


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Notes]:
    """Each run by one process, to its end."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("one")
    return {name: carry_out(name, folder) for name in HUNDRED}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs, stopped by a signal in one process."""
    folder = tmp_path_factory.mktemp("begun")
    for name in HUNDRED:
        assert carry_out(name, folder, stop=0).steps < STEPS
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("shard", [False, True])
def test_as_one_process(tmp_path: Path, one: dict[str, Notes], count: int, shard: bool) -> None:
    # Begun in as many processes and stopped, then gone on with.
    flags = [SHARD] if shard else []
    _under_torchrun(count, tmp_path, *flags, *HUNDRED)
    _under_torchrun(count, tmp_path, *flags, *(f"{name}+" for name in HUNDRED))
    _compare(tmp_path, one, shard=shard)


@pytest.mark.slow
@pytest.mark.parametrize("shard", [False, True])
def test_one_goes_on_as_two(
    tmp_path: Path, one: dict[str, Notes], begun: Path, shard: bool
) -> None:
    for name in HUNDRED:
        copytree(begun / name, tmp_path / name)
    flags = [SHARD] if shard else []
    _under_torchrun(2, tmp_path, *flags, *(f"{name}+" for name in HUNDRED))
    _compare(tmp_path, one, shard=shard)


def _under_torchrun(count: int, folder: Path, *arguments: str) -> None:
    done = launched(count, "tests.train.world.subject", folder, *arguments)
    assert done.returncode == 0, done.stderr


def _compare(folder: Path, one: dict[str, Notes], *, shard: bool) -> None:
    for name in HUNDRED:
        found, expected = notes_of(folder, name), one[name]
        assert (len(expected.losses), expected.steps) == (STEPS, STEPS)
        pairs = zip(found[0].losses, expected.losses, strict=True)
        print(f"{name}: losses differ by {max(abs(a - b) / abs(b) for a, b in pairs):.1e}")
        compare(found, expected, SHARED_OUT if shard else WHOLE)
