"""What is different in the node of a step: its operator, attributes, tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onnx import helper, numpy_helper

from netlang.backends.onnx.verify.file import ModelFile
from netlang.backends.onnx.verify.judge import apart

if TYPE_CHECKING:
    import onnx

__all__ = ["advice_for", "differences"]

_MOST = 4


def advice_for(place: str, file: ModelFile, ours: ModelFile | None) -> str:
    """How the node that makes `place` differs from the one in a file that the compiler writes.

    `ours` is None if the file itself is what the compiler writes.
    """
    if ours is None:
        return "the file was written by this compiler: please report it"
    if found := differences(place, file, ours):
        return f"in the file, {found}"
    told = file.metadata.get("netlang.weights")
    if told:
        return f"its node is as expected; the file says that its weights are: {told}"
    return "its node is as expected: look at what it reads"


def differences(place: str, file: ModelFile, ours: ModelFile) -> str:
    """How the node that makes `place` is unlike ours, in words; empty if it is the same."""
    found = list(_differences(place, file, ours))
    more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"{'; '.join(found[:_MOST])}{more}"


def _differences(place: str, file: ModelFile, ours: ModelFile) -> Iterator[str]:
    node, expected = file.nodes.get(place), ours.nodes.get(place)
    if node is None or expected is None:
        return
    if node.op_type != expected.op_type:
        yield f"its operator is `{node.op_type}`, not `{expected.op_type}`"
    yield from _attributes(node, expected)
    for index in range(max(len(node.input), len(expected.input))):
        yield from _input(index, node, expected, file, ours)


def _attributes(node: onnx.NodeProto, expected: onnx.NodeProto) -> Iterator[str]:
    here, there = (
        {each.name: helper.get_attribute_value(each) for each in one.attribute}
        for one in (node, expected)
    )
    for name in sorted({*here, *there}):
        if here.get(name) != there.get(name):
            yield f"its `{name}` is {_shown(here.get(name))}, not {_shown(there.get(name))}"


def _shown(value: object) -> str:
    return "missing" if value is None else str(value)[:100]


def _input(
    index: int, node: onnx.NodeProto, expected: onnx.NodeProto, file: ModelFile, ours: ModelFile
) -> Iterator[str]:
    """How one input differs: by name, or a stored tensor by its numbers."""
    names = [one.input[index] if index < len(one.input) else "" for one in (node, expected)]
    here, there = file.tensors.get(names[0]), ours.tensors.get(names[1])
    if here is not None and there is not None:
        if list(here.dims) != list(there.dims):
            yield f"tensor `{names[0]}` has shape {list(here.dims)}, not {list(there.dims)}"
            return
        distance = apart(numpy_helper.to_array(here), numpy_helper.to_array(there))
        if distance:
            yield f"tensor `{names[0]}` has other numbers, by {distance:.2g} of the largest"
    elif names[0] != names[1]:
        yield f"input {index} is {_named(names[0])}, not {_named(names[1])}"


def _named(name: str) -> str:
    return f"`{name}`" if name else "missing"
