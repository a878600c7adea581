"""A batch smaller than the number of processes: some have no example of it."""

from __future__ import annotations

from pathlib import Path as Folder

import pytest
import torch

from netlang.backends.torch.data.loader import BatchOrder, Loader
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.world import World
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.mixing import Mixup
from netlang.recipes.words.sizes import RandomCrop
from tests.train.loading.support import CPU, drawn_files, path


@pytest.mark.parametrize("steps", [(RandomCrop(size=4),), (RandomCrop(size=4), Mixup())])
@pytest.mark.parametrize("batch", [2, 3])
def test_images_in_files(tmp_path: Folder, steps: tuple[Augmentation, ...], batch: int) -> None:
    files = drawn_files(tmp_path, 7)
    made = path(*steps)

    def seen(world: World) -> list[torch.Tensor]:
        with Loader(files, made, BatchOrder(batch, 11, world), CPU, 0) as source:
            return [each.inputs[0] for each in Prepared(source, made, None).batches(0, 0)]

    alone = seen(World())
    shares = [seen(World(rank, 4)) for rank in range(4)]
    assert any(len(part) == 0 for part in shares[0])
    for whole, parts in zip(alone, zip(*shares, strict=True), strict=True):
        assert torch.equal(whole, torch.cat(parts))
