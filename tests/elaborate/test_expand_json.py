"""The JSON of `expand`, read by its documentation alone: enough to build the network from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from netlang.analysis import expand
from netlang.analysis.constraints import solve
from netlang.analysis.expand import expand_program
from netlang.analysis.render.expansion_json import render_json
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.elaborate.test_programs import PROGRAMS, last_net
from tests.oracle import torchvision_model

Object = dict[str, Any]  # parsed JSON


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


# What each operator of a residual net is in torch, from its name and arguments alone.
Forward = Callable[[list[Tensor], dict[str, Tensor], Object], Tensor]
FORWARD: dict[str, Forward] = {
    "conv": lambda x, w, a: functional.conv2d(
        x[0], w["weight"], w.get("bias"), a["stride"], a["pad"], a["dilation"], a["groups"]
    ),
    "batch_norm": lambda x, w, a: functional.batch_norm(
        x[0], w["running_mean"], w["running_var"], w["weight"], w["bias"], eps=a["eps"]
    ),
    "linear": lambda x, w, a: functional.linear(x[0], w["weight"], w["bias"]),
    "maxpool": lambda x, w, a: functional.max_pool2d(x[0], a["kernel"], a["stride"], a["pad"]),
    "global_avgpool": lambda x, w, a: x[0].mean((2, 3), keepdim=True),
    "flatten": lambda x, w, a: x[0].flatten(1),
    "relu": lambda x, w, a: x[0].relu(),
    "add": lambda x, w, a: x[0] + x[1],
    "identity": lambda x, w, a: x[0],
}


def forward(data: Object, state: dict[str, Tensor], image: Tensor) -> Tensor:
    """The net by nothing but its JSON and the weights by their keys."""
    values: dict[str, Tensor] = {}
    for step in data["entries"]:
        inputs = [image if "input" in v else values[v["step"]] for v in step["inputs"]]
        weights = {weight["name"]: state[weight["key"]] for weight in step["weights"]}
        values[step["path"]] = FORWARD[step["op"]](inputs, weights, step["arguments"])
        expected = step["outputs"][0]["shape"]
        assert values[step["path"]].shape[1] == expected[0]
    (output,) = data["outputs"]
    return values[output["value"]["step"]]


def test_a_network_built_from_the_json_is_torchvisions() -> None:
    torch.manual_seed(0)
    reference = torchvision_model("resnet18").eval()
    data = parsed(load_program("resnet18"))
    state = reference.state_dict()
    described = {w["key"]: w["shape"] for step in data["entries"] for w in step["weights"]}
    assert described == {key: list(value.shape) for key, value in state.items()}
    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(forward(data, state, image), reference(image))
    assert data["sizes"] == {"H": 224, "W": 224}


def test_formulas_and_origins_are_in_it() -> None:
    data = parsed(load_program("unet"))
    assert data["constraints"] == list(solve(load_program("unet")).texts)
    assert data["inputs"] == [
        {"name": "image", "shape": [1, "H", "W"], "dtype": "float32", "batch": True}
    ]
    (last,) = (step for step in data["entries"] if step["path"] == "mask")
    (given,) = last["origins"]["out"]["through"]
    assert (given["name"], given["value"], given["default"]) == ("classes", 2, True)
    assert last["origins"]["stride"] == {"from": "default"}
