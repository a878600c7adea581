"""What ten layers make of values and gradients, by what stands between them.

Run as ``python -m examples.course.activations [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from torch import nn

from examples.course.common import COLORS, FOLDER, digits, draw_run, layers, started
from examples.experiment import axes, options, save

__all__ = ["main"]

NETS = ("with_sigmoid", "with_tanh", "with_relu")


def main() -> None:
    given = options(__doc__, FOLDER)
    data = digits()
    steps = 10 if given.short else 400
    figure, (values, gradients, losses) = axes(3)
    for name, color in zip(NETS, COLORS, strict=False):
        label = name.removeprefix("with_")
        deviation, gradient = layers(
            started(f"activations.net:{name}", nn.init.xavier_uniform_), data
        )
        values.plot(range(1, 10), deviation, marker=".", color=color, label=label)
        gradients.semilogy(range(1, 10), gradient, marker=".", color=color)
        changes = (f"arch={name}", f"steps={steps}")
        outcome = draw_run(losses, label, color, "activations.net", *changes)
        ratio = gradient[0] / gradient[-1]
        print(f"{label}: first gradient {ratio:.1g} of the last, {outcome}")
    values.set(title="deviation of the values at the start", xlabel="layer", ylim=0)
    gradients.set(title="length of the gradient at the start", xlabel="layer")
    losses.set(title="training loss", xlabel="step", ylim=0)
    values.legend(frameon=False)
    save(figure, given.out / "activations.svg")


if __name__ == "__main__":
    main()
