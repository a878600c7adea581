"""A model of Keras as the proof of an import sees it: computed by Keras, with the weights given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, final

from torch import Tensor

from netlang.backends.torch.importing.foreign import foreign_code
from netlang.backends.torch.importing.keras.kinds import is_keras, numbers_of
from netlang.backends.torch.importing.keras.model import KerasModule, graph_of
from netlang.backends.torch.importing.limits.room import Needed, Room
from netlang.backends.torch.importing.original import Original
from netlang.backends.torch.importing.trace import not_traced

__all__ = ["KerasOriginal"]


@final
class KerasOriginal(Original):
    """A model, and the module that was made of it, whose weights it is given for a while."""

    def __init__(self, model: Any, made: KerasModule, room: Room | None) -> None:
        self._model = model
        self._made = made
        self._room = room

    @property
    def room(self) -> Room | None:
        return self._room

    @property
    def lends(self) -> bool:
        return False

    def needed(self, example: Sequence[Tensor], by_spec: Callable[[int], Needed]) -> Needed:
        return by_spec(len(example[0]))

    def state(self) -> Mapping[str, Tensor]:
        return self._made.module.state_dict()

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        state, before = self.state(), [numbers_of(each) for each in self._model.weights]
        try:
            with foreign_code(not_traced):
                for key, each in self._made.weights.items():
                    each.variable.assign(each.to_keras(state[key]).contiguous().numpy())
            yield
        finally:
            for variable, numbers in zip(self._model.weights, before, strict=True):
                variable.assign(numbers.numpy())

    def run(self, example: Sequence[Tensor]) -> list[Tensor]:
        with foreign_code(not_traced):
            last = example[0].permute(0, 2, 3, 1) if example[0].dim() == 4 else example[0]
            keras: Any = import_module("keras")
            # It may be a list of the one tensor, or a dictionary; sequential models have none.
            structure = getattr(self._model, "input", self._model.inputs[0])
            read = keras.tree.pack_sequence_as(structure, [last.contiguous().numpy()])
            given = self._computed(read)
            if isinstance(given, dict):
                given = [given[name] for name in sorted(given)]
            found = given if isinstance(given, list | tuple) else [given]
            outputs = [numbers_of(each) for each in found]
        return [each.permute(0, 3, 1, 2) if each.dim() == 4 else each for each in outputs]

    def _computed(self, read: Any) -> Any:
        """What the model gives; one of a file has no calls of its own, and few values at once."""
        if self._room is None:
            return self._model(read, training=False)
        return _freeing(self._model, read)


def _freeing(model: Any, value: Any) -> Any:
    """What a model of one input gives, layer by layer, as Keras computes it.

    Keras keeps the values of all layers until the last one is computed.
    """
    if not is_keras(model):
        return model(value)
    reads, outputs, first = graph_of(model)
    last = {name: layer.name for layer in model.layers for name in reads.get(layer.name, ())}
    held = {first: value}
    for layer in model.layers:
        if layer.name == first:
            continue
        read = [held[name] for name in reads[layer.name]]
        held[layer.name] = _freeing(layer, read[0] if len(read) == 1 else read)
        for name in reads[layer.name]:
            if last[name] == layer.name and name not in outputs:
                held.pop(name, None)
    found = [held[name] for name in outputs]
    return found[0] if len(found) == 1 else found
