"""An expansion as JSON, from which another program can build the network.

The object, whose layout only grows while `version` stays::

    {"format": "netlang.expand", "version": 1, "net": NAME,
     "sizes": {"H": 224, ...},              default of each symbolic size
     "constraints": ["H % 32 == 0", ...],   what the sizes must meet
     "inputs": [TYPE with "name", ...],
     "entries": [STEP or REPEAT, ...],        every value stands before what reads it
     "outputs": [{"name", "value": VALUE, "auxiliary"}, ...]}

A TYPE is ``{"shape", "dtype", "batch"}``; if `batch` is true, the batch axis precedes `shape`. A
size is a number, or a formula in the symbols as text. A VALUE is ``{"input": NAME}`` or ``{"step":
PATH, "output": INDEX}``. A STEP::

    {"path", "op", "arguments": {...},      every argument, null where there is none
     "inputs": [VALUE, ...], "input_types": [TYPE, ...], "outputs": [TYPE with "name", ...],
     "module": PATH,                        another step's path: that step's weights
     "given": [NAME, ...],                  weights that the last inputs are, where there are some
     "weights": [{"key", "name", "shape", "dtype", "buffer", "trainable",
                  "tied": KEY}, ...],       another key of the same tensor, where there is one
     "auxiliary": BOOL,                     in training only
     "at": "FILE:LINE:COLUMN", "origins": {ARGUMENT: ORIGIN, ...}}

An ORIGIN is ``{"from": "default"}``, or ``{"from": "file", "at", "text", "constant", "through"}``:
`constant` is the partial application that it stands in, or null, and `through` the parameters that
the text reads, each ``{"name", "value", "at", "text", "default", "through"}``.

In nets of more than 10,000 steps, a repeat is a REPEAT: ``{"repeat": COUNT, "component", "step",
"carry_in": VALUE, "carry_out": VALUE, "entries": [...]}``, its entries those of the first time, in
which inner repeats are to be written out first. Time t (from 0) has the same steps with t x `step`
more in component number `component` (from 0) of every path of one of them: its own, as a module,
and where it is read. What reads `carry_in` reads `carry_out` of time t - 1 instead.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from netlang.analysis.constraints import solve
from netlang.analysis.expand import (
    Entry,
    ExpandedRepeat,
    ExpandedStep,
    ExpandedValue,
    Expansion,
    Tap,
)
from netlang.analysis.origins import GivenParameter, Origin
from netlang.ir.arguments import signature
from netlang.ir.types import DType, TensorType, float_type
from netlang.source import Span

__all__ = ["Json", "render_json"]

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def render_json(expansion: Expansion) -> str:
    """The object as ASCII text, one line for each entry."""
    names = [port.name for port in expansion.program.net.inputs]
    head = json.dumps(_declared(expansion))[:-1]
    entries = ",\n".join(json.dumps(_entry(entry, names)) for entry in expansion.entries)
    outputs = json.dumps([_tap(tap, names) for tap in expansion.outputs])
    return f'{head},\n"entries": [\n{entries}\n],\n"outputs": {outputs}}}'


def _declared(expansion: Expansion) -> dict[str, Json]:
    """Everything before the entries."""
    program = expansion.program
    return {
        "format": "netlang.expand",
        "version": 1,
        "net": program.name,
        "sizes": {size.name: size.default for size in program.sizes},
        "constraints": list(solve(program).texts),
        "inputs": [{"name": port.name, **_type(port.type)} for port in program.net.inputs],
    }


def _tap(tap: Tap, names: list[str]) -> Json:
    return {"name": tap.name, "value": _value(tap.value, names), "auxiliary": tap.auxiliary}


def _entry(entry: Entry, names: list[str]) -> Json:
    return _repeat(entry, names) if isinstance(entry, ExpandedRepeat) else _step(entry, names)


def _repeat(repeat: ExpandedRepeat, names: list[str]) -> Json:
    return {
        "repeat": repeat.count,
        "component": repeat.component,
        "step": repeat.step,
        "carry_in": _value(repeat.carry_in, names),
        "carry_out": _value(repeat.carry_out, names),
        "entries": [_entry(entry, names) for entry in repeat.entries],
    }


def _step(step: ExpandedStep, names: list[str]) -> Json:
    return {
        "path": step.path,
        "op": step.op.name,
        "arguments": {
            item.name: _plain(getattr(step.op, item.name)) for item in signature(type(step.op))
        },
        "inputs": [_value(value, names) for value in step.inputs],
        **({"given": list(step.op.given)} if step.op.given else {}),
        "input_types": [_type(type) for type in step.input_types],
        "outputs": [
            {"name": name, **_type(type)}
            for name, type in zip(step.op.output_names, step.types, strict=False)
        ],
        "module": step.module,
        "weights": _weights(step),
        "auxiliary": step.auxiliary,
        "at": str(step.span),
        "origins": {name: _origin(origin) for name, origin in step.origins.items()},
    }


def _value(value: ExpandedValue, names: list[str]) -> Json:
    if value.step is None:
        return {"input": names[value.output]}
    return {"step": value.step, "output": value.output}


def _type(type: TensorType) -> dict[str, Json]:
    shape: list[Json] = [_plain(size) for size in type.shape]
    return {"shape": shape, "dtype": type.dtype.value, "batch": type.batch is not None}


def _weights(step: ExpandedStep) -> list[Json]:
    floats = float_type((*step.input_types, *step.types)) or DType.FLOAT32
    return [
        {
            "key": f"{step.module}.{weight.name}" if weight.name else step.module,
            "name": weight.name,
            "shape": list(weight.shape),
            "dtype": (weight.dtype or floats).value,
            "buffer": weight.buffer,
            "trainable": weight.trainable,
            **({"tied": step.tied[weight.name]} if weight.name in step.tied else {}),
        }
        for weight in step.op.weights(step.input_types)
    ]


def _plain(value: object) -> Json:
    """A value of the language in JSON; formulas and layers as text."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, float, str)) or value is None:
        return value
    return int(value) if isinstance(value, int) else str(value)


# --- origins ------------------------------------------------------------------------------------


def _origin(origin: Origin) -> Json:
    if origin.span is None:
        return {"from": "default"}
    return {
        "from": "file",
        **_place(origin.span),
        "constant": origin.partial,
        "through": [_given(given) for given in origin.through],
        **({"more": True} if origin.more else {}),
    }


def _given(given: GivenParameter) -> Json:
    return {
        "name": given.name,
        "value": _plain(given.value),
        **_place(given.span),
        "default": given.is_default,
        "through": [_given(each) for each in given.through],
    }


def _place(span: Span) -> dict[str, Json]:
    return {"at": str(span), "text": " ".join(span.text.split())}
