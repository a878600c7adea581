"""Five optimizers in a ravine: a net of two weights, so that each step can be drawn.

Run as ``python -m examples.course.optimizers [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn, optim

import netlang
from examples.course.common import FOLDER
from examples.experiment import axes, options, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["main"]

Weights = Iterable[nn.Parameter]
OPTIMIZERS: dict[str, tuple[Callable[[Weights], optim.Optimizer], str]] = {
    "sgd(0.041)": (lambda weights: optim.SGD(weights, lr=0.041), "tab:red"),
    "sgd(0.03)": (lambda weights: optim.SGD(weights, lr=0.03), "tab:orange"),
    "momentum 0.9": (lambda weights: optim.SGD(weights, lr=0.01, momentum=0.9), "tab:blue"),
    "rmsprop": (lambda weights: optim.RMSprop(weights, lr=0.1), "tab:purple"),
    "adam": (lambda weights: optim.Adam(weights, lr=0.3), "tab:green"),
}
START, LOWEST = (-4.0, 2.0), (1.0, 1.0)
STRETCH = 5.0


def points(count: int = 256) -> tuple[Tensor, Tensor]:
    """Inputs ``[count, 2]``, the second `STRETCH` times as large as the first, and the answers."""
    x = torch.randn(count, 2, generator=torch.Generator().manual_seed(0))
    # Of mean 0 and deviation 1, and independent: the axes of the ravine are those of the weights.
    x = torch.linalg.qr(x - x.mean(0))[0] * count**0.5
    x = x * torch.tensor([1.0, STRETCH])
    return x, x @ torch.tensor([LOWEST]).T


def path(made: Callable[[Weights], optim.Optimizer], steps: int) -> NDArray[np.float64]:
    """The two weights before each step and after the last, ``[steps + 1, 2]``."""
    x, y = points()
    net = netlang.load(FOLDER / "optimizers.net").torch(seed=0)
    net.load_state_dict({"w.weight": torch.tensor([START])})
    optimizer = made(net.parameters())
    places = [START]
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
        places.append(tuple(net.get_parameter("w.weight")[0].tolist()))
    return np.array(places)


def loss(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean squared error of weights ``[..., 2]``: a sum of two parabolas."""
    found: NDArray[np.float64] = ((weights - LOWEST) ** 2 * (1, STRETCH**2)).sum(-1)
    return found


def draw_ravine(plot: Axes) -> None:
    grid = np.stack(np.meshgrid(np.linspace(-5, 3, 160), np.linspace(-1, 3, 120)), -1)
    heights = np.geomspace(0.05, 150, 12)
    plot.contour(grid[..., 0], grid[..., 1], loss(grid), levels=heights, colors="0.8")
    plot.plot(*LOWEST, marker="*", color="black", markersize=10)
    plot.set(title="the weights", xlabel="first weight", ylabel="second weight")
    plot.set(xlim=(-5, 3), ylim=(-1, 3))


def main() -> None:
    given = options(__doc__, FOLDER)
    steps = 5 if given.short else 60
    figure, (plane, losses) = axes(2)
    draw_ravine(plane)
    for name, (made, color) in OPTIMIZERS.items():
        places = path(made, steps)
        values = loss(places)
        plane.plot(*places[:21].T, marker=".", markersize=3, lw=0.8, color=color)
        losses.semilogy(values, color=color, label=name)
        print(f"{name}: loss {values[0]:.0f} at the start, {values[-1]:.2g} after {steps} steps")
    losses.set(title="loss", xlabel="step", ylim=(1e-6, 1e5))
    losses.legend(frameon=False, fontsize="small", ncols=2, loc="upper center")
    save(figure, given.out / "optimizers.svg")


if __name__ == "__main__":
    main()
