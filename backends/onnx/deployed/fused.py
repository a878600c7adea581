"""Joins nodes of a flat graph into what ONNX Runtime computes fastest.

`BiasGelu` and `FastGelu`, which it alone has, are a GELU, exact or by tanh, of a linear map with
its bias. `Sum` adds up two values and the bias of the linear map that made one of them. It also
takes the place of an `Add` that only a layer norm reads: ONNX Runtime would make one
`SkipLayerNormalization` of these two, which takes several times as long on a CPU.

Needs: a graph in order, in float32. Ensures: the values of outputs, and of all steps that are left,
are as before but for rounding; the value of a step that went into another one is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from netlang.backends.onnx.graph import OF_RUNTIME, Operation
from netlang.backends.onnx.steps import Flat
from netlang.ir.program import Port
from netlang.ir.types import DType

__all__ = ["fuse", "fused_operators"]

_NORM = "LayerNormalization"
_GELUS = {"none": "BiasGelu", "tanh": "FastGelu"}


def fuse(flat: Flat, inputs: Iterable[Port]) -> None:
    """Change the operations of `flat`, which has the `inputs` of its net."""
    fusing = _Fusing(flat, inputs)
    flat.graph.operations[:] = fusing.operations()
    made = {name for each in flat.graph.operations for name in each.outputs}
    for name in fusing.gone - made:
        flat.types.pop(name, None)


def fused_operators(flat: Flat) -> tuple[str, ...]:
    """A note for the user on the operators of ONNX Runtime's own, if there may be some."""
    if not flat.graph.fused:
        return ()
    kinds = Counter(each.kind for each in flat.graph.operations if each.domain == OF_RUNTIME)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return (f"operators of ONNX Runtime's own: {told or 'none, nothing of the net is one'}",)


class _Fusing:
    """What is known of the graph, and what each operation becomes."""

    def __init__(self, flat: Flat, inputs: Iterable[Port]) -> None:
        self.gone: set[str] = set()
        self._flat = flat
        self._types = {**{port.name: port.type for port in inputs}, **flat.types}
        operations = flat.graph.operations
        self._made = {each.outputs[0]: each for each in operations}
        self._reads = Counter(name for each in operations for name in each.inputs)
        self._reads.update(flat.outputs.values())
        self._normed = {each.inputs[0] for each in operations if each.kind == _NORM}

    def operations(self) -> Sequence[Operation]:
        """All that are left, in order."""
        before = self._flat.graph.operations
        joined = [self._sum(each) or self._gelu(each) or each for each in before]
        return [each for each in joined if each.outputs[0] not in self.gone]

    def _sum(self, total: Operation) -> Operation | None:
        """A sum of two values with the bias of a map, or one that only a layer norm reads."""
        if total.kind != "Add" or not self._is_of_one_size(total):
            return None
        one, other = total.inputs
        for mapped, second in ((one, other), (other, one)):
            if (found := self._mapped(mapped)) is not None:
                self.gone.add(mapped)
                product, bias = found
                return replace(total, kind="Sum", inputs=(product, second, bias))
        value = total.outputs[0]
        is_normed = self._reads[value] == 1 and value in self._normed
        return replace(total, kind="Sum") if is_normed else None

    def _is_of_one_size(self, total: Operation) -> bool:
        """Whether both values have the type of their sum, which has a batch of float32."""
        type_, *others = (self._types.get(name) for name in (*total.outputs, *total.inputs))
        if type_ is None or type_.dtype is not DType.FLOAT32:
            return False
        return type_.batch is not None and others == [type_, type_]

    def _gelu(self, gelu: Operation) -> Operation | None:
        """A GELU with the bias of the map that it reads."""
        if gelu.kind != "Gelu" or (mapped := self._mapped(gelu.inputs[0])) is None:
            return None
        type_ = self._types.get(gelu.inputs[0])
        if type_ is None or type_.dtype is not DType.FLOAT32:
            return None
        self.gone.add(gelu.inputs[0])
        kind = _GELUS[str(gelu.attributes["approximate"])]
        return replace(gelu, kind=kind, inputs=mapped, attributes={}, domain=OF_RUNTIME)

    def _mapped(self, value: str) -> tuple[str, str] | None:
        """The product and the bias of which a value is the sum, if nothing else reads it."""
        total = self._made.get(value)
        if total is None or total.kind != "Add" or self._reads[value] != 1 or value in self.gone:
            return None
        product, bias = total.inputs
        weight = self._flat.graph.weights.get(bias)
        maker = self._made.get(product)
        if weight is None or maker is None or maker.kind != "MatMul" or len(weight.shape) != 1:
            return None
        return product, bias
