"""The interface for lowerings: the graph as seen from one step.

A lowering gets an `Emitter` and a `PlacedOperator` (an operator at its place in the net). It emits
nodes and returns the names of the step's outputs. These may be its inputs, since an operator that
does nothing needs no node. The last node of a step is named by the step's path, helper nodes by the
path and a suffix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlang.backends.onnx.graph import (
    OF_RUNTIME,
    Attribute,
    Graph,
    Operation,
    another,
    refuse_beyond,
)
from netlang.backends.onnx.sizes import SizeNodes
from netlang.backends.onnx.types import element_type
from netlang.backends.weights import join, numpy_type
from netlang.ir.op import Op
from netlang.ir.program import Function, Ref
from netlang.ir.types import DType, Types
from netlang.ir.weights import Weight
from netlang.records import replace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Emitter", "PlacedOperator", "name_in_file", "name_of_table", "rounded", "value_names"]

_LEAST_NORMAL = 2.0**-126
"""The least number of float32 in full precision (IEEE 754)."""


@dataclass(frozen=True, slots=True)
class PlacedOperator:
    """An operator at its place. `path` names its outputs; `module` owns its `weights`.

    `keys` are the names of weights that other steps own, and of values given for weights. `narrow`
    is the type that it computes in, in a net of float32, where that is another one: `types` and
    `outputs` have it, and its weights are stored in it. If it is `rounded`, all of these are in
    float32, and rounded to the type.
    """

    path: str
    module: str
    op: Op
    inputs: tuple[str, ...]
    types: Types
    outputs: Types
    weights: Mapping[str, Weight]
    keys: Mapping[str, str]
    narrow: DType | None = None
    rounded: bool = False


def rounded(name: str, dtype: DType, graph: Graph) -> str:
    """A value of float32, rounded to a type."""
    narrow, wide = f"{name}/{dtype.value}", f"{name}/rounded"
    (small,) = graph.add(Operation("Cast", narrow, (name,), (narrow,), {"to": element_type(dtype)}))
    to = element_type(DType.FLOAT32)
    return graph.add(Operation("Cast", wide, (small,), (wide,), {"to": to}))[0]


def name_of_table(module: str) -> str:
    """What a file calls the numbers of a constant. A key has no slash, and readers tell by it."""
    return f"{module}/table"


def value_names(path: str, op: Op, count: int) -> tuple[str, ...]:
    """The path for a single value; for several, the path followed by each output's name."""
    return (path,) if count == 1 else tuple(f"{path}.{name}" for name in op.output_names[:count])


def name_in_file(name: str, ref: Ref, net: Function) -> str:
    """The name that a value gets in the file of a net where an output may have its own."""
    taken = any(output.name == name and output.ref != ref for output in net.outputs)
    return another(name, 2) if taken else name


