"""What one layer can tell apart, and what a hidden layer adds.

Run as ``python -m examples.course.perceptron [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import make_moons
from torch import nn

import netlang
from examples.course.common import FOLDER
from examples.experiment import axes, options, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["main"]

OF_CLASSES = ("tab:orange", "tab:blue")
NETS = ("perceptron", "mlp")
Points = NDArray[np.float32]


def moons(count: int, seed: int) -> tuple[Points, NDArray[np.int64]]:
    """Points of two half-moons that reach into one another, ``[count, 2]``, and whose they are."""
    points, labels = make_moons(count, noise=0.15, random_state=seed)
    return points.astype(np.float32), labels.astype(np.int64)


def show(plot: Axes, net: nn.Module, points: Points, labels: NDArray[np.int64]) -> None:
    """The points, and the two regions that the net sees."""
    across, up = np.meshgrid(np.linspace(-2, 3, 101), np.linspace(-1.5, 2, 71))
    with torch.no_grad():
        scores = net(torch.tensor(np.stack([across.ravel(), up.ravel()], 1), dtype=torch.float32))
    lead = (scores[:, 1] - scores[:, 0]).reshape(across.shape)
    plot.contourf(across, up, lead, levels=[-np.inf, 0, np.inf], colors=OF_CLASSES, alpha=0.2)
    for label, color in enumerate(OF_CLASSES):
        x, y = points[labels == label].T
        plot.scatter(x, y, s=8, color=color)
    plot.grid(visible=False)


def main() -> None:
    given = options(__doc__, FOLDER)
    figure, plots = axes(2)
    with TemporaryDirectory() as folder:
        data = Path(folder, "moons")
        data.mkdir()
        for part, seed in (("train", 0), ("test", 1)):
            points, labels = moons(400, seed)
            np.savez(data / f"{part}.npz", x=points, label=labels)
        for plot, name in zip(plots, NETS, strict=True):
            run = netlang.train(
                FOLDER / "perceptron.net", f"arch={name}", steps=20 if given.short else 600,
                data={"moons": data}, out=Path(folder, name), quiet=True,
            )  # fmt: skip
            accuracy = run.scores["test accuracy"]
            print(f"{name}: {run.net.params} parameters, test accuracy {accuracy:.1%}")
            show(plot, run.torch(), points, labels)
            plot.set(title=f"{name}: {accuracy:.1%} of new points", xticks=[], yticks=[])
    save(figure, given.out / "perceptron.svg")


if __name__ == "__main__":
    main()
