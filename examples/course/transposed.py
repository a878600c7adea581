"""A convolution as a matrix, its transpose, and the checkerboard of overlapping windows.

Run as ``python -m examples.course.transposed [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

import netlang
from examples.course.common import FOLDER
from examples.experiment import axes, options, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["main", "matrix_of"]

SPEC = FOLDER / "transposed.net"


def matrix_of(module: nn.Module, places: int) -> Tensor:
    """The matrix of a map of signals ``[1, places]``: column i is what unit signal i becomes."""
    with torch.no_grad():
        unit_signals = torch.eye(places)[:, None, :]
        found: Tensor = module(unit_signals)[:, 0, :].T
    return found


def windows_on(kernel: int) -> list[float]:
    """How many windows of a transposed convolution write to each place of its output."""
    net = netlang.load(f"{SPEC}:windows", kernel=kernel).torch(seed=0)
    nn.init.ones_(net.get_parameter("conv1.weight"))
    with torch.no_grad():
        found: list[float] = net(torch.ones(1, 1, 8))[0, 0].tolist()
    return found


def show(plot: Axes, matrix: Tensor, title: str) -> None:
    """The numbers of a matrix in its cells; those outside of every window stay white."""
    plot.imshow(matrix.numpy(), cmap="Blues", vmin=0, vmax=8)
    for row, column in matrix.nonzero().tolist():
        plot.text(column, row, f"{matrix[row, column]:.0f}", ha="center", va="center")
    plot.grid(visible=False)
    plot.set_xticks(range(matrix.shape[1]))
    plot.set_yticks(range(matrix.shape[0]))
    plot.set(title=title, xlabel="place of the input", ylabel="place of the output")


def main() -> None:
    given = options(__doc__, FOLDER)
    down, up = (netlang.load(f"{SPEC}:{name}").torch(seed=0) for name in ("down", "up"))
    for net in (down, up):
        net.load_state_dict({"conv1.weight": torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])})
    forward, back = matrix_of(down, 8), matrix_of(up, 4)
    print(f"the matrix of `up` is the transpose of that of `down`: {torch.equal(back, forward.T)}")

    figure, (first, second, third) = axes(3)
    show(first, forward, "conv(1, 4, stride=2, pad=1)")
    show(second, back, "conv_transpose(1, 4, stride=2, pad=1)")
    for kernel, color in ((3, "tab:red"), (4, "tab:blue")):
        count = windows_on(kernel)
        third.step(range(len(count)), count, where="mid", color=color, label=f"kernel {kernel}")
    third.set_yticks([0, 1, 2])
    third.set(title="windows on a place, stride 2", xlabel="place of the output", ylim=(0, 2.5))
    third.legend(frameon=False)
    save(figure, given.out / "transposed.svg")


if __name__ == "__main__":
    main()
