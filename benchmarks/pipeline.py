"""Images a second from JPEG files to the steps of a tiny net, beside torchvision's.

Decoding, `random_resized_crop(224)`, `hflip`, normalisation and batches of 64 in as many workers on
each side. Two peers, both `ImageFolder` with `transforms.v2` and `DataLoader`: with Pillow images
until the end, as most people write it, and with tensors of uint8 from the start, as torchvision
recommends for speed. Each side has a process of its own, and each round starts its own workers and
ends them.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from netlang.backends.torch.train.memory import freed_memory_kept
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.setup import prepare
from netlang.modules.library import Library
from netlang.recipes.load import program_of
from netlang.recipes.places import Places
from netlang.recipes.read import read_recipe
from netlang.source import Source
from netlang.targets.options import RunOptions
from tests.analysis.oracles import torchvision_models

__all__ = ["CLOCKS", "compared"]

SIDES = (
    "ours", "torchvision, Pillow images", "torchvision, uint8 tensors as recommended",
)  # fmt: skip

SIDE, BATCH = 224, 64
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RECIPE = f"""
net tiny {{
    input image: [3, {SIDE}, {SIDE}]
    conv(8, 7, stride=8) -> relu -> global_avgpool -> flatten -> linear(3)
}}
train tiny {{
    model: tiny()
    data: image_folder("pictures")
    normalize: imagenet
    augment: random_resized_crop({SIDE}) -> hflip
    loss: cross_entropy
    optimizer: sgd(lr=0.01)
    batch: {BATCH}
    epochs: 1
}}
"""

Batches = Iterable[tuple[Tensor, Tensor]]


def _processor_time() -> float:
    """Seconds of all cores, of ended workers too."""
    return sum(os.times()[:4])


CLOCKS = {"wall": perf_counter, "cpu": _processor_time}


def ours(folder: Path, workers: int) -> Callable[[], Batches]:
    """An epoch of the library's own batches, as its loop gets them."""
    recipe = read_recipe(Library().module(Source("tiny.net", RECIPE), None), "tiny")
    wanted = RunOptions(folder, Places({"pictures": folder}), workers=workers)
    device = torch.device("cpu")

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        data = prepare(TrainingProcess(recipe, program_of(recipe), wanted, device))
        with closing(data):
            for batch in data.train.batches(0, 0):
                yield batch.inputs[0], batch.targets["label"]

    return batches


def peer(folder: Path, workers: int, *, tensors: bool) -> Callable[[], Batches]:
    """The same by torchvision, with tensors of uint8 or images of Pillow."""
    torchvision_models()
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    drawn = [v2.RandomResizedCrop(SIDE, antialias=True), v2.RandomHorizontalFlip()]
    steps = [v2.ToImage(), *drawn] if tensors else [*drawn, v2.ToImage()]
    steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEANS, DEVIATIONS)]
    images = ImageFolder(str(folder / "train"), v2.Compose(steps))

    def batches() -> Batches:
        loaded: Batches = DataLoader(images, BATCH, shuffle=True, num_workers=workers)
        return loaded

    return batches


def epoch(batches: Callable[[], Batches]) -> Callable[[], None]:
    """Train a tiny net on every batch."""
    net = nn.Sequential(
        nn.Conv2d(3, 8, 7, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)
    )
    optimizer = torch.optim.SGD(net.parameters(), 0.01)

    def run() -> None:
        for images, labels in batches():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()

    return run


def _serve(name: str, folder: Path, workers: int, pipe: Connection) -> None:
    """The life of a side: an epoch whenever it is asked for, in a process of its own."""
    # Else it would be that of this process; workers on Linux are forked, of all sides.
    multiprocessing.set_start_method("fork", force=True)
    torch.set_num_threads(1)
    is_ours = name == SIDES[0]
    batches = ours(folder, workers) if is_ours else peer(folder, workers, tensors="uint8" in name)
    run = epoch(batches)
    kept = freed_memory_kept(torch.device("cpu")) if is_ours else nullcontext()
    with kept:
        while pipe.recv():
            before = [clock() for clock in CLOCKS.values()]
            run()
            after = [clock() for clock in CLOCKS.values()]
            pipe.send([end - start for start, end in zip(before, after, strict=True)])


def measured(folder: Path, workers: int, rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of each side in each round but the first, by each clock."""
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for name in SIDES:
        pipes[name], theirs = context.Pipe()
        context.Process(target=_serve, args=(name, folder, workers, theirs)).start()
        theirs.close()
    taken: dict[str, list[list[float]]] = {name: [] for name in SIDES}
    for number in range(rounds + 1):
        shift = number % len(SIDES)
        for name in SIDES[shift:] + SIDES[:shift]:
            pipes[name].send(True)
            taken[name].append(pipes[name].recv())
    for pipe in pipes.values():
        pipe.send(False)
    return {name: seconds[1:] for name, seconds in taken.items()}


def compared(folder: Path, count: int, workers: int, rounds: int) -> dict[str, float]:
    """Print images a second of each side; by each clock, ours over the faster peer's."""
    taken = measured(folder, workers, rounds)
    ratios: dict[str, float] = {}
    for index, clock in enumerate(CLOCKS):
        times = {name: [each[index] for each in seconds] for name, seconds in taken.items()}
        print(f"by {clock} time, images a second: median (least to most), ours over theirs")
        for name, seconds in times.items():
            ratio = median(one / own for own, one in zip(times[SIDES[0]], seconds, strict=True))
            rates = sorted(count / each for each in seconds)
            shown = f"{median(rates):6.0f} ({rates[0]:.0f} to {rates[-1]:.0f})"
            print(f"  {name:44} {shown:24} {ratio:.2f}")
            ratios[clock] = ratio if name == SIDES[1] else min(ratio, ratios.get(clock, ratio))
    return ratios
