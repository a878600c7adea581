"""Images in files: the same batches for any number of workers, each prepared once."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from netlang.backends.torch.data.loading.decoding import Decoding
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.words.mixing import Mixup
from netlang.recipes.words.sizes import MultiScale, RandomCrop, TenCrop
from tests.train.loading.support import CROP, Files, drawn_files, loader, path, pixels_of, program

COUNT = 11


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return drawn_files(tmp_path_factory.mktemp("images"), COUNT)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_are_what_the_path_makes_of_each_file(files: Files, workers: int) -> None:
    with loader(files, workers=workers) as made:
        for epoch in range(3):
            batches = list(made.batches(epoch, 0))
            assert [len(batch) for batch in batches] == [4, 4, 3]
            for batch in batches:
                assert batch.numbers is not None
                assert batch.inputs[0].dtype == torch.uint8
                assert batch.inputs[0].is_contiguous(memory_format=torch.channels_last)
                assert batch.targets["label"].tolist() == (batch.numbers % 3).tolist()
                for number, image in zip(batch.numbers, batch.inputs[0], strict=True):
                    expected = CROP.host(files.image(number), number, epoch)
                    assert np.array_equal(image.numpy(), expected)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_goes_on_where_it_was(files: Files, workers: int) -> None:
    with loader(files, batch=3, workers=workers) as made:
        whole = [pixels_of(list(made.batches(epoch, 0))) for epoch in range(2)]
        assert pixels_of(list(made.batches(0, 2))) == whole[0][2:]
        assert pixels_of(list(islice(made.batches(1, 1), 2))) == whole[1][1:3]
        assert pixels_of(list(made.batches(1, 3))) == whole[1][3:]
        assert pixels_of(list(made.once())) == pixels_of(list(made.once()))
        assert pixels_of(list(made.batches(1, 0))) == whole[1]


def test_what_was_given_out_stays_as_it_is(files: Files) -> None:
    """Slots of the ring are used again; batches are no views of them."""
    with loader(files, batch=2, workers=1) as made:
        kept = [batch for epoch in range(4) for batch in made.batches(epoch, 0)]
        assert pixels_of(kept) == [
            pixels for epoch in range(4) for pixels in pixels_of(list(made.batches(epoch, 0)))
        ]


def test_epochs_and_scores_keep_the_workers(files: Files) -> None:
    with loader(files, workers=2) as made:
        seen = set()
        for epoch in range(3):
            list(made.batches(epoch, 0))
            list(made.once())
            assert isinstance(made._source, Decoding)
            assert made._source._started
            seen.add(tuple(each.pid for each in made._source._started[2].processes))
    assert len(seen) == 1


def test_processes_share_out_each_batch(files: Files) -> None:
    alone = pixels_of(list(loader(files).batches(0, 0)))
    shares = [pixels_of(list(loader(files, world=World(r, 2)).batches(0, 0))) for r in range(2)]
    assert [one + two for one, two in zip(*shares, strict=True)] == alone


def test_mixing_gets_the_example_before(files: Files) -> None:
    for batch in loader(files, path(RandomCrop(size=4), Mixup()), world=World(1, 2)).batches(0, 0):
        assert batch.numbers is not None
        assert len(batch) == len(batch.numbers) == len(batch.targets["label"])
    plain = pixels_of(list(loader(files).batches(0, 0)))
    for alone, batch in zip(
        plain, loader(files, path(RandomCrop(size=4), Mixup())).batches(0, 0), strict=True
    ):
        image = 3 * 4 * 4
        assert batch.inputs[0].flatten().tolist() == alone[-image:] + alone


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("size", [1, 3])
def test_scores_see_each_image_once(files: Files, workers: int, size: int) -> None:
    seen = []
    for rank in range(size):
        with loader(files, world=World(rank, size), workers=workers) as made:
            for batch in made.once():
                assert batch.numbers is None
                seen += batch.inputs[0].tolist()
    assert seen == [CROP.host(files.image(n), n, 0).tolist() for n in range(COUNT)]


def test_several_views_of_an_image(files: Files) -> None:
    with loader(files, path(TenCrop(size=4)), workers=1) as made:
        batches = list(made.once())
    shapes = [tuple(batch.inputs[0].shape) for batch in batches]
    assert shapes == [(4, 10, 3, 4, 4), (4, 10, 3, 4, 4), (3, 10, 3, 4, 4)]
    expected = path(TenCrop(size=4)).host(files.image(5), 5, 0)
    assert np.array_equal(batches[1].inputs[0][1].numpy(), expected)


@pytest.mark.parametrize("workers", [0, 2])
def test_several_scales_come_in_batches_of_one_size(tmp_path: Path, workers: int) -> None:
    (tmp_path / "wide").mkdir()
    (tmp_path / "high").mkdir()
    wide = drawn_files(tmp_path / "wide", 4, (9, 5))
    high = drawn_files(tmp_path / "high", 3, (5, 9))
    mixed = Files(
        tuple(wide.paths[index // 2] if index % 2 else high.paths[index // 2] for index in range(6))
    )
    scaled = path(MultiScale(sizes=(5, 8, 10)))
    with loader(mixed, scaled, workers=workers) as made:
        batches = list(made.once())
        assert pixels_of(list(made.once())) == pixels_of(batches)
    assert [len(batch) for batch in batches] == [2, 2, 1, 1]
    numbers = [[0, 2], [1, 3], [4], [5]]
    for batch, expected in zip(batches, numbers, strict=True):
        assert batch.targets["label"].tolist() == [number % 3 for number in expected]
        assert len(batch.others) == 2
        for scale, images in enumerate((*batch.inputs, *batch.others)):
            for number, image in zip(expected, images, strict=True):
                made_alone = scaled.hosts(mixed.image(number), number, 0)[scale]
                assert np.array_equal(image.numpy(), made_alone)


def test_random_numbers_repeat_in_no_worker_and_no_epoch(files: Files) -> None:
    """pytorch#5059: every worker drew the same numbers, and so did every epoch."""
    one = Files((files.paths[0],) * 12)
    with loader(one, path(RandomCrop(size=2)), workers=3) as made:
        places = [
            image
            for epoch in range(3)
            for batch in made.batches(epoch, 0)
            for image in batch.inputs[0]
        ]
    # 8 x 7 places; 36 draws that were alike in three workers or epochs would show 12 at most.
    assert len({tuple(image.flatten().tolist()) for image in places}) > 18


