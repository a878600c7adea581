"""Models of Keras that the tests import; it is needed once one of them is made."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["named", "nested", "network"]


def _unit(x: Any, width: int, name: str) -> Any:
    keras: Any = import_module("keras")
    layers = keras.layers
    y = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{name}_1_conv")(x)
    y = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_1_bn")(y)
    y = layers.ReLU(6.0, name=f"{name}_1_relu")(y)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1, name=f"{name}_2_conv")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def network() -> Any:
    """Most layers that are read, in two equal blocks and around them."""
    keras: Any = import_module("keras")
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


def _part(width: int, name: str) -> Any:
    keras: Any = import_module("keras")
    layers = keras.layers
    conv = layers.Conv2D(width, 3, padding="same", activation="relu", name="conv")
    norm = layers.BatchNormalization(name="bn")
    return keras.Sequential([keras.Input((8, 8, width)), conv, norm], name=name)


def nested() -> Any:
    """A model of two equal models and one that has another in it."""
    keras: Any = import_module("keras")
    layers = keras.layers
    image = keras.Input((8, 8, 3), name="image")
    x = _part(4, "second")(_part(4, "first")(layers.Conv2D(4, 1, name="stem")(image)))
    maps = keras.Input((8, 8, 4))
    pooled = layers.GlobalAveragePooling2D(name="pool")(_part(4, "inner")(maps))
    head = keras.Model(maps, layers.Dense(3, name="fc")(pooled), name="head")
    return keras.Model(image, head(x))


def named() -> Any:
    """A model whose input and outputs have names."""
    keras: Any = import_module("keras")
    image = keras.Input((8,), name="image")
    second, first = (keras.layers.Dense(2, name=name)(image) for name in ("b", "a"))
    return keras.Model({"image": image}, {"second": second, "first": first})
