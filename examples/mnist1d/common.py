"""The data of the experiments and their folder."""

from __future__ import annotations

from pathlib import Path

import torch
from mnist1d.data import get_dataset_args, make_dataset

from examples.experiment import Examples

__all__ = ["FOLDER", "load"]

FOLDER = Path(__file__).parent


def load() -> tuple[Examples, Examples]:
    """Signals ``[n, 40]`` and their classes: 4,000 to train on and 1,000 to test on."""
    made = make_dataset(get_dataset_args())
    x, y, x_test, y_test = (torch.tensor(made[key]) for key in ("x", "y", "x_test", "y_test"))
    return Examples(x.float(), y), Examples(x_test.float(), y_test)
