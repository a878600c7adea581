"""Deep double descent over width: test error rises towards the smallest net that fits, then falls.

A net of one hidden layer is trained on few examples, 15 % of their labels drawn at random. With
mean squared error it can fit from as many parameters as examples times classes on, with
cross-entropy from about as many as examples.

    python -m examples.mnist1d.double_descent [--short] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

import netlang
from examples.experiment import Examples, Loss, axes, curve, errors, fit, options, save
from examples.mnist1d.common import FOLDER, load

__all__ = ["main"]

CLASSES = 10
EXAMPLES = 500
NOISE = 0.15


def squared_error(output: Tensor, y: Tensor) -> Tensor:
    """Mean squared error to 1 for the right class and 0 for the others."""
    return F.mse_loss(output, F.one_hot(y, CLASSES).float())


# Each loss with the number of values that it asks a net to fit.
LOSSES: dict[str, tuple[Loss, int]] = {
    "mean squared error": (squared_error, EXAMPLES * CLASSES),
    "cross-entropy": (F.cross_entropy, EXAMPLES),
}
PARTS = {"training, with its wrong labels": "tab:orange", "test": "tab:blue"}


@final
@dataclass(frozen=True)
class Scale:
    """How much is computed."""

    widths: tuple[int, ...] = (1, 2, 4, 7, 10, 14, 20, 30, 45, 65, 98, 140, 200, 300, 500, 1000)
    seeds: int = 3
    steps: int = 3000


def net_of(width: int) -> netlang.Net:
    return netlang.load(FOLDER / "double_descent.net", width=width)


def noisy(data: Examples, seed: int) -> Examples:
    """The first examples, some of their labels drawn anew."""
    generator = torch.Generator().manual_seed(seed)
    y = data.y[:EXAMPLES]
    drawn = torch.randint(CLASSES, y.shape, generator=generator)
    is_noise = torch.rand(y.shape, generator=generator) < NOISE
    return Examples(data.x[:EXAMPLES], torch.where(is_noise, drawn, y))


def experiment(train: Examples, test: Examples, loss: Loss, scale: Scale) -> NDArray[np.float64]:
    """The errors in training and test, ``[2, seeds, widths]``."""
    found = np.zeros((2, scale.seeds, len(scale.widths)))
    for seed in range(scale.seeds):
        data = noisy(train, seed)
        for place, width in enumerate(scale.widths):
            model = net_of(width).torch(seed=seed)
            fit(model, data, loss, steps=scale.steps, rate=5e-3)
            found[:, seed, place] = [errors(model, part, loss)[0] for part in (data, test)]
            print(f"seed {seed}, width {width}: test error {found[1, seed, place]:.1%}")
    return found


def draw(results: Mapping[str, NDArray[np.float64]], scale: Scale, path: Path) -> None:
    """For each loss, the errors over the number of parameters: mean and range of seeds."""
    figure, plots = axes(len(results))
    params = [net_of(width).params for width in scale.widths]
    for plot, (name, found) in zip(plots, results.items(), strict=True):
        for values, (label, color) in zip(found, PARTS.items(), strict=True):
            curve(plot, params, 100 * values, label, color)
        plot.axvline(LOSSES[name][1], color="grey", ls=":", label="as many as values to fit")
        plot.set(xscale="log", xlabel="parameters", ylabel="error in %", title=name, ylim=(-2, 100))
    handles = plots[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False)
    save(figure, path)


def main() -> None:
    given = options(__doc__, FOLDER)
    scale = Scale((2, 10), seeds=1, steps=20) if given.short else Scale()
    train, test = load()
    results = {name: experiment(train, test, loss, scale) for name, (loss, _) in LOSSES.items()}
    draw(results, scale, given.out / "double_descent.svg")


if __name__ == "__main__":
    main()
