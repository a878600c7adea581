"""Files of many nodes: they are read in steps that grow with their number, not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from onnx import ModelProto, helper

from netlang.backends.onnx.importing.graph import AtenGraph
from netlang.backends.onnx.importing.reader import GraphInput, GraphReader
from netlang.backends.onnx.importing.reading.long import LongTensors, ReadModel
from netlang.backends.torch.emit.registration import Owner
from netlang.backends.torch.importing.layouts import CountedValues
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.python.tree import Name
from tests.onnx.importing.support import model_of
from tests.work import steps_of


def _twice(count: int) -> ModelProto:
    """Each value is read twice by the next node."""
    names = ["x", *(f"x{n}" for n in range(1, count)), "y"]
    return model_of([helper.make_node("Add", [names[n]] * 2, [names[n + 1]]) for n in range(count)])


def _joined(count: int) -> ModelProto:
    """Values that are joined at once."""
    nodes = [helper.make_node("Relu", ["x"], [f"x{n}"]) for n in range(count)]
    nodes.append(helper.make_node("Concat", [f"x{n}" for n in range(count)], ["y"], axis=1))
    return model_of(nodes)


def _parts(count: int) -> ModelProto:
    """A value in many parts, which are added one after the other."""
    names = ["x0", *(f"y{n}" for n in range(2, count)), "y"]
    nodes = [helper.make_node("Split", ["x"], [f"x{n}" for n in range(count)], axis=1)]
    nodes += [
        helper.make_node("Add", [names[n], f"x{n + 1}"], [names[n + 1]]) for n in range(count - 1)
    ]
    return model_of(nodes, shape=("N", count, 2, 2))


def _read(model: ModelProto) -> None:
    sizes = [each.dim_value for each in model.graph.input[0].type.tensor_type.shape.dim]
    given = [GraphInput("x", tuple(sizes[1:]), torch.float32)]
    read = ReadModel(model, LongTensors())
    found = GraphReader(AtenGraph(CountedValues(Room(model.ByteSize()))), None).read(read, given)
    assert not found.missing


@pytest.mark.parametrize("make", [_twice, _joined, _parts])
def test_nodes_are_read_one_by_one(make: Callable[[int], ModelProto]) -> None:
    short, long = make(100), make(400)
    _read(short)  # what is found once in a process
    assert steps_of(lambda: _read(long)) < 5 * steps_of(lambda: _read(short))


def test_constants_get_names_one_by_one() -> None:
    def registered(count: int) -> None:
        labels = [str(number) for number in range(count)]
        owner = Owner(Name("self"), (), labels)
        for label in labels:
            owner.register(label, Name("x"), "constant")

    assert steps_of(lambda: registered(400)) < 5 * steps_of(lambda: registered(100))
