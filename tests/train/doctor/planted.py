"""The planted mistakes: a recipe or data with one each, and what the doctor has to call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.data.channels import ChannelStatistics
from netlang.backends.torch.doctor.data.classes import ClassCounts
from netlang.backends.torch.doctor.data.duplicates import Duplicates
from netlang.backends.torch.doctor.data.finite import FiniteData
from netlang.backends.torch.doctor.data.ranges import ValueRanges
from netlang.backends.torch.doctor.net.batch_of_one import BatchOfOne
from netlang.backends.torch.doctor.net.frozen import FrozenParts
from netlang.backends.torch.doctor.net.layers import Layers
from netlang.backends.torch.doctor.net.outputs import LogitsWanted
from netlang.backends.torch.doctor.net.reduction import Reduction
from netlang.backends.torch.doctor.trained.labels import LabelsAndInputs
from netlang.backends.torch.doctor.trained.rates import Rates
from netlang.backends.torch.doctor.trained.reached import Reached
from tests.train.doctor.support import CONV, Arrays, colours, digits, recipe_text

__all__ = ["PLANTED", "SLOW", "Planted", "by_class"]


@dataclass(frozen=True)
class Planted:
    """A mistake, the `name` it has to get, and the check that finds it alone."""

    name: str
    check: type[Check] | None
    body: str = CONV
    keys: dict[str, str] = field(default_factory=dict)
    data: Callable[[], Arrays] = digits

    @property
    def text(self) -> str:
        return recipe_text(self.body, self.keys)


def shuffled() -> Arrays:
    parts = digits()
    np.random.default_rng(1).shuffle(parts["train"]["label"])
    return parts


def test_shuffled() -> Arrays:
    parts = digits()
    np.random.default_rng(1).shuffle(parts["test"]["label"])
    return parts


def in_bytes_as_floats() -> Arrays:
    parts = digits()
    for part in parts.values():
        part["x"] = part["x"] * np.float32(255)
    return parts


def with_nan() -> Arrays:
    parts = digits()
    parts["train"]["x"][7, 0, 3, 3] = np.nan
    return parts


def leaked() -> Arrays:
    parts = digits()
    for name in ("x", "label"):
        parts["train"][name] = np.concatenate([parts["train"][name], parts["test"][name][:20]])
    return parts


def mirrored_test() -> Arrays:
    parts = digits()
    test = parts["test"]
    test["x"] = np.concatenate([test["x"], test["x"][..., ::-1]])
    test["label"] = np.concatenate([test["label"], test["label"]])
    return parts


def swapped() -> Arrays:
    parts = colours()
    parts["test"]["x"] = np.ascontiguousarray(parts["test"]["x"][:, ::-1])
    return parts


def by_class() -> Arrays:
    parts = digits()
    order = np.argsort(parts["train"]["label"], kind="stable")
    parts["train"] = {name: value[order] for name, value in parts["train"].items()}
    return parts


def without_class(*names: str) -> Callable[[], Arrays]:
    def made() -> Arrays:
        parts = digits()
        for name in names:
            kept = parts[name]["label"] != 4
            parts[name] = {key: value[kept] for key, value in parts[name].items()}
        return parts

    return made


PLAIN = """\
    input image: [1, 8, 8]
    flatten
    one: linear(64) -> act: relu
    two: linear(10)
"""
SLOW = """\
    input image: [1, 8, 8]
    conv(6, 5x5, pad=2) -> tanh -> avgpool(2x2)
    conv(16, 3x3, pad=1) -> tanh -> avgpool(2x2)
    flatten -> linear(60) -> tanh -> linear(10)
"""
TWO_HEADS = """\
    input image: [1, 8, 8]
    flatten -> one: linear(32) -> relu
    hidden: linear(16)
    output aside: relu -> linear(5)
    output logits: { hidden -> linear(10) }
"""
CUT = """\
    input image: [1, 8, 8]
    flatten
    branch: { one: linear(32) -> round }
    linear(10)
"""
BY_HAND = """\
    input image: [1, 8, 8]
    flatten -> linear(64) -> relu -> linear(10) -> exp
    div { identity; sum([0], keep=true) }
"""
AUTOENCODER = """\
    input image: [1, 8, 8]
    flatten -> linear(32) -> relu -> linear(64)
    output made: reshape([1, 8, 8])
"""
VAE = """\
    input image: [1, 8, 8]
    hidden: { image -> flatten -> linear(64) -> relu }
    output mean: { hidden -> linear(4) }
    output logvar: { hidden -> linear(4) }
    (mean, logvar) -> gaussian_sample -> linear(64) -> relu -> linear(64) -> sigmoid
    output made: reshape([1, 8, 8])
