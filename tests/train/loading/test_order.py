"""Which examples a step sees: by the seed alone, whatever the number of processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from netlang.backends.torch.augment.path import path_for
from netlang.backends.torch.data.loader import BatchOrder, Loader
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.world import World
from netlang.recipes.words.mixing import Mixup
from tests.train.loading.support import CPU

COUNT = 23
# Without and with mixing.
PATHS = (path_for((), 3, images=False), path_for((Mixup(),), 3, images=False))


def examples(count: int = COUNT) -> Tensors:
    rows = torch.arange(count)
    return Tensors((rows[:, None] + torch.zeros(3),), {"label": rows % 5})


def loader(
    batch: int, world: World | None = None, *, count: int = COUNT, mixes: bool = False
) -> Loader:
    return Loader(examples(count), PATHS[mixes], BatchOrder(batch, 11, world or World()), CPU)


@pytest.mark.parametrize("batch", [1, 4, 7, 23, 40])
def test_an_epoch_is_its_order_cut_into_batches(batch: int) -> None:
    made = loader(batch)
    for epoch in (0, 3):
        order = epoch_order(11, epoch, COUNT)
        batches = list(made.batches(epoch, 0))
        parts = torch.split(torch.from_numpy(order), batch)
        expected = [each for each in parts if len(each) > 1 or batch == 1]
        assert len(batches) == made.epoch_steps == len(expected)
        for position, (found, numbers) in enumerate(zip(batches, expected, strict=True)):
            assert found.numbers is not None
            assert found.numbers.tolist() == numbers.tolist()
            assert found.inputs[0][:, 0].tolist() == numbers.tolist()
            assert found.targets["label"].tolist() == (numbers % 5).tolist()
            assert len(found) == made.whole(position)


@pytest.mark.parametrize("mixes", [False, True])
def test_without_a_seed_each_epoch_has_the_order_of_the_examples(mixes: bool) -> None:
    for world in (World(), World(1, 3)):
        made = Loader(examples(), PATHS[mixes], BatchOrder(6, None, world), CPU)
        for epoch in (0, 3):
            batches = made.batches(epoch, 0)
            seen = [each.numbers.tolist() for each in batches if each.numbers is not None]
            rows = [range(at, min(at + 6, COUNT)) for at in range(0, COUNT, 6)]
            parts = [world.part(len(row)) for row in rows]
            own = [list(row[part]) for row, part in zip(rows, parts, strict=True)]
            assert [each[mixes:] for each in seen] == own


def test_a_batch_of_one_example_is_left_out_unless_it_is_all() -> None:
    assert [len(each) for each in loader(4, count=9).batches(0, 0)] == [4, 4]
    assert [len(each) for each in loader(4, count=1).batches(0, 0)] == [1]


def test_an_epoch_goes_on_where_it_was() -> None:
    whole = [
        batch.numbers.tolist() for batch in loader(4).batches(2, 0) if batch.numbers is not None
    ]
    for first in range(6):
        rest = [
            each.numbers.tolist()
            for each in loader(4).batches(2, first)
            if each.numbers is not None
        ]
        assert rest == whole[first:]


@pytest.mark.parametrize("size", [2, 3, 4])
def test_processes_share_out_each_batch(size: int) -> None:
    alone = [batch.inputs[0] for batch in loader(8).batches(1, 0)]
    shares = [list(loader(8, World(rank, size)).batches(1, 0)) for rank in range(size)]
    for whole, parts in zip(alone, zip(*shares, strict=True), strict=True):
        assert torch.equal(whole, torch.cat([part.inputs[0] for part in parts]))
        lengths = [len(part) for part in parts]
        assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("size", [1, 2, 3])
def test_mixing_gets_the_example_before(size: int) -> None:
    """The partner of an example is the same for any number of processes."""
    for position, whole in enumerate(loader(8).batches(0, 0)):
        numbers = whole.numbers
        assert numbers is not None
        pairs: list[tuple[int, int]] = []
        for rank in range(size):
            share = list(loader(8, World(rank, size), mixes=True).batches(0, 0))[position]
            assert share.numbers is not None
            assert share.inputs[0][:, 0].tolist() == share.numbers.tolist()
            pairs += zip(share.numbers[1:].tolist(), share.numbers[:-1].tolist(), strict=True)
        assert pairs == list(zip(numbers.tolist(), np.roll(numbers, 1).tolist(), strict=True))


@pytest.mark.parametrize("size", [1, 2, 3, 30])
def test_scores_see_each_example_once(size: int) -> None:
    seen = [
        number
        for rank in range(size)
        for batch in loader(4, World(rank, size)).once()
        for number in batch.inputs[0][:, 0].tolist()
    ]
    assert seen == list(range(COUNT))


def test_scores_take_small_examples_by_the_thousand_and_large_ones_as_in_training() -> None:
    assert [len(batch) for batch in loader(4, count=1500).once()] == [1024, 476]
    large = Tensors((torch.zeros(9, 5000),), {})
    made = Loader(large, PATHS[False], BatchOrder(4, 1, World()), CPU)
    assert [len(batch) for batch in made.once()] == [4, 4, 1]


def test_several_inputs_and_targets_travel_together() -> None:
    rows = torch.arange(10)
    both = Tensors((rows.float(), rows.float() * 2), {"label": rows, "height": rows * 3.0})
    for batch in Loader(both, PATHS[False], BatchOrder(3, 1, World()), CPU).batches(0, 0):
        first, second = batch.inputs
        assert torch.equal(second, first * 2)
        assert torch.equal(batch.targets["height"], first * 3.0)
        assert torch.equal(batch.targets["label"], first.long())


@dataclass
class Counted:
    copies: int = 0


def test_the_order_of_an_epoch_is_moved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    move = torch.from_numpy

    def counting(array: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> torch.Tensor:
        counted.copies += 1
        return move(array)

    made = loader(2)
    monkeypatch.setattr(torch, "from_numpy", counting)
    assert len(list(made.batches(0, 0))) == 11
    assert counted.copies == 1
