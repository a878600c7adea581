"""Small models of Keras as specs, each compared with Keras. They are skipped without Keras."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import torch

import netlang
from netlang.backends.torch.importing.keras.kinds import numbers_of
from tests.cli.support import Runner

os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras")
# Keras's own, of numpy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FACTORY = """\
import keras

def net():
    return keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(4)])
"""


LINES = (
    "input image: [3, 16, 16]",
    "block unit {",
    "conv2_block2: unit",
    "conv1: conv(8, 3x3, pad=1, bias=false)",
    "pad(0, after=1)",
    "softmax(0)",
)


def _unit(x: Any, width: int, name: str) -> Any:
    layers = keras.layers
    y = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{name}_1_conv")(x)
    y = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_1_bn")(y)
    y = layers.ReLU(6.0, name=f"{name}_1_relu")(y)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1, name=f"{name}_2_conv")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def network() -> Any:
    """Most layers that are read, in two equal blocks and around them."""
    layers = keras.layers
    image = keras.Input((16, 16, 3), name="image")
    x = layers.Rescaling(1 / 255.0, offset=-0.5, name="rescale")(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="swish", name="stem")(x)
    for number in (1, 2):
        x = _unit(x, 8, f"conv2_block{number}")
    gate = layers.GlobalAveragePooling2D(name="pool")(x)
    gate = layers.Reshape((1, 1, 8), name="places")(gate)
    gate = layers.Conv2D(8, 1, activation="sigmoid", name="gate")(gate)
    x = layers.Multiply(name="type")([x, gate])
    x = layers.ZeroPadding2D(1, name="pad")(x)
    high = layers.MaxPooling2D(3, 2, name="high")(x)
    mean = layers.AveragePooling2D(3, 2, name="mean")(x)
    x = layers.Concatenate(name="both")([high, mean])
    x = layers.Dropout(0.2, name="drop")(layers.Flatten(name="flat")(x))
    return keras.Model(image, layers.Dense(5, activation="softmax", name="classes")(x))


def test_most_layers() -> None:
    model = network()
    rng = np.random.default_rng(0)
    for each in model.weights:
        each.assign(rng.uniform(0.1, 1, each.shape).astype(np.float32))
    before = [numbers_of(each) for each in model.weights]
    net = netlang.from_keras(model, name="tagger")
    after = [numbers_of(each) for each in model.weights]
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))
    assert net.text is not None
    for line in LINES:
        assert line in net.text, net.text
    image = rng.uniform(0, 255, (2, 16, 16, 3)).astype(np.float32)
    own = net.torch(net.weights).eval()
    with torch.no_grad():
        found = own(torch.from_numpy(image).permute(0, 3, 1, 2).contiguous())
    assert torch.allclose(found, numbers_of(model(image, training=False)), atol=1e-5)


def _part(width: int, name: str) -> Any:
    layers = keras.layers
    conv = layers.Conv2D(width, 3, padding="same", activation="relu", name="conv")
    norm = layers.BatchNormalization(name="bn")
    return keras.Sequential([keras.Input((8, 8, width)), conv, norm], name=name)


def nested() -> Any:
    """A model of two equal models and one that has another in it."""
    layers = keras.layers
    image = keras.Input((8, 8, 3), name="image")
    x = _part(4, "second")(_part(4, "first")(layers.Conv2D(4, 1, name="stem")(image)))
    maps = keras.Input((8, 8, 4))
    pooled = layers.GlobalAveragePooling2D(name="pool")(_part(4, "inner")(maps))
    head = keras.Model(maps, layers.Dense(3, name="fc")(pooled), name="head")
    return keras.Model(image, head(x))


def test_models_in_models() -> None:
    net = netlang.from_keras(nested(), name="nested")
    assert net.text is not None
    assert net.weights is not None
    assert "block unit {" in net.text
    for line in ("first: unit", "second: unit", "head: {", "inner: unit"):
        assert line in net.text, net.text
    assert "head.inner.conv.weight" in net.weights


def test_a_factory(run: Runner) -> None:
    (run.folder / "of_keras.py").write_text(FACTORY)
    done = run("import", "of_keras:net", "-o", "a.net", "--weights-out", "a.safetensors")
    assert done.status == 0, done.err
    assert "2 keys are those of the source" in done.out
    assert run("check", "a.net").status == 0
    given = run("import", "of_keras:net", "--input", "[3, 8, 8]", "-o", "b.net")
    assert "a model of Keras says what it is given" in given.err


def test_what_is_refused() -> None:
    layers = keras.layers
    image = keras.Input((8, 8, 3))
    other = keras.Model(image, layers.LayerNormalization(name="norm")(image))
    with pytest.raises(netlang.NetlangError, match=r"E0982(.|\n)*LayerNormalization +1 +norm"):
        netlang.from_keras(other)
    conv = layers.Conv2D(3, 3, padding="same")
    twice = keras.Model(image, conv(conv(image)))
    with pytest.raises(netlang.NetlangError, match=r"E0981.*applied twice"):
        netlang.from_keras(twice)
    any_size = keras.Input((None, None, 3))
    with pytest.raises(netlang.NetlangError, match=r"E0981.*any size"):
        netlang.from_keras(keras.Model(any_size, layers.ReLU()(any_size)))

    own = type("Own", (keras.Model,), {"call": lambda self, x: x})
    with pytest.raises(netlang.NetlangError, match=r"E0981.*code of its own"):
        netlang.from_keras(own())
    with pytest.raises(TypeError, match=r"not a keras\.Model"):
        netlang.from_keras(torch.nn.ReLU())
