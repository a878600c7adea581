"""What is different in the node of a step: its operator, attributes, tensors."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from onnx import helper, numpy_helper

from netlang.backends.onnx.verify.file import ModelFile
from netlang.backends.onnx.verify.judge import apart

__all__ = ["advice_for", "differences", "rows_apart", "unlike"]

_MOST = 4
_LONGEST = 100


def advice_for(place: str, file: ModelFile, ours: ModelFile | None) -> str:
    """How the node that makes `place` differs from the one in a file that the compiler writes.

    `ours` is None if the file itself is what the compiler writes.
    """
    if ours is None:
        return (
            "the compiler wrote this file: where no weight is NaN and no value overflows, please"
            " report it"
        )
    if found := differences(place, file, ours):
        return f"in the file, {found}"
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
    usual = _usual(node.op_type)
    for name in sorted({*here, *there}):
        one, other = here.get(name, usual.get(name)), there.get(name, usual.get(name))
        if one != other:
            yield f"its `{name}` is {_shown(one)}, not {_shown(other)}"


def _usual(kind: str) -> dict[str, object]:
    """The values of attributes that a node doesn't have."""
    if not onnx.defs.has(kind):
        return {}
    attributes = onnx.defs.get_schema(kind).attributes
    return {
        name: helper.get_attribute_value(each.default_value)
        for name, each in attributes.items()
        if each.default_value.type
    }


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bytes):
        return repr(value.decode(errors="replace"))[:_LONGEST]
    plain = isinstance(value, int | float | list) and "\n" not in str(value)
    return str(value)[:_LONGEST] if plain else "another one"


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
        yield from unlike(here, there)
    elif names[0] != names[1]:
        yield f"input {index} is {_named(names[0])}, not {_named(names[1])}"


def unlike(here: onnx.TensorProto, there: onnx.TensorProto) -> Iterator[str]:
    """How the numbers of a stored tensor differ from ours of the same shape."""
    if here.data_type != there.data_type:
        names = [_type_name(each.data_type) for each in (here, there)]
        yield f"tensor `{here.name}` is {names[0]}, not {names[1]}"
        return
    try:
        distance = apart(numpy_helper.to_array(here), numpy_helper.to_array(there))
    except (KeyError, TypeError, ValueError):  # what onnx raises for wrong lengths
        yield f"the numbers of tensor `{here.name}` aren't as many as its shape says"
        return
    if distance == float("inf"):
        yield f"tensor `{here.name}` has NaN or infinite numbers"
    elif distance:
        yield f"tensor `{here.name}` has other numbers, by {distance:.2g} of the largest"


def rows_apart(here: onnx.TensorProto, there: onnx.TensorProto) -> bool:
    """Whether a row of a stored tensor has other numbers, by a thousandth of its own largest."""
    import numpy as np

    if here.data_type != there.data_type or list(here.dims) != list(there.dims):
        return True
    one, other = (numpy_helper.to_array(each) for each in (here, there))
    if one.dtype.kind != "f" or one.ndim == 0 or one.size == 0:
        return False
    rows, expected = (each.reshape(len(each), -1).astype(np.float64) for each in (one, other))
    with np.errstate(invalid="ignore"):
        off = np.abs(rows - expected).max(1) > 1e-3 * np.abs(expected).max(1)
    return bool(off.any())


def _type_name(number: int) -> str:
    kinds = onnx.TensorProto.DataType
    return str(kinds.Name(number)).lower() if number in kinds.values() else f"type {number}"


def _named(name: str) -> str:
    return f"`{name}`" if name else "missing"
