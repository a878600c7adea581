"""The time of a training step of MNIST-1D's CNN: `netlang train` beside loops that people write.

Each side trains the same net with the same settings (Adam 1e-2, batches of 100) on one thread, in
turns, each in a process of its own, since ours chooses how freed memory is kept. Ours is the whole
command without its start: order, schedule, records and checkpoints. The examples are made once.
"""

from __future__ import annotations

import logging
import multiprocessing
import tempfile
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import netlang
from benchmarks.pipeline import CLOCKS
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import train
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions
from tests.analysis.oracles import torchvision_models

__all__ = ["compared"]


def _write_examples(folder: Path) -> None:
    """MNIST-1D's training part, kept as arrays: to make it takes longer than many steps."""
    part = load_parts(load_recipe("mnist1d")[0], Places()).train
    assert isinstance(part, Tensors)
    np.savez(folder / "train.npz", x=part.inputs[0].numpy(), label=part.targets["label"].numpy())


def _ours(folder: Path, steps: int) -> None:
    changes = [f"steps={steps}", 'data=arrays("kept", sizes=[40], classes=10)']
    recipe, program = load_recipe("mnist1d", changes)
    with tempfile.TemporaryDirectory() as out:
        train(recipe, program, RunOptions(Path(out, "run"), Places({"kept": folder}), device="cpu"))


def _loader(folder: Path) -> DataLoader[tuple[Tensor, ...]]:
    kept = np.load(folder / "train.npz")
    examples = TensorDataset(torch.from_numpy(kept["x"]), torch.from_numpy(kept["label"]))
    return DataLoader(examples, batch_size=100, shuffle=True)


def _raw(folder: Path, steps: int) -> None:
    """What the PyTorch tutorial's reader writes."""
    loader = _loader(folder)
    model = netlang.load("mnist1d:cnn").torch()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps // len(loader)):
        for x, label in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), label).backward()
            optimizer.step()


def _lightning(folder: Path, steps: int) -> None:
    torchvision_models()  # Lightning imports torchvision, which needs help beside a CPU's PyTorch
    import lightning

    class Classifier(lightning.LightningModule):  # type: ignore[misc]  # a peer without types
        def __init__(self) -> None:
            super().__init__()
            self.model = netlang.load("mnist1d:cnn").torch()

        def training_step(self, batch: tuple[Tensor, Tensor], number: int) -> Tensor:
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-2)

    trainer = lightning.Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Classifier(), _loader(folder))


_SIDES = {"ours": _ours, "raw loop": _raw, "Lightning": _lightning}


def _serve(name: str, folder: Path, pipe: Connection) -> None:
    """The life of a side: so many steps whenever it is asked for them."""
    torch.set_num_threads(1)
    for logger in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    while steps := pipe.recv():
        before = [clock() for clock in CLOCKS.values()]
        _SIDES[name](folder, steps)
        after = [clock() for clock in CLOCKS.values()]
        pipe.send([end - start for start, end in zip(before, after, strict=True)])


def _measured(folder: Path, steps: int, rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of a step on each side in each round but the first, by each clock."""
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for name in _SIDES:
        pipes[name], theirs = context.Pipe()
        context.Process(target=_serve, args=(name, folder, theirs)).start()
        theirs.close()
    taken: dict[str, list[list[float]]] = {name: [] for name in _SIDES}
    for _ in range(rounds + 1):
        for name, pipe in pipes.items():
            short, long = (_asked(pipe, count) for count in (steps, 2 * steps))
            taken[name].append([(b - a) / steps for a, b in zip(short, long, strict=True)])
    for pipe in pipes.values():
        pipe.send(0)
    return {name: seconds[1:] for name, seconds in taken.items()}


def _asked(pipe: Connection, steps: int) -> list[float]:
    pipe.send(steps)
    taken: list[float] = pipe.recv()
    return taken


def compared(steps: int, rounds: int, clock: str) -> dict[str, float]:
    """How many times as long as each peer ours takes, start and end left out.

    Both are timed for `steps` and for twice as many; the difference is the steps' own.
    """
    with tempfile.TemporaryDirectory() as folder:
        _write_examples(Path(folder))
        measured = _measured(Path(folder), steps, rounds)
    index = list(CLOCKS).index(clock)
    taken = {name: [each[index] for each in seconds] for name, seconds in measured.items()}
    for name, seconds in taken.items():
        print(f"{name}: {1e6 * median(seconds):.0f} us a step")
    return {
        name: median(a / b for a, b in zip(taken["ours"], taken[name], strict=True))
        for name in ("raw loop", "Lightning")
    }
