"""Weights shared out over processes: the same training, with a part of the memory in each."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest
import torch

from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train.files.encoding import encode_signed
from netlang.backends.torch.train.files.reader import opened
from netlang.backends.torch.train.modules import module_of
from netlang.backends.torch.train.storage import load_tensors, save_tensors
from tests.train.support import sketch
from tests.train.world.subject import GIVEN, LABELLED, SHARD, Notes, carry_out
from tests.train.world.support import compare, notes_of, same_run, together
from tests.warm import run_group

BY_TWO = ("plain", "muon", "dropout", "resumed")
BY_THREE = ("short_synchronized", "all_of_it", "watching", "doubled")
# In the long run alone: a step of two processes takes 40 ms, mostly to wait for each other.
LATER = {
    2: ("synchronized", "mixed_twice"),
    3: (
        "plain", "synchronized", "short", "accumulated_synchronized", "penalized", "recurrent",
        "scaled", "halves",
    ),
}  # fmt: skip
# Those of test_shards.
REMEMBERING = ("remembering", "stopped_remembering")
BROKEN = ("stopped", "stopped_dropout", "killed")
SHARDED = {*BY_TWO, *BY_THREE, *LATER[2], *LATER[3], *BROKEN, "compiled", *REMEMBERING}
# Numbers of half precision have three or four digits, and Muon makes its directions in bfloat16.
LOSSES = {"halves": 1e-3, "scaled": 1e-4, "muon": 0.05}
APART = ("dropout", "accumulated_synchronized")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / GIVEN
    _, program = sketch(LABELLED)
    save_tensors(path, module_of(program, 99).state_dict(), {})
    return path


def _with(given: Path, folder: Path) -> Path:
    (folder / GIVEN).write_bytes(given.read_bytes())
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, given: Path) -> Path:
    folder = _with(given, tmp_path_factory.mktemp("two"))
    together(2, folder, SHARD, *BY_TWO, "stopped", "stopped_dropout")
    for name in ("stopped", "stopped_dropout"):
        copytree(folder / name, folder / "as_it_stopped" / name)
    done = run_group(2, "tests.train.world.subject", str(folder), SHARD, "killed")
    assert done.returncode != 0
    assert "E0774" in done.stderr
    together(2, folder, SHARD, "stopped+", "stopped_dropout+", "killed+")
    return folder


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory, given: Path, two: Path) -> Path:
    folder = _with(given, tmp_path_factory.mktemp("three"))
    copytree(two / "as_it_stopped" / "stopped", folder / "stopped")
    together(3, folder, SHARD, *BY_THREE, "stopped+")
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, given: Path) -> Path:
    return _with(given, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def one(alone: Path) -> dict[str, Notes]:
    torch.set_num_threads(1)
    return {name: carry_out(name, alone) for name in {*BY_TWO, *BY_THREE, "stopped"}}


@pytest.mark.parametrize("name", [n for n in (*BY_TWO, "stopped") if n not in APART])
def test_two(two: Path, one: dict[str, Notes], name: str) -> None:
    _compare(two, name, one)


@pytest.mark.parametrize("name", [n for n in (*BY_THREE, "stopped") if n not in APART])
def test_three(three: Path, one: dict[str, Notes], name: str) -> None:
    _compare(three, name, one)


def _compare(folder: Path, name: str, one: dict[str, Notes]) -> None:
    loss, record = LOSSES.get(name, 1e-5), 0.1 if name in LOSSES else 1e-4
    compare(notes_of(folder, name), one[name], loss, record)


@pytest.mark.slow
@pytest.mark.parametrize("count", LATER)
def test_later(count: int, alone: Path, tmp_path: Path) -> None:
    together(count, tmp_path, SHARD, *LATER[count])
    one = {name: carry_out(name, alone) for name in LATER[count]}
    for name in LATER[count]:
        if name not in APART:
            _compare(tmp_path, name, one)


def test_each_process_has_its_share(two: Path, three: Path, one: dict[str, Notes]) -> None:
    """Weights, gradients, what the optimizer keeps, averaged weights: of all of it a part."""
    for folder, names in ((two, BY_TWO), (three, BY_THREE)):
        for name in names:
            notes, whole = notes_of(folder, name), one[name].elements
            for kind, count in whole.items():
                shares = [each.elements[kind] for each in notes]
                assert sum(shares) == count, (name, kind)
                # Weights of a few rows can't be cut evenly: ten rows make 4, 4 and 2.
                assert max(shares) <= 1.2 * count / len(notes), (name, kind)
    assert one["all_of_it"].elements["averaged"]


@pytest.mark.parametrize("name", ["all_of_it", "watching"])
@pytest.mark.parametrize("file", ["best.safetensors", "last.safetensors"])
@pytest.mark.usefixtures("one")
def test_weights_are_those_of_one_process(three: Path, alone: Path, name: str, file: str) -> None:
    found, facts = load_tensors(three / name / file)
    expected, others = load_tensors(alone / name / file)
    assert facts["step"] == others["step"]
    assert found.keys() == expected.keys()
    for key, value in found.items():
        torch.testing.assert_close(value, expected[key], rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("one")
def test_what_differs_is_rounding(three: Path, alone: Path) -> None:
    found, expected = (
        load_tensors(folder / "doubled" / "last.safetensors")[0] for folder in (three, alone)
    )
    for key, value in found.items():
        torch.testing.assert_close(value, expected[key], rtol=1e-10, atol=1e-12)


def test_frozen_and_given_weights(three: Path, given: Path) -> None:
    """A weight that isn't trained is the one drawn by the seed; the file was read."""
    recipe, program = sketch(LABELLED, "init: xavier_normal")
    drawn = module_of(program, derived_seed(recipe.seed, "weights")).state_dict()
    last = load_tensors(three / "all_of_it" / "last.safetensors")[0]
    assert torch.equal(last["b.bias"], drawn["b.bias"])
    assert not torch.equal(last["a.bias"], drawn["a.bias"])
    begun = load_tensors(given)[0]["c.weight"], drawn["c.weight"]
    near, far = ((last["c.weight"] - each).abs().mean() for each in begun)
    assert near < far / 2


