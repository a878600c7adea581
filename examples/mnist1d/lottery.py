"""Lottery tickets: most weights can go if those that stay begin where they began.

A net is trained, a fifth of the weights of each layer is pruned, the smallest, the others are set
back to their first values, and so on. Beside each such ticket: its mask with other first values,
and a random mask.

    python -m examples.mnist1d.lottery [--short] [--out FOLDER]
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
from torch import Tensor, nn
from torch.nn.utils import prune  # its functions have no types

import netlang
from examples.experiment import Examples, axes, curve, errors, fit, options, save
from examples.mnist1d.common import FOLDER, load

__all__ = ["main"]

NET = netlang.load(FOLDER / "lottery.net")
LAYERS = ("hidden1", "hidden2", "output")
PRUNED = 0.2
KINDS = {
    "ticket": ("winning ticket", "tab:blue"),
    "redrawn": ("its mask, other first weights", "tab:orange"),
    "random": ("a random mask", "tab:red"),
}

Masks = Mapping[str, Tensor]
Curves = Mapping[str, NDArray[np.float64]]


@final
@dataclass(frozen=True)
class Scale:
    """How much is computed."""

    seeds: int = 3
    rounds: int = 19
    steps: int = 1000


def trained(first: Mapping[str, Tensor], masks: Masks, train: Examples, steps: int) -> nn.Module:
    """The net with these first weights, trained where the masks are 1 and zero elsewhere."""
    model = NET.torch()
    model.load_state_dict(first)
    for layer, mask in masks.items():
        pruned = model.get_submodule(layer)
        prune.custom_from_mask(pruned, "weight", mask)
    fit(model, train, F.cross_entropy, steps=steps, rate=2e-3, batch=100)
    return model


def without_smallest(model: nn.Module) -> Masks:
    """The masks of a trained model after a fifth of what was left is pruned."""
    for layer in LAYERS:
        # `weight` itself is of the last forward pass, before the last step.
        latest = model.get_parameter(f"{layer}.weight_orig")
        prune.l1_unstructured(
            model.get_submodule(layer), "weight", PRUNED, importance_scores=latest
        )
    return {layer: model.get_buffer(f"{layer}.weight_mask") for layer in LAYERS}


def shuffled(masks: Masks, generator: torch.Generator) -> Masks:
    """Masks of as many weights, at random places."""
    return {
        layer: mask.flatten()[torch.randperm(mask.numel(), generator=generator)].view_as(mask)
        for layer, mask in masks.items()
    }


def share_left(masks: Masks) -> float:
    """The share of all weights that the masks leave."""
    return torch.cat([mask.flatten() for mask in masks.values()]).mean().item()


def experiment(train: Examples, test: Examples, seed: int, scale: Scale) -> Curves:
    """The share of weights `left`, ``[rounds]``; for each kind, error and loss, ``[rounds, 2]``."""
    first, other = (NET.torch(seed=each).state_dict() for each in (seed, seed + 1000))
    generator = torch.Generator().manual_seed(seed)
    masks: Masks = {layer: torch.ones_like(first[f"{layer}.weight"]) for layer in LAYERS}
    left, scores = [], []
    for number in range(scale.rounds):
        ticket = trained(first, masks, train, scale.steps)
        redrawn = trained(other, masks, train, scale.steps)
        random = trained(first, shuffled(masks, generator), train, scale.steps)
        models = (ticket, redrawn, random)
        scores.append([errors(model, test, F.cross_entropy) for model in models])
        left.append(share_left(masks))
        print(f"seed {seed}, round {number}: {left[-1]:.1%} left, ticket {scores[-1][0][0]:.1%}")
        masks = without_smallest(ticket)
    by_kind = np.array(scores).transpose(1, 0, 2)
    return {"left": np.array(left), **dict(zip(KINDS, by_kind, strict=True))}


def draw(runs: list[Curves], path: Path) -> None:
    """Error and loss on the test part over the share of weights left: mean and range of seeds."""
    figure, plots = axes(2)
    left = (100 * runs[0]["left"]).tolist()
    for column, (plot, title, unit) in enumerate(
        zip(plots, ("test error in %", "test loss in nats"), (100, 1), strict=True)
    ):
        for kind, (label, color) in KINDS.items():
            values = unit * np.stack([run[kind][:, column] for run in runs])
            curve(plot, left, values, label, color)
        plot.set(xscale="log", xlabel="weights left in %", ylabel=title)
        plot.invert_xaxis()
        plot.set_xticks([100, 50, 20, 10, 5, 2])
        plot.xaxis.set_major_formatter("{x:g}")
        plot.xaxis.set_minor_formatter("")
    plots[0].legend(frameon=False, loc="upper left")
    save(figure, path)


def main() -> None:
    given = options(__doc__, FOLDER)
    scale = Scale(seeds=1, rounds=2, steps=20) if given.short else Scale()
    train, test = load()
    runs = [experiment(train, test, seed, scale) for seed in range(scale.seeds)]
    draw(runs, given.out / "lottery.svg")


if __name__ == "__main__":
    main()
