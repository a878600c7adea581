"""Which learning rates a net of eight convolutions stands, with batch norms and without.

Run as ``python -m examples.course.batch_norm [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from examples.course.common import COLORS, FOLDER, draw_run
from examples.experiment import axes, options, save

__all__ = ["main"]

NETS = {"without_norm": "without batch norm", "with_norm": "with batch norm"}
RATES = (0.003, 0.03, 0.3)


def main() -> None:
    given = options(__doc__, FOLDER)
    steps = 10 if given.short else 150
    figure, plots = axes(2)
    for plot, (net, title) in zip(plots, NETS.items(), strict=True):
        for rate, color in zip(RATES, COLORS[1:], strict=True):
            changes = (f"arch={net}", f"optimizer=sgd(lr={rate}, momentum=0.9)", f"steps={steps}")
            outcome = draw_run(plot, f"rate {rate}", color, "batch_norm.net", *changes)
            print(f"{title}, rate {rate}: {outcome}")
        plot.set(title=title, xlabel="step", ylabel="training loss", ylim=(0, 2.5))
        plot.legend(frameon=False)
    save(figure, given.out / "batch_norm.svg")


if __name__ == "__main__":
    main()
