"""What the pages share: their folder, the digits, a run of a recipe, and a look into a net."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import netlang
from examples.experiment import Examples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLORS", "FOLDER", "digits", "draw_losses", "draw_run", "layers", "started", "trained"]

FOLDER = Path(__file__).parent
COLORS = ("tab:red", "tab:orange", "tab:blue", "tab:green")


def digits() -> Examples:
    """The images of 8x8 that scikit-learn holds, ``[1797, 1, 8, 8]`` from 0 to 1."""
    found = load_digits()
    x = torch.tensor(found.images[:, None] / 16, dtype=torch.float32)
    return Examples(x, torch.tensor(found.target))


def started(spec: str, rule: Callable[[Tensor], Tensor]) -> nn.Module:
    """A net of this folder whose linear maps have weights by a rule, and biases of 0."""
    net = netlang.load(FOLDER / spec).torch(seed=0)
    for each in net.modules():
        if isinstance(each, nn.Linear):
            rule(each.weight)
            nn.init.zeros_(each.bias)
    return net


@contextmanager
def trained(recipe: str, *changes: str) -> Iterator[netlang.Run]:
    """The run of a recipe of this folder; its files are removed at the end."""
    with TemporaryDirectory() as out:
        yield netlang.train(FOLDER / recipe, *changes, out=out, quiet=True, device="cpu")


def draw_losses(plot: Axes, run: netlang.Run, label: str, color: str) -> None:
    """The training loss over the steps."""
    rows = [row for row in run.history if "loss" in row]
    steps, losses = ([row[key] for row in rows] for key in ("step", "loss"))
    plot.plot(steps, losses, color=color, label=label)


def draw_run(plot: Axes, label: str, color: str, recipe: str, *changes: str) -> str:
    """Train, draw the loss, and say how it ended; a loss may stop being a number (E0736)."""
    try:
        with trained(recipe, *changes) as run:
            draw_losses(plot, run, label, color)
            return f"test accuracy {run.scores['test accuracy']:.1%}"
    except netlang.NetlangError as error:
        if [each.code for each in error.diagnostics] != ["E0736"]:
            raise
        plot.plot([], [], color=color, label=f"{label}: no number")
        return error.diagnostics[0].message


def layers(net: nn.Module, data: Examples, prefix: str = "act") -> tuple[list[float], list[float]]:
    """Of each layer `prefix`1, `prefix`2 and so on: the deviation of its values, and the length of
    the gradient of the loss by them, for an example in the mean."""
    values: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        output.retain_grad()
        values.append(output)

    hooks = [
        each.register_forward_hook(keep)
        for name, each in net.named_children()
        if name.startswith(prefix)
    ]
    nn.functional.cross_entropy(net(data.x), data.y, reduction="sum").backward()
    for hook in hooks:
        hook.remove()
    gradients = [value.grad for value in values]
    return (
        [value.std().item() for value in values],
        [grad.flatten(1).norm(dim=1).mean().item() for grad in gradients if grad is not None],
    )
