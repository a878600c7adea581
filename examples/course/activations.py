"""What ten layers make of values and gradients, by what stands between them.

Run as ``python -m examples.course.activations [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from torch import nn

import netlang
from examples.course.common import COLORS, FOLDER, digits, draw_run, layers
from examples.experiment import axes, options, save

__all__ = ["main"]

NETS = ("with_sigmoid", "with_tanh", "with_relu")


def started(name: str) -> nn.Module:
    """A net with the weights of Glorot and Bengio (2010), and biases of 0."""
    net = netlang.load(f"{FOLDER / 'activations.net'}:{name}").torch(seed=0)
    for each in net.modules():
        if isinstance(each, nn.Linear):
            nn.init.xavier_uniform_(each.weight)
            nn.init.zeros_(each.bias)
    return net


def main() -> None:
    given = options(__doc__, FOLDER)
    data, _ = digits()
    steps = 10 if given.short else 400
    figure, (values, gradients, losses) = axes(3)
    for name, color in zip(NETS, COLORS, strict=False):
        label = name.removeprefix("with_")
        deviation, gradient = layers(started(name), data)
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
