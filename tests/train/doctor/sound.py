"""Recipes that are sound: the doctor finds nothing wrong in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.quality import ROOT
from tests.train.doctor.support import CONV, Arrays, colours, digits, recipe_text

__all__ = ["SOUND", "Sound"]


@dataclass(frozen=True)
class Sound:
    """A recipe that is bundled or an example, or a text with data; `quick` ones run everywhere."""

    spec: str = ""
    changes: tuple[str, ...] = ()
    body: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    data: Callable[[], Arrays] = digits
    quick: bool = False

    @property
    def text(self) -> str:
        return recipe_text(self.body, self.keys)


def table() -> Arrays:
    """Rows of 6 numbers of unlike sizes, and a number that depends on them."""
    draws = np.random.default_rng(0)
    sizes, weights = np.array([1, 5, 20, 0.5, 3, 8]), draws.normal(size=6)
    parts: Arrays = {}
    for name, count in {"train": 600, "test": 200}.items():
        x = draws.normal(size=(count, 6))
        y = np.tanh(x @ weights)[:, None] + draws.normal(0, 0.05, (count, 1))
        parts[name] = {"x": (x * sizes + 3).astype(np.float32), "y": y.astype(np.float32)}
    return parts


def rings() -> Arrays:
    """Points of the plane in and around a circle: a decision."""
    draws = np.random.default_rng(0)
    parts: Arrays = {}
    for name, count in {"train": 600, "test": 200}.items():
        x = draws.normal(size=(count, 2)).astype(np.float32)
        inside = (np.square(x).sum(1) < 1.4).astype(np.float32)[:, None]
        parts[name] = {"x": x, "label": inside}
    return parts


def masks() -> Arrays:
    """Bright blobs on noise, and where they are."""
    draws = np.random.default_rng(0)
    parts: Arrays = {}
    for name, count in {"train": 200, "test": 60}.items():
        mask = draws.integers(0, 2, (count, 4, 4)).repeat(4, 1).repeat(4, 2)
        scan = 0.8 * mask[:, None] + draws.normal(0, 0.2, (count, 1, 16, 16))
        parts[name] = {"x": scan.astype(np.float32), "organ": mask}
    return parts


SOUND: dict[str, Sound] = {
    "digits": Sound(str(ROOT / "examples" / "digits.net")),
    "mnist1d": Sound("mnist1d"),
    "mnist1d with sgd": Sound("mnist1d", ("arch=mlp", "optimizer=sgd(lr=0.1, momentum=0.9)")),
    "recurrent": Sound("mnist1d", ("arch=rnn",)),
    "residual": Sound("mnist1d_residual"),
    "variational": Sound("vae:digits"),
    "convolutions": Sound(body=CONV, keys={"augment": "random_crop(8, pad=1)"}, quick=True),
    "colours": Sound(
        body=CONV.replace("[1, H=8, W=8]", "[3, H=8, W=8]"),
        keys={"data": 'arrays("set", sizes=[3, 8, 8])', "optimizer": "sgd(lr=0.1, momentum=0.9)"},
        data=colours,
    ),
    "regression": Sound(
        body="    input x: [6]\n    linear(32) -> tanh -> linear(1)\n",
        keys={
            "data": 'arrays("set", sizes=[6], targets=["y"])',
            "normalize": "standardize(per=element)",
            "loss": "mse",
        },
        data=table,
        quick=True,
    ),
    "decision": Sound(
        body="    input x: [2]\n    linear(32) -> relu -> linear(16) -> relu -> linear(1)\n",
        keys={
            "data": 'arrays("set", sizes=[2])',
            "loss": "binary_cross_entropy_with_logits",
        },
        data=rings,
        quick=True,
    ),
    "segmentation": Sound(
        body="    input scan: [1, H=16, W=16]\n"
        "    conv(8, 3x3, pad=1) -> relu -> conv(8, 3x3, pad=1) -> relu -> conv(2, 1x1)\n",
        keys={
            "data": 'arrays("set", sizes=[1, 16, 16], targets=["organ"])',
            "loss": "cross_entropy + 0.5 * dice(softmax(output), organ)",
        },
        data=masks,
    ),
    "sigmoids": Sound(
        body="    input image: [1, 8, 8]\n    flatten -> linear(64) -> sigmoid -> linear(10)\n"
    ),
}
