"""Walks an ONNX graph, and makes of each node what it is in ATen.

On exit, the graph is as that of a traced module, and every node that can't be said is a `Missing`.
What follows such a node isn't computed, but it is looked up, so that the table has all of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import final

import torch
from onnx import AttributeProto, ModelProto, NodeProto
from torch import fx

from netlang.backends.onnx.importing.graph import AtenGraph, Held, KeptWeight, StoredTensor
from netlang.backends.onnx.importing.inferred import InferredTypes
from netlang.backends.onnx.importing.names import (
    is_given,
    label_in,
    modules_around,
    starts_as_number,
    weights_told,
)
from netlang.backends.onnx.importing.node import Handler, OnnxNode
from netlang.backends.onnx.importing.operators import HANDLERS
from netlang.backends.onnx.importing.reading.file import opset_of
from netlang.backends.onnx.importing.reading.long import LongTensors, ReadModel
from netlang.backends.onnx.importing.tensors import tensor_of
from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import MOST_STEPS, Missing, ModuleCall
from netlang.backends.torch.importing.trace import TracedModule
from netlang.records import Draft, Record, field

__all__ = ["GraphInput", "GraphReader", "ReadGraph"]

# What Python and PyTorch raise for numbers that don't fit each other: the file decides them all.
_WRONG = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
_FLOW = {"If", "Loop", "Scan", "SequenceMap"}
_QUANTISED = (
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger",
)  # fmt: skip

_LACKING = {
    "GatherElements": ("each element picked by a place of its own", "`gather` takes whole rows"),
}


@final
class GraphInput(Record):
    """An input of the graph, with the sizes of one example."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype


@final
class ReadGraph(Record, eq=False):
    """A graph of ATen's operators, its weights, and what of the file it lacks.

    It is `whole` if each output comes from a node, which may be one that is refused.
    """

    traced: TracedModule
    weights: Sequence[KeptWeight]
    missing: Sequence[Missing]
    nodes: int
    whole: bool