def test_no_random_stream_is_drawn_from(files: Files) -> None:
    before = torch.get_rng_state()
    with loader(files, workers=2) as made:
        list(made.batches(0, 0))
        list(made.once())
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("workers", [0, 2])
def test_images_of_another_size_are_named(tmp_path: Path, workers: int) -> None:
    files = drawn_files(tmp_path, 3)
    odd = tmp_path / "odd"
    odd.mkdir()
    mixed = Files((*files.paths, *drawn_files(odd, 1, (6, 5)).paths))
    with loader(mixed, path(), workers=workers) as made, pytest.raises(NetlangError) as caught:
        list(made.once())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0792"
    assert f"`{odd / '000.png'}` is 5 x 6, others are 8 x 9" in diagnostic.message


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_ways_to_start_processes(tmp_path: Path, files: Files, method: str) -> None:
    done = program(
        """
        import multiprocessing
        multiprocessing.set_start_method(sys.argv[2])
        files = drawn_files(Path(sys.argv[1]), 11)
        with loader(files, workers=2) as made:
            print(pixels_of([b for epoch in range(2) for b in made.batches(epoch, 0)]))
            print(pixels_of(list(made.once())))
        """,
        str(tmp_path),
        method,
    )
    assert done.stderr == ""
    made = loader(files)
    trained = [batch for epoch in range(2) for batch in made.batches(epoch, 0)]
    assert done.stdout == f"{pixels_of(trained)}\n{pixels_of(list(made.once()))}\n"
