"""A model of Keras as a module of PyTorch: layers, in scopes where their names say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.foreign import foreign_code
from netlang.backends.torch.importing.holes.table import not_said
from netlang.backends.torch.importing.keras.kinds import is_keras, numbers_of
from netlang.backends.torch.importing.keras.layers import BoundWeight, MadeLayer, layer_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Missing
from netlang.backends.torch.importing.trace import not_taken, not_traced
from netlang.records import Record, replace

__all__ = ["KerasModule", "graph_of", "layers_named", "module_of"]

# `conv2_block1_1_conv`, `block_2_expand`, `block1a_dwconv`: what stands before is a scope.
_SCOPE = re.compile(r"(.*?block_?\d*[a-z]?|expanded_conv)_(.+)", re.ASCII)
_THEN = "/activation"
_ADVICE = "nothing is written; `docs/import.md` says which layers are read"
_NUMBERED = re.compile(r"(\d+)_([a-z]\w*)", re.ASCII)


@final
class KerasModule(Record, eq=False):
    """The module of a model, its weights by key, and the shape of an example, channels first."""

    module: nn.Module
    weights: Mapping[str, BoundWeight]
    shape: tuple[int, ...]


@final
class _Step(Record, eq=False):
    """A layer: its name in Keras, where it is in the module, and the layers that it reads."""

    name: str
    scope: str
    label: str
    module: nn.Module
    reads: tuple[str, ...]


class _Layers(nn.Module):
    """Layers that are computed one after the other: `reads` from outside, `gives` to it."""

    def __init__(self, steps: Sequence[_Step], reads: Sequence[str], gives: Sequence[str]) -> None:
        super().__init__()
        self.steps = [(each.name, each.label, each.reads) for each in steps]
        self.reads, self.gives = tuple(reads), tuple(gives)
        for each in steps:
            self.add_module(each.label, each.module)

    def computed(self, *values: Tensor) -> Any:
        """What the layers give: a tensor, or several."""
        held = dict(zip(self.reads, values, strict=True))
        for name, label, reads in self.steps:
            held[name] = self.get_submodule(label)(*(held[each] for each in reads))
        given = tuple(held[name] for name in self.gives)
        return given[0] if len(given) == 1 else given


# A layer may be called `type` or `float`, which a module has already.
_ATTRIBUTES = frozenset(dir(_Layers((), (), ())))


@final
class _Unit(_Layers):
    """The layers of a scope."""

    def forward(self, *values: Tensor) -> Any:
        return self.computed(*values)


@final
class _Whole(_Layers):
    """The whole model, whose input is named in the spec as it is here."""

    def forward(self, image: Tensor) -> Any:
        return self.computed(image)


def module_of(model: Any) -> KerasModule:
    """The module of a model. Raises `NetlangError` for layers that aren't known."""
    whole = _put_together(model, _Whole)
    with torch.no_grad():
        state = whole.module.state_dict()
        for key, each in whole.weights.items():
            state[key].copy_(each.to_torch(numbers_of(each.variable)))
    return replace(whole, module=whole.module.eval())


def _put_together(model: Any, kind: type[_Layers]) -> KerasModule:
    """The module of a model, or of one in another, with weights of its own."""
    if not getattr(model, "inputs", None):
        raise not_taken("the model has code of its own, and no graph of layers",
                        "build it as a sequential or functional model")  # fmt: skip
    layers = [each for each in model.layers if type(each).__name__ != "InputLayer"]
    reads, outputs, first = graph_of(model)
    shapes = {first: tuple(model.inputs[0].shape[1:])}
    if not first or not shapes[first] or None in shapes[first]:
        raise not_taken("it has several inputs, or one for any size",
                        "build it with one `input_shape` of numbers")  # fmt: skip
    if first in outputs:
        raise not_taken("it gives its input", "build it of layers")
    steps, weights = _steps(layers, reads, shapes)
    renamed = {each.name.removesuffix(_THEN): each.name for each in steps}
    steps = _renamed(steps, renamed)
    whole = _in_scopes(steps, kind, first, [renamed[name] for name in outputs])
    *space, channels = shapes[first]
    return KerasModule(whole, weights, (channels, *space))


