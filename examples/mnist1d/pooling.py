"""Does pooling help? Four ways to halve a signal, or none, over the number of training examples.

Each run is the recipe of pooling.net, on a folder with as many of the examples.

    python -m examples.mnist1d.pooling [--short] [--out FOLDER]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

import numpy as np
from numpy.typing import NDArray

from examples.experiment import axes, curve, options, save
from examples.mnist1d.common import FOLDER, load
from netlang.backends.torch.train import train
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions

__all__ = ["main"]

NETS = {
    "no_pooling": ("neither", "tab:grey"),
    "stride": ("convolutions of stride 2", "tab:red"),
    "average_pooling": ("average pooling", "tab:orange"),
    "max_pooling": ("max pooling", "tab:blue"),
}


@final
@dataclass(frozen=True)
class Scale:
    """How much is computed."""

    sizes: tuple[int, ...] = (250, 500, 1000, 2000, 4000)
    seeds: int = 3
    steps: int = 1000


def write_parts(folder: Path, size: int) -> None:
    """The data set with the first `size` of its training examples, as arrays in files."""
    folder.mkdir()
    training, test = load()
    np.savez(folder / "train.npz", x=training.x[:size], label=training.y[:size])
    np.savez(folder / "test.npz", x=test.x, label=test.y)


def error(net: str, data: Path, seed: int, steps: int) -> float:
    """The test error of a net trained by the recipe."""
    changes = (f"arch={net}", f"seed={seed}", f"steps={steps}")
    recipe, program = load_recipe(FOLDER / "pooling.net", changes)
    with TemporaryDirectory() as out:
        result = train(recipe, program, RunOptions(Path(out), Places({"signals": data})))
    assert result.test is not None
    return result.test.error


def experiment(scale: Scale) -> dict[str, NDArray[np.float64]]:
    """For each net, the test errors, ``[seeds, sizes]``."""
    found = {net: np.zeros((scale.seeds, len(scale.sizes))) for net in NETS}
    with TemporaryDirectory() as folder:
        for place, size in enumerate(scale.sizes):
            data = Path(folder, str(size))
            write_parts(data, size)
            for net, errors in found.items():
                for seed in range(scale.seeds):
                    errors[seed, place] = error(net, data, seed, scale.steps)
                print(f"{size} examples, {net}: errors {errors[:, place].round(3)}")
    return found


def draw(found: dict[str, NDArray[np.float64]], scale: Scale, path: Path) -> None:
    """The test errors over the number of training examples: mean and range of seeds."""
    figure, (plot,) = axes(1)
    for net, (label, color) in NETS.items():
        curve(plot, scale.sizes, 100 * found[net], label, color)
    plot.set(xscale="log", xlabel="training examples", ylabel="test error in %")
    plot.set_xticks(scale.sizes, map(str, scale.sizes))
    plot.minorticks_off()
    plot.legend(frameon=False)
    save(figure, path)


def main() -> None:
    given = options(__doc__, FOLDER)
    scale = Scale((250, 500), seeds=1, steps=20) if given.short else Scale()
    draw(experiment(scale), scale, given.out / "pooling.svg")


if __name__ == "__main__":
    main()
