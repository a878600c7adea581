"""How large the first weights have to be, in ten layers with ReLU.

Run as ``python -m examples.course.initialization [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from examples.course.common import COLORS, FOLDER, digits, draw_run, layers, started
from examples.experiment import axes, options, save

__all__ = ["main"]

RULES: dict[str, Callable[[Tensor], Tensor]] = {
    "normal(0.01)": lambda weight: nn.init.normal_(weight, std=0.01),
    "xavier_normal": nn.init.xavier_normal_,
    "kaiming_normal": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "normal(0.2)": lambda weight: nn.init.normal_(weight, std=0.2),
}


def main() -> None:
    given = options(__doc__, FOLDER)
    data = digits()
    steps = 10 if given.short else 300
    figure, (values, gradients, losses) = axes(3)
    for (name, rule), color in zip(RULES.items(), COLORS, strict=True):
        deviation, gradient = layers(started("initialization.net", rule), data)
        values.semilogy(range(1, 10), deviation, marker=".", color=color, label=name)
        gradients.semilogy(range(1, 10), gradient, marker=".", color=color)
        init = f"init={name} -> constant(0, of=[biases])"
        outcome = draw_run(losses, name, color, "initialization.net", init, f"steps={steps}")
        print(f"{name}: deviation {deviation[-1]:.2g} in the last layer, {outcome}")
    values.set(title="deviation of the values at the start", xlabel="layer")
    gradients.set(title="length of the gradient at the start", xlabel="layer")
    losses.set(title="training loss", xlabel="step", ylim=(0, 4))
    values.legend(frameon=False)
    save(figure, given.out / "initialization.svg")


if __name__ == "__main__":
    main()
