"""The graph of a program, read from JSON: names, numbers and lists, and nothing is computed.

The format is that of torch/_export/serde/schema.py. Formulas, such as those of symbolic sizes, are
text that PyTorch would evaluate as Python; here they are never looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from math import inf, nan
from typing import Any, TypeAlias, final

import torch

from netlang.backends.torch.importing.programs.weights import type_numbered
from netlang.backends.torch.importing.steps import ModuleCall
from netlang.records import Record

__all__ = [
    "Given",
    "Holder",
    "NamedValue",
    "ProgramDocument",
    "ProgramNode",
    "read_document",
    "resolved",
]

_MOST_NODES, _MOST_AXES = 50_000, 8
_FORMATS = {
    1: torch.contiguous_format,
    2: torch.channels_last,
    3: torch.channels_last_3d,
    4: torch.preserve_format,
}
_WORDS = {"Infinity": inf, "-Infinity": -inf, "NaN": nan}
_PLAIN = (
    "as_int", "as_ints", "as_float", "as_floats", "as_string", "as_bool", "as_bools", "as_strings",
    "as_int_lists", "as_float_lists",
)  # fmt: skip


@final
class NamedValue(Record):
    """A value of the graph, by its name."""

    name: str


Given: TypeAlias = (
    "NamedValue | bool | int | float | str | Sequence[Given]"
    " | torch.dtype | torch.device | torch.layout | torch.memory_format | None"
)


@final
class Holder(Record):
    """A tensor that the graph is given: its name, and its key in the source."""

    name: str
    key: str
    trained: bool
    persistent: bool


@final
class ProgramNode(Record, eq=False):
    """A node: its operator by name, its arguments, and the names of its outputs."""

    target: str
    positional: tuple[Given, ...]
    named: Mapping[str, Given]
    outputs: tuple[str, ...]
    modules: tuple[ModuleCall, ...]


@final
class ProgramDocument(Record, eq=False):
    """A graph; `shapes` has the sizes of each value as far as they are numbers, 0 for symbols.

    `hints` are sizes that the program was exported with, where they are symbols.
    """

    holders: tuple[Holder, ...]
    inputs: tuple[str, ...]
    nodes: tuple[ProgramNode, ...]
    outputs: tuple[str, ...]
    output_names: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]]
    hints: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, torch.dtype]


def resolved(given: Given, value: Callable[[str], Any]) -> Any:
    """An argument with what its names stand for."""
    if isinstance(given, NamedValue):
        return value(given.name)
    if isinstance(given, list):
        return [resolved(each, value) for each in given]
    return given


def read_document(whole: Mapping[str, Any]) -> ProgramDocument:
    """The graph of a program. Raises `ValueError` if it isn't one."""
    if whole["schema_version"]["major"] != 8:
        raise ValueError("it is of another version of the format than PyTorch 2.8 to 2.13 write")
    module = whole["graph_module"]
    graph, signature = module["graph"], module["signature"]
    if len(graph["nodes"]) > _MOST_NODES:
        raise ValueError(f"it has more than {_MOST_NODES:,} nodes")
    holders, inputs = _given(signature["input_specs"])
    outputs = tuple(_output(each) for each in signature["output_specs"])
    tables = {name: _table(each) for name, each in graph["tensor_values"].items()}
    return ProgramDocument(
        holders,
        inputs,
        tuple(_node(each) for each in graph["nodes"]),
        outputs,
        _output_names(module["module_call_graph"], len(outputs)),
        {name: each[0] for name, each in tables.items()},
        {name: each[1] for name, each in tables.items()},
        {name: each[2] for name, each in tables.items()},
    )


def _given(specs: Sequence[Mapping[str, Any]]) -> tuple[tuple[Holder, ...], tuple[str, ...]]:
    """The tensors of the program, and the inputs of a user."""
    holders, inputs = [], []
    for spec in specs:
        ((kind, each),) = spec.items()
        match kind:
            case "parameter":
                holders.append(Holder(each["arg"]["name"], each["parameter_name"], True, True))
            case "buffer":
                kept = bool(each["persistent"])
                holders.append(Holder(each["arg"]["name"], each["buffer_name"], False, kept))
            case "tensor_constant":
                key = each["tensor_constant_name"]
                holders.append(Holder(each["arg"]["name"], key, False, False))
            case "user_input":
                inputs.append(_tensor_name(each["arg"], "an input that isn't a tensor"))
            case "constant_input":
                pass
            case _:
                raise ValueError("it is given objects, which only its own code can make")
    return tuple(holders), tuple(inputs)


def _output(spec: Mapping[str, Any]) -> str:
    ((kind, each),) = spec.items()
    if kind != "user_output":
        raise ValueError("it changes its own weights or inputs, or computes gradients")
    return _tensor_name(each["arg"], "an output that isn't a tensor")


