"""The JSON of `expand`, read by its documentation alone: enough to build the network from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netlang.analysis import expand
from netlang.analysis.expand import expand_program
from netlang.analysis.render.expansion_json import render_json
from netlang.elaborate import load_program
from netlang.ir.program import Program
from netlang.ir.types import DType, TensorType
from netlang.ops import operator
from tests.elaborate.test_programs import PROGRAMS, last_net

Object = dict[str, Any]  # parsed JSON

BUNDLED = ["resnet50", "googlenet", "unet", "vae", "mobilenet_v2"]


def parsed(program: Program) -> Object:
    found: Object = json.loads(render_json(expand_program(program)))
    return found


def steps_of(entries: list[Object]) -> list[Object]:
    """All steps, folds written out."""
    found: list[Object] = []
    for entry in entries:
        found += written_out(entry) if "repeat" in entry else [entry]
    return found


def written_out(fold: Object) -> list[Object]:
    once = steps_of(fold["entries"])
    inside = {step["path"] for step in once}

    def later(path: str, time: int) -> str:
        if path not in inside:
            return path
        parts = path.split(".")
        parts[fold["component"]] = str(int(parts[fold["component"]]) + time * fold["step"])
        return ".".join(parts)

    def read(value: Object, time: int) -> Object:
        if time and value == fold["carry_in"]:
            value, time = fold["carry_out"], time - 1
        return value | {"step": later(value["step"], time)} if "step" in value else value

    return [
        step
        | {
            "path": later(step["path"], time),
            "module": later(step["module"], time),
            "inputs": [read(value, time) for value in step["inputs"]],
        }
        for time in range(fold["repeat"])
        for step in once
    ]


def without_places(step: Object) -> Object:
    return {key: value for key, value in step.items() if key not in ("at", "origins", "weights")}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_folds_write_out_to_the_same_steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = last_net(path)
    plain = parsed(program)
    monkeypatch.setattr(expand, "LONGEST", 0)
    folded = parsed(program)
    assert folded["outputs"] == plain["outputs"]
    assert [without_places(s) for s in steps_of(folded["entries"])] == [
        without_places(s) for s in plain["entries"]
    ]


def test_nested_folds_write_out_to_the_same_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
block pass { in }
block shared { first: conv(2, 1x1) -> again: reuse first }
net a {
    input x: [2, 4, 4]
    repeat 3 {
        repeat 4 { relu -> add { identity; conv(2, 1x1) } }
        pass
        { repeat 2 { shared } }
    }
    tail: { repeat 5 { tanh } }
    conv(1, 1x1)
}
"""
    file = tmp_path / "nested.net"
    file.write_text(text)
    program = load_program(str(file))
    plain = parsed(program)
    monkeypatch.setattr(expand, "LONGEST", 0)
    folded = parsed(program)
    assert len(folded["entries"]) == 3
    assert folded["outputs"] == plain["outputs"]
    assert [without_places(s) for s in steps_of(folded["entries"])] == [
        without_places(s) for s in plain["entries"]
    ]


def value_key(value: Object) -> tuple[str, int]:
    return (value["input"], -1) if "input" in value else (value["step"], value["output"])


def tuples(value: object) -> object:
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def type_of(found: Object) -> TensorType:
    shape = tuple(found["shape"])
    plain = TensorType(shape, DType(found["dtype"]))
    return plain if found.get("batch", True) else TensorType(shape, DType(found["dtype"]), None)


def resized(found: Object, sizes: dict[str, int]) -> TensorType:
    shape = [eval_size(size, sizes) for size in found["shape"]]
    return type_of(found | {"shape": shape})


def eval_size(size: int | str, sizes: dict[str, int]) -> int:
    from tests.arithmetic import evaluated

    if isinstance(size, int):
        return size
    text = size
    for name, number in sizes.items():
        text = text.replace(name, str(number))
    while "//" in text:
        return int(evaluated(f"floor({text.replace('//', '/')})")) if text.count("//") == 1 else -1
    return int(evaluated(text))


@pytest.mark.parametrize("name", BUNDLED)
def test_operators_rebuilt_from_json_give_its_shapes_and_keys(name: str) -> None:
    data = parsed(load_program(name))
    values = {(port["name"], -1) for port in data["inputs"]}
    keys: dict[str, list[int]] = {}
    for step in data["entries"]:
        for value in step["inputs"]:
            assert value_key(value) in values, "a value stands before what reads it"
        cls = operator(step["op"])
        assert cls
        op = cls(**{name: tuples(value) for name, value in step["arguments"].items()})
        inputs = tuple(resized(each, data["sizes"]) for each in step["input_types"])
        if all(size >= 1 for x in inputs for size in x.shape):
            found = [type.shape for type in op.infer(inputs).outputs]
            expected = [resized(each, data["sizes"]).shape for each in step["outputs"]]
            assert found == expected, step["path"]
        values |= {(step["path"], index) for index in range(len(step["outputs"]))}
        keys |= {weight["key"]: weight["shape"] for weight in step["weights"]}
    assert {value_key(output["value"]) for output in data["outputs"]} <= values
    learned = sum(_product(shape) for key, shape in keys.items() if "running" not in key)
    assert learned


def _product(shape: list[int]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