@final
class GraphReader(Draft, eq=False):
    """What each name of the file stands for so far.

    `batch` is as in `OnnxNode`. If it isn't `batched`, the file is for one example alone. With
    `stub`, what can't be said is a node that is refused later, and has the inferred type.
    """

    graph: AtenGraph
    batch: int | None
    batched: bool = True
    stub: bool = False
    types: InferredTypes | None = None
    uses: Counter[str] = field(default_factory=Counter)
    made: dict[str, Held | None] = field(default_factory=dict)
    missing: dict[tuple[str, str], Missing] = field(default_factory=dict)

    def read(self, read: ReadModel, inputs: Sequence[GraphInput]) -> ReadGraph:
        """The whole graph. Raises `ValueError` for tensors that can't be."""
        model = read.model
        source = model.graph
        self._store(model, read.long)
        taken = {each.partition(".")[0] for each in self.made}
        for each in inputs:
            word = re.sub(r"\W", "_", each.name, flags=re.ASCII) or "input"
            word = f"{word}_" if word in taken else word
            shape = (BATCH, *each.shape) if self.batched else each.shape
            node = self.graph.input(word, shape, each.dtype)
            self.made[each.name] = node
        if self.stub:
            shapes = {each.name: each.shape for each in inputs}
            self.types = InferredTypes.of(model, shapes, self.batch, batched=self.batched)
        around = modules_around(source.node, [self._owner(node) for node in source.node])
        readers = _readers(source.node)
        self.uses.update({name: len(each) for name, each in readers.items()})
        self.uses.update(output.name for output in source.output)
        self.graph.calls = {each.path: each for row in around for each in row}
        opset = opset_of(model)
        for node, modules in zip(source.node, around, strict=True):
            self._node(node, modules, opset, readers)
            if self.graph.steps > MOST_STEPS:
                raise NotSayable(f"it has more than {MOST_STEPS:,} steps", "import a part of it")
        ends = [self._end(output.name) for output in source.output]
        if None not in ends:
            self.graph.graph.output(tuple(each for each in ends if each is not None))
        names = tuple(output.name for output in source.output) if len(ends) > 1 else ("output",)
        graph = self.graph
        traced = TracedModule(graph.graph, graph.constants, graph.stored, names, self.batched)
        missing = sorted(self.missing.values())
        whole = None not in ends and (self.stub or not missing)
        return ReadGraph(traced, graph.weights, missing, len(source.node), whole)

    def _store(self, model: ModelProto, long: LongTensors) -> None:
        """The tensors of the file: weights are those of a name, and larger than a number.

        In netlang's own files they are those whose name is a key, which has no slash. Some files of
        PyTorch say which are weights; of the others, names tell.
        """
        self.graph.own = model.producer_name == "netlang"
        own = [each.name for each in model.graph.initializer if "/" not in each.name]
        self.graph.keys = frozenset(own) if self.graph.own else weights_told(model)
        for stored in model.graph.initializer:
            name = stored.name
            is_number = name not in self.graph.keys and (self.graph.own or starts_as_number(name))
            self._keep(name, long.of(stored), is_number)
        for node in model.graph.node:
            if node.op_type == "Constant" and len(node.output) == 1:
                for each in node.attribute:
                    if each.type == AttributeProto.TENSOR:
                        self._keep(node.output[0], tensor_of(each.t), True)

    def _keep(self, name: str, tensor: torch.Tensor, is_number: bool) -> None:
        several = name in self.graph.keys or tensor.numel() > 1 or is_given(name)
        learned = tensor.is_floating_point() and several and not is_number
        self.made[name] = StoredTensor(tensor, name, learned)

    def _owner(self, node: NodeProto) -> str:
        """The label of the weights of a node, where their names are paths."""
        for name in node.input:
            held = self.made.get(name)
            if isinstance(held, StoredTensor) and held.learned and "." in name and is_given(name):
                return label_in(name.rpartition(".")[0])
        return ""

    def _node(
        self,
        proto: NodeProto,
        modules: Sequence[ModuleCall],
        opset: int,
        readers: Mapping[str, list[NodeProto]],
    ) -> None:
        if all(name in self.made for name in proto.output if name) and proto.op_type == "Constant":
            return
        graph = self.graph
        graph.modules, graph.written, graph.place = modules, proto.op_type, proto.name
        made: Sequence[Held | None] = ()
        inputs = [self.made.get(name) if name else None for name in proto.input]
        node = OnnxNode(proto, opset, inputs, graph, self.batch, self.uses, readers)
        try:
            handler = _handler(proto)
            if not all(name in self.made for name in proto.input if name):
                raise NotSayable("an input that no node gives", "the file isn't valid ONNX")
            unknown = any(
                name and not _is_known(each) for name, each in zip(proto.input, inputs, strict=True)
            )
            if not unknown:
                found = handler(node)
                made = found if isinstance(found, tuple) else (found,)
            elif self.stub:
                made = self._refused(node, NotSayable(""))
        except NotSayable as error:
            made = self._miss(node, modules, error)
        except _WRONG as error:
            wrong = NotSayable(f"its attributes don't fit its inputs ({said_by(error)[:200]})")
            made = self._miss(node, modules, wrong)
        for place, name in enumerate(proto.output):
            held = made[place] if place < len(made) else None
            # Exporters write tensors of equal numbers once, and others as the same as that.
            if proto.op_type == "Identity" and isinstance(held, StoredTensor) and held.name:
                better = is_given(name) or not is_given(held.name)
                held = StoredTensor(held.tensor, name, held.learned) if better else held
            self.made[name] = held

    def _end(self, name: str) -> fx.Node | None:
        """What an output is of."""
        held = self.made.get(name)
        if isinstance(held, StoredTensor):
            return self.graph.constant(held)
        if held is None and not self.missing:
            proto = NodeProto(op_type="output", name=name)
            node = OnnxNode(proto, 0, [], self.graph, self.batch, self.uses)
            self._miss(node, (), NotSayable("an output that no node gives"))
        return held

    def _refused(self, node: OnnxNode, error: NotSayable) -> list[Held | None]:
        """A node of the graph for each output of one that can't be said."""
        assert self.types is not None
        held = [each for each in node.inputs if isinstance(each, fx.Node)]
        vals = [each.meta.get("val") for each in held]
        batched = any(val is None or val.shape[:1].numel() % BATCH == 0 for val in vals)
        return [
            self.graph.refused(
                node.inputs, error, self.types.value(name, batched=batched), node.learned
            )
            if name
            else None
            for name in node.proto.output
        ]

    def _miss(
        self, node: OnnxNode, modules: Sequence[ModuleCall], error: NotSayable
    ) -> Sequence[Held | None]:
        """Put a node into the table; what stands for its outputs, if anything does."""
        proto = node.proto
        kind = f"{proto.domain}.{proto.op_type}" if proto.domain else proto.op_type
        kind = kind[:60]
        row = Missing(kind, error.reason, error.advice)
        found = self.missing.setdefault((kind, error.reason), row)
        found.places.append(modules[-1].path if modules else proto.name[:60])
        return self._refused(node, error) if self.stub else ()


def _is_known(held: Held | None) -> bool:
    """Whether a value is one whose shape is known."""
    return isinstance(held, StoredTensor) or (held is not None and "val" in held.meta)


def _handler(proto: NodeProto) -> Handler:
    """The function for an operator. Raises `NotSayable` if there is none."""
    if proto.domain not in ("", "ai.onnx"):
        what = f"an operator of `{proto.domain[:40]}`"
        raise NotSayable(what, "write the file with ONNX's own operators alone")
    if proto.op_type in _FLOW or any(each.HasField("g") for each in proto.attribute):
        raise NotSayable("it decides or repeats by numbers that are computed", "unroll it")
    if proto.op_type in _QUANTISED or proto.op_type.startswith("QLinear"):
        raise NotSayable("numbers of few bits", "import the file that it was quantised from")
    found = HANDLERS.get(proto.op_type)
    if found is None:
        raise NotSayable(*_LACKING.get(proto.op_type, ("the language has no such operator", "")))
    return found


def _readers(nodes: Sequence[NodeProto]) -> Mapping[str, list[NodeProto]]:
    found = defaultdict[str, list[NodeProto]](list)
    for node in nodes:
        for name in node.input:
            found[name].append(node)
    return found