def _tensor_name(argument: Mapping[str, Any], what: str) -> str:
    if "as_tensor" not in argument:
        raise ValueError(f"it has {what}")
    name = argument["as_tensor"]["name"]
    if not isinstance(name, str):
        raise ValueError("a name of it is no text")
    return name


def _output_names(calls: Sequence[Mapping[str, Any]], count: int) -> tuple[str, ...]:
    """A name for each output: its key in a dictionary, or its number."""
    if count == 1:
        return ("output",)
    numbered = tuple(f"output{number}" for number in range(count))
    try:
        root = next(each for each in calls if each["fqn"] == "")
        spec = json.loads(root["signature"]["out_spec"])[1]
        keys = json.loads(spec["context"])
        plain = all(each["type"] is None for each in spec["children_spec"])
    except (ValueError, LookupError, TypeError, StopIteration, RecursionError):
        return numbered
    named = isinstance(keys, list) and len(keys) == count and plain
    return tuple(map(str, keys)) if named else numbered


def _table(about: Mapping[str, Any]) -> tuple[tuple[int, ...], tuple[int, ...], torch.dtype]:
    """The sizes of a value, 0 for symbols, those that they had at export, and its type."""
    sizes, hints = [], []
    if len(about["sizes"]) > _MOST_AXES:
        raise ValueError(f"it has values of more than {_MOST_AXES} axes")
    for each in about["sizes"]:
        ((kind, held),) = each.items()
        hint = (held.get("hint") or {}).get("as_int", 0) if kind == "as_expr" else held
        if type(hint) is not int or not 0 <= hint < 1 << 40:
            raise ValueError("it has values of a size that no tensor has")
        sizes.append(0 if kind == "as_expr" else hint)
        hints.append(hint)
    return tuple(sizes), tuple(hints), type_numbered(about["dtype"])


def _node(each: Mapping[str, Any]) -> ProgramNode:
    positional, named = list[Given](), dict[str, Given]()
    for given in each["inputs"]:
        if given["kind"] == 2:
            named[str(given["name"])] = _argument(given["arg"])
        else:
            positional.append(_argument(given["arg"]))
    outputs = [name for held in each["outputs"] for name in _names(held)]
    modules = _modules(each["metadata"].get("nn_module_stack", ""))
    target = str(each["target"])
    return ProgramNode(target, tuple(positional), named, tuple(outputs), modules)


def _names(held: Mapping[str, Any]) -> list[str]:
    """The names that an output of a node has."""
    ((kind, value),) = held.items()
    match kind:
        case "as_tensor":
            found = [value["name"]]
        case "as_tensors":
            found = [each["name"] for each in value]
        case "as_sym_int" | "as_sym_bool" | "as_sym_float":
            found = [value.get("as_name", "")]
        case _:
            found = [""]
    if not all(isinstance(name, str) for name in found):
        raise ValueError("a name of it is no text")
    return found


def _argument(held: Mapping[str, Any]) -> Given:
    """An argument: a value of the graph, or what is known."""
    ((kind, value),) = held.items()
    match kind:
        case "as_tensor" | "as_optional_tensor":
            inner = value.get("as_tensor", value)
            return None if "as_none" in value else NamedValue(str(inner["name"]))
        case "as_tensors":
            return [NamedValue(str(each["name"])) for each in value]
        case "as_optional_tensors" | "as_sym_ints" | "as_sym_floats" | "as_sym_bools":
            return [_one_of(each) for each in value]
        case "as_sym_int" | "as_sym_float" | "as_sym_bool":
            return _one_of(value)
        case "as_none":
            return None
        case "as_scalar_type":
            return type_numbered(value)
        case "as_memory_format":
            return _FORMATS[value]
        case "as_layout":
            return torch.strided
        case "as_device":
            return torch.device("cpu")
        case _ if kind in _PLAIN:
            return _plain(value)
    raise ValueError("it has an argument that no operator of a spec takes")


def _one_of(value: Mapping[str, Any]) -> Given:
    """An item of a list in which names and numbers are mixed."""
    ((kind, held),) = value.items()
    match kind:
        case "as_name":
            return NamedValue(str(held))
        case "as_tensor":
            return NamedValue(str(held["name"]))
        case "as_none":
            return None
    return _plain(held)


def _plain(value: object) -> Given:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return _WORDS.get(value, value)
    if isinstance(value, bool | int | float):
        if isinstance(value, int) and abs(value) >= 1 << 63:
            raise ValueError("it has a number of more than 64 bits")
        return value
    raise ValueError("it has an argument that no operator of a spec takes")


def _modules(stack: object) -> tuple[ModuleCall, ...]:
    """The modules around a node: `call,path,class` of each, with `;` between them."""
    found = []
    for each in str(stack).split(";"):
        parts = each.split(",")
        if len(parts) == 3:
            found.append(ModuleCall(parts[1], parts[2], parts[0]))
    return tuple(found)
