"""What the experiments share: a plain training loop, options, the frame of a picture."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Examples",
    "Loss",
    "axes",
    "curve",
    "errors",
    "fit",
    "options",
    "save",
]

Loss = Callable[[Tensor, Tensor], Tensor]


@final
@dataclass(frozen=True)
class Examples:
    """Inputs `x`, ``[n, ...]``, and their classes `y`, ``[n]``."""

    x: Tensor
    y: Tensor


def fit(
    model: nn.Module,
    data: Examples,
    loss: Loss,
    *,
    steps: int,
    rate: float,
    batch: int | None = None,
    seed: int = 0,
) -> None:
    """Train by Adam on random batches, or on all examples at each step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    generator = torch.Generator().manual_seed(seed)
    x, y = data.x, data.y
    for _ in range(steps):
        if batch is not None:
            chosen = torch.randint(len(data.x), (batch,), generator=generator)
            x, y = data.x[chosen], data.y[chosen]
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()


@torch.no_grad()
def errors(model: nn.Module, data: Examples, loss: Loss) -> tuple[float, float]:
    """The share of wrong answers and the mean loss."""
    output = model(data.x)
    wrong = (output.argmax(1) != data.y).float().mean()
    return wrong.item(), loss(output, data.y).item()


def options(description: str | None, folder: Path) -> argparse.Namespace:
    """`short`: a run of seconds that shows nothing but that it works; `out`: where pictures go."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--short", action="store_true", help="run for seconds, to try it")
    parser.add_argument("--out", type=Path, default=folder, help="folder of the picture")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    return given


def axes(columns: int) -> tuple[Figure, list[Axes]]:
    """A row of plots."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * columns, 3.9), layout="constrained")
    plots = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for plot in plots:
        plot.grid(alpha=0.3)
        plot.spines[["top", "right"]].set_visible(False)
    return figure, plots


def curve(
    plot: Axes, x: Sequence[float], values: NDArray[np.float64], label: str, color: str
) -> None:
    """The mean of `values`, ``[seeds, len(x)]``, and their range."""
    plot.plot(x, values.mean(0), marker=".", color=color, label=label)
    plot.fill_between(x, values.min(0), values.max(0), color=color, alpha=0.15, lw=0)


def save(figure: Figure, path: Path) -> None:
    """Write a picture; the same figures give the same bytes."""
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "netlang", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})
    print(f"wrote {path}")
