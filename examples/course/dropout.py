"""A net of 300,000 weights on 3,000 signals, with dropout and without.

Run as ``python -m examples.course.dropout [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from examples.course.common import COLORS, FOLDER, draw_losses, trained
from examples.experiment import axes, options, save

__all__ = ["main"]


def main() -> None:
    given = options(__doc__, FOLDER)
    steps = 50 if given.short else 1500
    figure, (training, validation) = axes(2)
    for p, color in zip((0.0, 0.3, 0.6), COLORS[1:], strict=True):
        with trained("dropout.net", f"p={p}", f"steps={steps}") as run:
            draw_losses(training, run, f"p={p}", color)
            rows = [row for row in run.history if "validation_loss" in row]
            accuracy = run.scores["test accuracy"]
        places, losses = ([row[key] for row in rows] for key in ("step", "validation_loss"))
        validation.plot(places, losses, color=color)
        print(
            f"p={p}: validation loss {min(losses):.2f} at best, {losses[-1]:.2f} at the end;"
            f" test accuracy of the best weights {accuracy:.1%}"
        )
    training.set(title="loss of the batches", xlabel="step", ylim=(0, 2.5))
    validation.set(title="validation loss", xlabel="step", ylim=(0.8, 2.5))
    training.legend(frameon=False)
    save(figure, given.out / "dropout.svg")


if __name__ == "__main__":
    main()
