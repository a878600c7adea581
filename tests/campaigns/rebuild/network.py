"""The network: steps in the order of the JSON, weights by their keys."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import cast, final

import torch
from torch import Tensor, nn

from tests.campaigns.rebuild import (
    arithmetic,
    constants,
    layout,
    norms,
    places,
    pointwise,
    regions,
    sequences,
    windows,
)
from tests.campaigns.rebuild.derived import add_derived
from tests.campaigns.rebuild.table import LAYERS, Json, Step

__all__ = ["Network"]

# Filing their layers is what they are imported for.
FAMILIES = (
    arithmetic, constants, layout, norms, places, pointwise, regions, sequences, windows,
)  # fmt: skip
add_derived()
OPERATIONS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
Object = Mapping[str, Json]


@final
class Network(nn.Module):
    """The net that the JSON of `netlang expand --format json` describes, without folds."""

    def __init__(self, data: Object) -> None:
        super().__init__()
        self.data = data
        for step in self._steps():
            for weight in _objects(step["weights"]):
                self._own(weight)

    def _steps(self) -> Iterator[Object]:
        return iter(_objects(self.data["entries"]))

    def _own(self, weight: Object) -> None:
        """A weight at its key, through a module for each part of it."""
        *path, name = str(weight["key"]).split(".")
        owner: nn.Module = self
        for part in path:
            # Not `add_module`: a label may be a word that a module has an attribute of.
            found = owner._modules.setdefault(part, nn.Module())
            assert found is not None
            owner = found
        shape, dtype = _shape(weight["shape"], {}), getattr(torch, str(weight["dtype"]))
        value = torch.zeros(shape, dtype=dtype)
        if "tied" in weight:
            owner._parameters[name] = self.get_parameter(str(weight["tied"]))
        elif weight["buffer"]:
            owner._buffers[name] = value
        elif name not in owner._parameters:
            trainable = bool(weight["trainable"])
            owner._parameters[name] = nn.Parameter(value, requires_grad=trainable)

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        """The outputs in their order; auxiliary ones in training only."""
        state = dict(self.named_parameters()) | dict(self.named_buffers())
        declared = _objects(self.data["inputs"])
        given = {str(each["name"]): x for each, x in zip(declared, inputs, strict=True)}
        sizes = _sizes(declared, inputs)
        values: dict[str, tuple[Tensor, ...]] = {}

        def value(told: Object) -> Tensor:
            if "input" in told:
                return given[str(told["input"])]
            return values[str(told["step"])][cast(int, told["output"])]

        for step in self._steps():
            if step["auxiliary"] and not self.training:
                continue
            weights = {
                str(w["name"]): state[str(w.get("tied", w["key"]))]
                for w in _objects(step["weights"])
            }
            told = _objects(step["outputs"])
            shapes = [_shape(each["shape"], sizes) for each in told]
            operands = [value(each) for each in _objects(step["inputs"])]
            for name in reversed(cast("list[str]", step.get("given", []))):
                weights[name] = operands.pop()
            arguments = cast(Object, step["arguments"])
            batched = bool(told[0]["batch"])
            lone = not batched and len(operands) == 1
            if lone:  # as a batch of one example
                operands = [operands[0][None]]
            run = Step(operands, weights, arguments, shapes, self.training, batched or lone)
            made = LAYERS[str(step["op"])](run)
            results = made if isinstance(made, tuple) else (made,)
            if lone:
                results = tuple(result[0] for result in results)
            for result, shape, each in zip(results, shapes, told, strict=True):
                expected = [inputs[0].shape[0], *shape] if each["batch"] else shape
                assert list(result.shape) == expected, f"{step['path']}: {result.shape}"
            values[str(step["path"])] = results
        return [
            value(cast(Object, each["value"]))
            for each in _objects(self.data["outputs"])
            if self.training or not each["auxiliary"]
        ]


def _objects(value: Json) -> list[Object]:
    assert isinstance(value, list)
    return cast("list[Object]", value)


def _sizes(declared: list[Object], inputs: tuple[Tensor, ...]) -> dict[str, int]:
    """The symbolic sizes, from the inputs that stand in their place."""
    found = {"N": inputs[0].shape[0]}
    for each, x in zip(declared, inputs, strict=True):
        for told, size in zip(cast("list[Json]", each["shape"]), x.shape[1:], strict=True):
            if isinstance(told, str) and told.isidentifier():
                found[told] = size
    return found


def _shape(shape: Json, sizes: Mapping[str, int]) -> list[int]:
    assert isinstance(shape, list)
    return [size if isinstance(size, int) else formula(str(size), sizes) for size in shape]


def formula(text: str, sizes: Mapping[str, int]) -> int:
    """A size from its formula: sums, products and floor divisions of symbols and numbers."""
    return _value(ast.parse(text, mode="eval").body, sizes)


def _value(node: ast.expr, sizes: Mapping[str, int]) -> int:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, sizes)
    assert isinstance(node, ast.BinOp), ast.dump(node)
    return OPERATIONS[type(node.op)](_value(node.left, sizes), _value(node.right, sizes))