@pytest.mark.parametrize("name", ["dropout", "resumed"])
def test_a_broken_run_goes_on_bit_for_bit(two: Path, name: str) -> None:
    """By a signal, or a process that the system killed: to the last byte of the checkpoint."""
    same_run(two / name, two / {"dropout": "stopped_dropout", "resumed": "killed"}[name])


@pytest.mark.parametrize("file", ["best.safetensors", "last.safetensors"])
def test_weights_are_those_of_one_process_to_the_byte(two: Path, file: str) -> None:
    """Written piece by piece, they have the bytes that they have when written at once."""
    path = two / "resumed" / file
    with opened(path) as source:
        tensors = {key: source.read(key) for key in source.entries}
        parts = encode_signed(tensors, source.metadata)
    assert b"".join(parts) == path.read_bytes()


def test_sharded_goes_on_whole(two: Path, one: dict[str, Notes], tmp_path: Path) -> None:
    copytree(two / "as_it_stopped" / "stopped", tmp_path / "stopped")
    compare([carry_out("stopped", tmp_path, resume=True)], one["stopped"])


def test_whole_goes_on_sharded(one: dict[str, Notes], tmp_path: Path) -> None:
    begun = carry_out("stopped", tmp_path, stop=0)
    assert begun.signal is not None
    assert begun.steps < one["stopped"].steps
    together(2, tmp_path, SHARD, "stopped+")
    compare(notes_of(tmp_path, "stopped"), one["stopped"])


@pytest.mark.slow
def test_compiled(tmp_path: Path) -> None:
    together(2, tmp_path, SHARD, "compiled")
    (tmp_path / "one").mkdir()
    together(1, tmp_path / "one", "compiled")
    (one,) = notes_of(tmp_path / "one", "compiled")
    compare(notes_of(tmp_path, "compiled"), one)