"""
RGB = CONV.replace("[1, H=8, W=8]", "[3, H=8, W=8]")

ZERO = "constant(0.0)"

PLANTED: dict[str, Planted] = {
    "labels shuffled": Planted("labels shuffled", LabelsAndInputs, PLAIN, data=shuffled),
    "labels of the test shuffled": Planted(
        "labels shuffled in the test part", LabelsAndInputs, data=test_shuffled
    ),
    "rate 100 times too high": Planted(
        "learning rate too high", Rates, keys={"optimizer": "adam(lr=1.0)"}
    ),
    "rate 100 times too low": Planted(
        "learning rate too low", Rates, keys={"optimizer": "adam(lr=1e-4)"}
    ),
    "rate of sgd 100 times too high": Planted(
        "learning rate too high", Rates, PLAIN, {"optimizer": "sgd(lr=20.0)"}
    ),
    "rate of sgd 100 times too low": Planted(
        "learning rate too low", Rates, PLAIN, {"optimizer": "sgd(lr=2e-3)"}
    ),
    "rate at which the loss of a slow start explodes": Planted(
        "learning rate too high", Rates, SLOW, {"optimizer": "sgd(lr=10.0)"}
    ),
    "frozen layer": Planted("frozen layer", FrozenParts, keys={"freeze": '["one"]'}),
    "dead ReLUs": Planted(
        "dead ReLUs", Layers, PLAIN, {"init": "constant(-4.0, of=[biases], below=[\"one\"])"}
    ),
    "softmax before cross_entropy": Planted(
        "W0301", None, CONV.rstrip() + " -> softmax\n"
    ),
    "softmax by hand": Planted("softmax before cross_entropy", LogitsWanted, BY_HAND),
    "missing normalisation": Planted(
        "missing normalisation", ValueRanges, data=in_bytes_as_floats
    ),
    "wrong class count": Planted(
        "wrong class count", ClassCounts, CONV.replace("linear(10)", "linear(12)")
    ),
    "wrong class count, as check refuses it": Planted(
        "E0715", None, CONV.replace("linear(10)", "linear(12)"), {"data": "digits"}
    ),
    "NaN in the data": Planted("NaN in the data", FiniteData, data=with_nan),
    "zero initialisation": Planted(
        "zero initialisation", Reached, PLAIN, {"init": f"{ZERO} -> constant(0.0, of=[biases])"}
    ),
    "zero initialisation but for biases": Planted(
        "zero initialisation", Reached, PLAIN, {"init": ZERO}
    ),
    "batch of one with batch norm": Planted(
        "batch of one with batch norm", BatchOfOne, keys={"batch": "1"}
    ),
    "batch of one, as check refuses it": Planted(
        "E0744", None, CONV.replace("flatten", "flatten -> bn"), {"batch": "1"}
    ),
    "test images among training images": Planted(
        "test examples among the training examples", Duplicates, data=leaked
    ),
    "gradients cut by a branch": Planted("no gradient", Reached, CUT),
    "a branch that the loss doesn't read": Planted(
        "no gradient", Reached, TWO_HEADS, {"loss": "cross_entropy(logits, label)"}
    ),
    "sum under a rate for a mean": Planted(
        "wrong reduction of the loss",
        Reduction,
        AUTOENCODER,
        {"loss": "mse(made, image, reduction=sum)", "optimizer": "sgd(lr=0.5)"},
    ),
    "mean beside a sum": Planted(
        "wrong reduction of the loss",
        Reduction,
        VAE,
        {"loss": "mse(made, image) + kl_normal(mean, logvar)"},
    ),
    "augmentation on the test set": Planted(
        "augmentation on the test set", Duplicates, data=mirrored_test
    ),
    "augmentation in `test`": Planted("E0751", None, keys={"test": "hflip"}),
    "channels swapped": Planted(
        "channels swapped",
        ChannelStatistics,
        RGB,
        {"data": 'arrays("set", sizes=[3, 8, 8])'},
        swapped,
    ),
    "sorted by class": Planted(
        "sorted by class", ClassCounts, keys={"shuffle": "false"}, data=by_class
    ),
    "class missing in training": Planted(
        "missing class", ClassCounts, data=without_class("train")
    ),
    "class missing in the test": Planted("missing class", ClassCounts, data=without_class("test")),
}  # fmt: skip
