"""Does a deeper net train better? Plain and residual nets of 20 and 56 layers on MNIST-1D.

Run as ``python -m examples.course.residual [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory

import netlang
from examples.course.common import FOLDER
from examples.experiment import axes, options, save

__all__ = ["main"]

PLOTS = {"plain": ("plain20", "plain56"), "residual": ("residual20", "residual56")}
COLORS = {"20": "tab:orange", "56": "tab:blue"}


def main() -> None:
    given = options(__doc__, FOLDER)
    changes = ("steps=10", "schedule=constant") if given.short else ()
    figure, plots = axes(2)
    for plot, (title, nets) in zip(plots, PLOTS.items(), strict=True):
        for net in nets:
            depth = net[-2:]
            with TemporaryDirectory() as out:
                run = netlang.train(
                    FOLDER / "residual.net", f"arch={net}", *changes, out=out, quiet=True
                )
                scores = run.evaluate("train")
                rows = [row for row in run.history if "loss" in row]
            print(f"{net}: training loss {scores['loss']:.4f}, accuracy {scores['accuracy']:.1%}")
            steps, losses = ([row[key] for row in rows] for key in ("step", "loss"))
            plot.plot(steps, losses, color=COLORS[depth], label=f"{depth} layers")
        plot.set(title=title, xlabel="step", ylabel="training loss", ylim=(0, 2.5))
        plot.legend(frameon=False)
    save(figure, given.out / "residual.svg")


if __name__ == "__main__":
    main()
