"""Puts the layers of a `.keras` file together to a model, and gives them their weights."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, final

from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.holes.table import not_said
from netlang.backends.torch.importing.keras.files.archive import KerasArchive, opened_model
from netlang.backends.torch.importing.keras.files.layers import built, variables_of, weights_of
from netlang.backends.torch.importing.keras.model import layers_named
from netlang.backends.torch.importing.layouts import CountedValues
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.programs.archive import not_taken
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Missing
from netlang.records import Draft

__all__ = ["model_in"]

_MODELS = {"Functional": "Functional", "Model": "Functional", "Sequential": "Sequential"}
_DEEPEST = 20
_MOST_LAYERS = 2_000  # Keras and the tracing take 3 ms for each; its largest application has 1,041
_ADVICE = "nothing is written; `docs/import.md` says which layers are read"


def model_in(path: Path, *, large: bool = False) -> tuple[Any, Room]:
    """The model of a file with its weights, and the room for its values.

    Raises `NetlangError`.
    """
    with opened_model(path) as archive:
        room = Room(archive.size, large)
        builder = _Builder(archive, CountedValues(room))
        try:
            _refuse_unread(archive.config)
            found = builder.model(archive.config, 0)
            builder.load("", archive.config, found)
        except NotSayable as error:
            advice = error.advice or "export the model to ONNX, and import that"
            raise not_taken(str(path), error.reason, advice) from None
        except (LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError) as error:
            raise ValueError(f"its parts contradict each other ({said_by(error)[:100]})") from None
        return found, room


@final
class _Builder(Draft, eq=False):
    """Makes layers, and counts how much room their weights and values ask for."""

    archive: KerasArchive
    values: CountedValues
    weights: int = 0

    def model(self, config: Any, depth: int) -> Any:
        """A model, which may be in another one. Raises `NotSayable`."""
        keras: Any = import_module("keras")
        kind = _MODELS.get(config["class_name"])
        ours = str(config.get("module", "")).partition(".")[0] == "keras"
        if kind is None or not ours or config.get("registered_name") not in (None, kind):
            raise NotSayable("a model with code of its own")
        if depth > _DEEPEST:
            raise NotSayable("models in models, too deep")
        own = config["config"]
        if all(each["class_name"] != "InputLayer" for each in own["layers"]):
            raise NotSayable("a model without an input", "save it once it is built")
        reads = _calls(own) if kind == "Functional" else None
        held: dict[str, Any] = {}
        last = first = None
        for each in own["layers"]:
            name = str(each["config"]["name"])
            if name in held:
                raise NotSayable("two layers of one name")
            if each["class_name"] == "InputLayer":
                if first is not None:
                    raise NotSayable("a model with several inputs")
                first = last = held[name] = self._input(each["config"], name)
                continue
            values = [last] if reads is None else [held[before] for before in reads[name]]
            last = held[name] = self._applied(each, name, values, depth)
        named = [] if reads is None else layers_named(own["output_layers"])
        ends = [held[name] for name in named] or [last]
        outputs = ends[0] if len(ends) == 1 else ends
        with _deep_enough(len(own["layers"])):
            return keras.Model(first, outputs, name=str(own["name"]))

    def _input(self, config: Mapping[str, Any], name: str) -> Any:
        keras: Any = import_module("keras")
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        sizes: list[Any] = shape[1:] if isinstance(shape, list) else [None]
        if not all(isinstance(size, int) and 0 < size < 1 << 31 for size in sizes):
            raise NotSayable("an input of any size", "build it with an `input_shape` of numbers")
        self.values.add(sizes)
        return keras.Input(tuple(sizes), name=name)

    def _applied(self, config: Any, name: str, values: list[Any], depth: int) -> Any:
        """What a layer gives for the values that it reads."""
        if config["class_name"] in _MODELS:
            layer = self.model(config, depth + 1)
        else:
            layer = built(config)
            self.weights += weights_of(layer, tuple(values[0].shape[1:]))
            if self.weights * 4 > self.archive.size:  # a file may give many layers one weight
                raise ValueError(f"its layers up to `{name[:60]}` have more weights than the file")
        made = layer(values[0] if len(values) == 1 else values)
        self.values.add(tuple(made.shape[1:]))
        return made

    def load(self, group: str, config: Any, model: Any) -> None:
        """Give a model its weights, which lie in groups by the class of each layer."""
        counts = Counter[str]()
        for each in config["config"]["layers"]:
            name, word = str(each["config"]["name"]), _snake(str(each["class_name"]))
            number = f"_{counts[word]}" if counts[word] else ""
            counts[word] += 1
            path = f"{group}layers/{word}{number}"
            if self.archive.name(path) not in (None, name):
                raise ValueError(f"the weights of `{name[:60]}` are those of another layer")
            if each["class_name"] in _MODELS:
                self.load(f"{path}/", each, model.get_layer(name))
            elif each["class_name"] != "InputLayer":
                self._load_layer(path, model.get_layer(name))

    def _load_layer(self, path: str, layer: Any) -> None:
        variables = variables_of(layer)
        for place, variable in enumerate(variables):
            variable.assign(self.archive.numbers(path, place, tuple(variable.shape)))
        if variables and type(layer).__name__ == "Normalization":
            layer.finalize_state()


@contextmanager
def _deep_enough(layers: int) -> Iterator[None]:
    """Inside, Keras can follow so many layers in a row, for each of which it calls itself."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 2 * layers)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _refuse_unread(config: Any) -> None:
    """Refuse a model with layers that aren't read, with a table of them."""
    missing: dict[tuple[str, str], Missing] = {}
    count = 0
    for count, (name, each) in enumerate(_leaves(config, 0), 1):
        if count > _MOST_LAYERS:
            raise NotSayable(f"more than {_MOST_LAYERS:,} layers")
        try:
            built(each)
        except NotSayable as error:
            kind = str(each["class_name"])[:60]
            row = Missing(kind, error.reason, error.advice)
            missing.setdefault((kind, error.reason), row).places.append(name[:60])
    if missing:
        raise not_said(sorted(missing.values()), count, _ADVICE)


def _leaves(config: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The layers of a model and of those in it, by name."""
    if depth > _DEEPEST:
        raise NotSayable("models in models, too deep")
    for each in config["config"]["layers"]:
        if each["class_name"] in _MODELS:
            yield from _leaves(each, depth + 1)
        elif each["class_name"] != "InputLayer":
            yield str(each["config"]["name"]), each


def _calls(config: Any) -> dict[str, list[str]]:
    """The layers that each layer reads."""
    found: dict[str, list[str]] = {}
    for each in config["layers"]:
        nodes = each["inbound_nodes"]
        if len(nodes) > 1:
            raise NotSayable("a layer that is applied twice")
        read = [name for node in nodes for name in _read(node)]
        found[str(each["config"]["name"])] = read
    return found


def _read(node: Any) -> Iterator[str]:
    """The layers whose tensors a call takes, which has no other arguments."""
    if any(value not in (None, False) for value in node["kwargs"].values()):
        raise NotSayable("a layer that is called with more than tensors")
    (given,) = node["args"]
    for each in given if isinstance(given, list) else [given]:
        name, _, place = each["config"]["keras_history"]
        if each["class_name"] != "__keras_tensor__" or place != 0:
            raise NotSayable("an output other than the first of a layer")
        yield str(name)


def _snake(kind: str) -> str:
    """The word for a class in a file of weights: `batch_normalization`, `re_lu`, `conv2d`."""
    apart = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub("([a-z])([A-Z])", r"\1_\2", apart).lower()
