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
from tests.importing.keras.models import named, nested, network

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


def test_models_in_models() -> None:
    net = netlang.from_keras(nested(), name="nested")
    assert net.text is not None
    assert net.weights is not None
    assert "block unit {" in net.text
    for line in ("first: unit", "second: unit", "head: {", "inner: unit"):
        assert line in net.text, net.text
    assert "head.inner.conv.weight" in net.weights


def test_outputs_by_name_are_in_the_order_of_the_names() -> None:
    net = netlang.from_keras(named())
    assert net.text is not None
    assert "output output0: a\n    output output1: b\n" in net.text


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