@dataclass(frozen=True, eq=False)
class Emitter:
    """The graph as seen from one step."""

    graph: Graph
    sizes: SizeNodes
    step: PlacedOperator

    @property
    def opset(self) -> int:
        return self.graph.opset

    @property
    def fused(self) -> bool:
        """Whether the step may become an operator of ONNX Runtime's own: those are for float32."""
        single = self.step.types[0].dtype is DType.FLOAT32
        return self.graph.fused and single and self.step.narrow is None

    def of_runtime(self, suffix: str, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """A helper node of ONNX Runtime's own; with no `suffix`, the one that makes the output."""
        name = f"{self.step.path}/{suffix}" if suffix else self.output_names()[0]
        return self.graph.add(Operation(kind, name, inputs, (name,), attributes, OF_RUNTIME))[0]

    def node(self, suffix: str, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """A helper node whose `suffix` describes it. An empty input name means an omitted input."""
        return self.nodes(suffix, kind, 1, *inputs, **attributes)[0]

    def nodes(
        self, suffix: str, kind: str, outputs: int, *inputs: str, **attributes: Attribute
    ) -> tuple[str, ...]:
        """A helper node with several outputs."""
        name = f"{self.step.path}/{suffix}"
        names = (name, *(f"{name}.{index}" for index in range(1, outputs)))
        return self.graph.add(Operation(kind, name, inputs, names, attributes))

    def result(self, kind: str, *inputs: str, **attributes: Attribute) -> tuple[str, ...]:
        """The node that makes the only output of the step, which it returns as a tuple."""
        return (self.output(0, kind, *inputs, **attributes),)

    def output(self, index: int, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """The node that makes output `index` of the step."""
        name = self.output_names()[index]
        return self.graph.add(Operation(kind, name, inputs, (name,), attributes))[0]

    def output_names(self) -> tuple[str, ...]:
        """The names of the step's values."""
        return value_names(self.step.path, self.step.op, len(self.step.outputs))

    def weight(self, name: str) -> str:
        """The initializer that holds the step's weight `name`, or the value given for it."""
        key = self.step.keys.get(name) or join(self.step.module, name)
        if name in self.step.weights:
            self.graph.weights[key] = self._stored(self.step.weights[name])
        if self.step.rounded and key in self.graph.weights and self.step.narrow is not None:
            return self.node(f"{name}.wide", "Cast", key, to=element_type(DType.FLOAT32))
        return key

    def _stored(self, weight: Weight) -> Weight:
        """A weight with the type that the file holds it in."""
        narrow = self.step.narrow
        if narrow is None or not (weight.dtype is None or weight.dtype.is_float):
            return weight
        return replace(weight, dtype=narrow)

    def softmax(self, scores: str, axis: int) -> str:
        """The softmax within a step that computes other things too.

        In a narrow step it is in float32: its sum is one of many small numbers.
        """
        narrow = self.step.narrow
        if narrow is None or self.step.rounded:
            return self.node("softmax", "Softmax", scores, axis=axis)
        wide = self.node("softmax.wide", "Cast", scores, to=element_type(DType.FLOAT32))
        shares = self.node("softmax.shares", "Softmax", wide, axis=axis)
        return self.node("softmax", "Cast", shares, to=element_type(narrow))

    def without_denormals(self, shares: str) -> str:
        """Shares of a softmax, with 0 for those that float32 holds in fewer digits than others.

        e^-100 is one. A processor takes a hundred times as long to multiply by such a number.
        """
        if self.step.types[0].dtype is not DType.FLOAT32 or self.step.narrow is not None:
            return shares
        return self.node("shares.normal", "ThresholdedRelu", shares, alpha=_LEAST_NORMAL)

    def given(self, tensor: Weight) -> str:
        """The initializer that holds the numbers of a constant, which is no key of a weight."""
        name = name_of_table(self.step.module)
        self.graph.weights[name] = tensor
        return name

    def has_weight(self, name: str) -> bool:
        """Whether the step has a weight `name`."""
        return name in self.step.weights or name in self.step.keys

    def integers(self, suffix: str, values: ArrayLike) -> str:
        """A constant of int64."""
        import numpy as np

        refuse_beyond(np.ravel(np.asarray(values, object)))
        return self.graph.constant(f"{self.step.path}/{suffix}", np.asarray(values, np.int64))

    def epsilon(self, value: float, suffix: str = "eps") -> str:
        """The number that keeps a divisor from being 0, in the type of the step's first input."""
        return self.floats(suffix, self.step.types[0].dtype.kept(value))

    def single_floats(self, suffix: str, values: ArrayLike) -> str:
        """A float32 constant, for inputs of this type whatever the step computes with."""
        import numpy as np

        return self.graph.constant(f"{self.step.path}/{suffix}", np.asarray(values, np.float32))

    def floats(self, suffix: str, values: ArrayLike) -> str:
        """A constant of the type of the step's first input."""
        import numpy as np

        exact = np.asarray(values)
        with np.errstate(over="ignore"):
            made = exact.astype(numpy_type(self.step.types[0].dtype))
        if self.step.narrow is not None and bool(np.any(np.isinf(made) & ~np.isinf(exact))):
            self.graph.overflowing.add(self.step.path)
        return self.graph.constant(f"{self.step.path}/{suffix}", made)
