"""The time of a training step of MNIST-1D's CNN: `netlang train` beside loops that people write.

Each side trains the same net with the same settings (Adam 1e-2, batches of 100) on one thread, in
turns. Ours is the whole command without its start: order, schedule, records and checkpoints.
"""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import netlang
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import train
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from tests.analysis.oracles import torchvision_models

__all__ = ["compared"]

_CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


def _examples() -> tuple[Tensor, Tensor]:
    part = load_parts(load_recipe("mnist1d")[0], Places()).train
    assert isinstance(part, Tensors)
    return part.inputs[0], part.targets["label"]


def _ours(steps: int) -> None:
    recipe, program = load_recipe("mnist1d", [f"steps={steps}"])
    with tempfile.TemporaryDirectory() as folder:
        train(recipe, program, out=Path(folder, "run"), device="cpu")


def _raw(steps: int) -> None:
    """What the PyTorch tutorial's reader writes."""
    loader = DataLoader(TensorDataset(*_examples()), batch_size=100, shuffle=True)
    model = netlang.load("mnist1d:cnn").torch()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps // len(loader)):
        for x, label in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), label).backward()  # type: ignore[no-untyped-call]  # torch's
            optimizer.step()


def _lightning(steps: int) -> None:
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

    loader = DataLoader(TensorDataset(*_examples()), batch_size=100, shuffle=True)
    trainer = lightning.Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Classifier(), loader)


def compared(steps: int, rounds: int, clock: str) -> dict[str, float]:
    """How many times as long as each peer ours takes, start and end left out.

    Both are timed for `steps` and for twice as many; the difference is the steps' own.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    sides = {"ours": _ours, "raw loop": _raw, "Lightning": _lightning}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for round_number in range(rounds + 1):
        for name, side in sides.items():
            short, long = (_seconds(side, count, clock) for count in (steps, 2 * steps))
            if round_number:
                taken[name].append((long - short) / steps)
    for name, seconds in taken.items():
        print(f"{name}: {1e6 * median(seconds):.0f} us a step")
    return {
        name: median(a / b for a, b in zip(taken["ours"], taken[name], strict=True))
        for name in ("raw loop", "Lightning")
    }


def _seconds(side: Callable[[int], None], steps: int, clock: str) -> float:
    now = _CLOCKS[clock]
    start = now()
    side(steps)
    return now() - start