def _made(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    """The module of a layer, or of a model that is one."""
    if not is_keras(layer):
        return layer_of(layer, shapes)
    if len(layer.outputs) != 1:
        raise NotSayable("a model in it with several outputs", "give each a model of its own")
    inner = _put_together(layer, _Unit)
    weights = (replace(each, name=key) for key, each in inner.weights.items())
    return MadeLayer(inner.module, tuple(weights))


def _steps(
    layers: Sequence[Any],
    reads: Mapping[str, Sequence[str]],
    shapes: dict[str, tuple[int, ...]],
) -> tuple[list[_Step], dict[str, BoundWeight]]:
    """The steps of all layers, and their weights by key. `shapes` become those of all layers."""
    steps, weights = list[_Step](), dict[str, BoundWeight]()
    kept = _pools_in_place(layers, reads)
    missing = dict[tuple[str, str], Missing]()
    for layer in layers:
        scope, label = _place(layer.name)
        try:
            made = _made(layer, [shapes[name] for name in reads[layer.name]])
            made = MadeLayer(kept[layer.name]) if layer.name in kept else made
        except NotSayable as error:
            kind = type(layer).__name__
            row = Missing(kind, error.reason, error.advice)
            missing.setdefault((kind, error.reason), row).places.append(layer.name)
        else:
            steps.append(_Step(layer.name, scope, label, made.module, tuple(reads[layer.name])))
            key = f"{scope}.{label}" if scope else label
            weights |= {f"{key}.{each.name}": each for each in made.weights}
            if made.then is not None:
                name = f"{layer.name}{_THEN}"
                steps.append(_Step(name, scope, f"{label}_activation", made.then, (layer.name,)))
        shapes[layer.name] = tuple(layer.output.shape[1:])
    if missing:
        raise not_said(sorted(missing.values()), len(layers), _ADVICE)
    return steps, weights


def graph_of(model: Any) -> tuple[dict[str, tuple[str, ...]], list[str], str]:
    """The layers that each layer reads, by name, those of the outputs, and that of the input."""
    with foreign_code(not_traced):
        config = model.get_config()
    listed = config.get("layers") or []
    names = [str(each["config"]["name"]) for each in listed]
    found = dict[str, tuple[str, ...]]()
    if "input_layers" not in config:
        found |= {name: (before,) for before, name in pairwise(names)}
        return found, names[-1:], names[0] if names else ""
    for name, each in zip(names, listed, strict=True):
        nodes = each["inbound_nodes"]
        if len(nodes) > 1:
            raise not_taken(f"the layer `{name}` is applied twice",
                            "build the model of layers that are applied once")  # fmt: skip
        found[name] = tuple(_histories(nodes))
    (first,) = layers_named(config["input_layers"]) if len(model.inputs) == 1 else ("",)
    return found, list(layers_named(config["output_layers"])), first


def _histories(held: object) -> Iterator[str]:
    """The layers that the tensors among the arguments of a call come from."""
    if isinstance(held, dict):
        if held.get("class_name") == "__keras_tensor__":
            yield held["config"]["keras_history"][0]
        else:
            yield from _histories(list(held.values()))
    elif isinstance(held, list | tuple):
        for each in held:
            yield from _histories(each)


def layers_named(held: Any) -> Iterator[str]:
    """The layers in `["last", 0, 0]`, or in several of these: a list, or by names, in their order.

    Raises `LookupError` or `TypeError` for what is none of these.
    """
    if isinstance(held, dict):
        held = [held[name] for name in sorted(held)]
    if held and isinstance(held[0], str):
        yield held[0]
    else:
        for each in held:
            yield from layers_named(each)


def _pools_in_place(
    layers: Sequence[Any], reads: Mapping[str, Sequence[str]]
) -> Mapping[str, nn.Module]:
    """Pools of whole maps that reshapes make maps of one place again, and those reshapes."""
    kinds = {each.name: type(each).__name__ for each in layers}
    found: dict[str, nn.Module] = {}
    for name, kind in kinds.items():
        after = [each for each in kinds if name in reads[each]]
        if kind == "GlobalAveragePooling2D" and after and all(
            kinds[each] == "Reshape" for each in after
        ):  # fmt: skip
            found[name] = nn.AdaptiveAvgPool2d(1)
            found |= {each: nn.Identity() for each in after}
    return found


def _place(name: str) -> tuple[str, str]:
    """The scope and label of a layer. A label begins with a letter: `1_conv` is `conv1`.

    What would be another attribute of a module gets an underscore: `type_`.
    """
    match = _SCOPE.fullmatch(name)
    scope, label = match.groups() if match else ("", name)
    numbered = _NUMBERED.fullmatch(label)
    label = f"{numbered[2]}{numbered[1]}" if numbered else label
    label = label.replace(".", "_")
    return scope.replace(".", "_"), f"{label}_" if label in _ATTRIBUTES else label


def _renamed(steps: Sequence[_Step], names: Mapping[str, str]) -> list[_Step]:
    """The steps, so that they read what stands after a layer; that reads the layer itself."""
    return [
        each
        if each.name.endswith(_THEN)
        else replace(each, reads=tuple(names.get(name, name) for name in each.reads))
        for each in steps
    ]


def _in_scopes(
    steps: Sequence[_Step], kind: type[_Layers], first: str, outputs: Sequence[str]
) -> _Layers:
    """The whole, in which steps of a scope that stand together and give one value are a unit."""
    runs = [list(run) for _, run in groupby(steps, key=lambda each: each.scope)]
    often = [run[0].scope for run in runs]
    found = list[_Step]()
    for run in runs:
        own = {each.name for each in run}
        read = dict.fromkeys(n for each in run for n in each.reads if n not in own)
        others = [each for each in steps if each.name not in own]
        given = [name for name in own if name in outputs or any(name in e.reads for e in others)]
        scope = run[0].scope
        if scope and often.count(scope) == 1 and len(given) == 1 and len(run) > 1:
            unit = _Unit(run, list(read), given)
            found.append(_Step(given[0], "", scope, unit, tuple(read)))
        else:
            found += run
    if len({each.label for each in found}) < len(found) or any(each.scope for each in found):
        raise not_taken("the names of its layers don't tell them apart",
                        "give each layer another name")  # fmt: skip
    return kind(found, [first], outputs)
