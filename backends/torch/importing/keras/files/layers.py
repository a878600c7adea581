"""Layers of Keras by what a file says of them: classes of a list, with arguments of a list."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from math import prod
from typing import Any

from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.keras.layers import ACTIVATIONS
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["built", "variables_of", "weights_of"]

_CONV = "kernel_size strides padding data_format dilation_rate activation use_bias"
_POOL = "pool_size strides padding data_format"
_TAKEN: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "Activation": "activation", "Add": "", "AveragePooling2D": _POOL,
        "BatchNormalization": "axis momentum epsilon center scale", "Concatenate": "axis",
        "Conv2D": f"filters groups {_CONV}", "Dense": "units activation use_bias",
        "DepthwiseConv2D": f"depth_multiplier {_CONV}",
        "Dropout": "rate noise_shape", "Flatten": "data_format",
        "GlobalAveragePooling2D": "data_format keepdims", "MaxPooling2D": _POOL, "Multiply": "",
        "Normalization": "axis mean variance invert", "ReLU": "max_value negative_slope threshold",
        "Rescaling": "scale offset", "Reshape": "target_shape", "Subtract": "",
        "ZeroPadding2D": "padding data_format",
    }.items()
}  # fmt: skip
_WORDS = frozenset(("activation", "data_format", "padding"))
_FLAGS = frozenset(("center", "invert", "keepdims", "scale", "use_bias"))
# What says how a layer is trained, or is looked at by itself.
_OF_TRAINING = frozenset(("name", "trainable", "dtype", "seed", "renorm_momentum"))
_ENDS = ("_initializer", "_regularizer", "_constraint")


def built(config: Mapping[str, Any]) -> Any:
    """A layer. Raises `NotSayable` for what isn't listed."""
    keras: Any = import_module("keras")
    kind, own = config.get("class_name"), config.get("config")
    if not isinstance(kind, str) or kind not in _TAKEN or not isinstance(own, dict):
        raise NotSayable("this layer isn't read", "export the model to ONNX, and import that")
    module = config.get("module")
    if module not in (None, "keras.layers") or config.get("registered_name") not in (None, kind):
        raise NotSayable("a layer with code of its own")
    given = dict(own)
    _require_float32(given.get("dtype"))
    taken = {name: _plain(given[name]) for name in _TAKEN[kind] if name in given}
    for name, value in taken.items():
        told = (isinstance(value, str) and name not in _WORDS) or (
            isinstance(value, bool) and name not in _FLAGS
        )
        if told:
            raise NotSayable("a word that stands for a number")
    for name, value in given.items():
        trains = name in _OF_TRAINING or name.endswith(_ENDS)
        if name not in taken and not trains and value not in (None, False):
            raise NotSayable(f"its `{name[:60]}`")
    activation = taken.get("activation", "linear")
    if activation not in ACTIVATIONS:
        raise NotSayable("an activation that isn't read, or of code of its own")
    try:
        return getattr(keras.layers, kind)(**taken, name=_name(given))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise NotSayable(f"Keras refuses it: {said_by(error)[:200]}") from None


def _name(config: Mapping[str, Any]) -> str:
    name = config.get("name")
    if not isinstance(name, str) or not 0 < len(name) < 200 or "/" in name:
        raise NotSayable("a layer without a name")
    return name


def _require_float32(held: object) -> None:
    """A type, as a word or as a policy."""
    if isinstance(held, dict):
        inner = held.get("config")
        known = held.get("class_name") == "DTypePolicy" and isinstance(inner, dict)
        held = inner.get("name") if known and isinstance(inner, dict) else "another"
    if held not in (None, "float32"):
        raise NotSayable("numbers of another type than float32")


def _plain(held: object, depth: int = 3) -> Any:
    """Numbers, words, and lists of them."""
    if isinstance(held, list) and depth and len(held) <= 4096:
        return tuple(_plain(each, depth - 1) for each in held)
    if held is None or isinstance(held, bool | float):
        return held
    if isinstance(held, int) and abs(held) < 1 << 31:
        return held
    if isinstance(held, str) and len(held) < 100:
        return held
    raise NotSayable("an argument that isn't a number, a word or a list")


def weights_of(layer: Any, shape: tuple[int, ...]) -> int:
    """How many numbers a layer holds for an input of this shape without the batch; no biases.

    No layer has more biases than numbers of its kernel.
    """
    kind, channels = type(layer).__name__, shape[-1] if shape else 1
    sizes = (1, *shape)
    if kind == "BatchNormalization":
        return 4 * sizes[int(layer.axis)]
    if kind == "Normalization" and layer.input_mean is None:
        return 2 * prod(sizes[int(axis)] for axis in layer.axis)
    if kind == "Dense":
        return channels * int(layer.units)
    if kind == "Conv2D":
        return (
            prod(map(int, layer.kernel_size)) * channels // int(layer.groups) * int(layer.filters)
        )
    if kind == "DepthwiseConv2D":
        return prod(map(int, layer.kernel_size)) * channels * int(layer.depth_multiplier)
    return 0


def variables_of(layer: Any) -> list[Any]:
    """The variables of a layer in the order of a file."""
    kind = type(layer).__name__
    if kind == "BatchNormalization":
        norm = [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]
        return [each for each in norm if each is not None]
    if kind == "Normalization":
        return [] if layer.input_mean is not None else [layer.adapt_mean, layer.adapt_variance]
    if kind in ("Conv2D", "DepthwiseConv2D", "Dense"):
        return [layer.kernel, *([layer.bias] if layer.use_bias else [])]
    return []
