"""Nodes that make classes of the net's scores.

On entry, the graph has the steps of the net; on exit, also what computes the outputs of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch

from netlang.backends.onnx.ends.answering import Answering
from netlang.backends.onnx.ends.interface import DeclaredValue
from netlang.backends.onnx.graph import Attribute, Graph, Operation
from netlang.backends.onnx.types import element_type
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim, substitute
from netlang.ir.types import BATCH, DType
from netlang.recipes.words.answers import Answer, AsPredicted, Largest, LargestOf, Shares

__all__ = ["AnswerNodes", "add_answer", "answer_names"]

_FLOAT, _INT64 = element_type(DType.FLOAT32), element_type(DType.INT64)


@singledispatch
def answer_names(word: Answer) -> tuple[str, ...]:
    """What the outputs of an answer are called."""
    raise InternalError(f"`{word.name}` has no names of outputs")


@answer_names.register
def _(word: Shares | AsPredicted) -> tuple[str, ...]:
    return ("probabilities",)


@answer_names.register
def _(word: LargestOf) -> tuple[str, ...]:
    return ("classes", "probabilities")


@answer_names.register
def _(word: Largest) -> tuple[str, ...]:
    return ("class",)


class AnswerNodes:
    """Appends the nodes after an output.

    `names` are those of the outputs of the answer, `sizes` symbols of the net whose size is known.
    """

    def __init__(
        self, graph: Graph, answering: Answering, names: Sequence[str], sizes: Mapping[str, Dim]
    ) -> None:
        self._graph, self.answering, self.names = graph, answering, tuple(names)
        self._sizes = sizes

    def node(self, suffix: str, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """A helper node."""
        name = f"{self.answering.output}/{suffix}"
        return self._graph.add(Operation(kind, name, inputs, (name,), attributes))[0]

    def integers(self, suffix: str, *values: int) -> str:
        """A constant of int64."""
        import numpy as np

        name = f"{self.answering.output}/{suffix}"
        return self._graph.constant(name, np.array(values, np.int64))

    def one(self) -> str:
        """The number 1."""
        import numpy as np

        return self._graph.constant(f"{self.answering.output}/1", np.ones(1, np.float32))

    def last(
        self, kind: str, inputs: Sequence[str], names: Sequence[str], **attributes: Attribute
    ) -> None:
        """The node that makes outputs of the file."""
        found = Operation(kind, self.names[0], tuple(inputs), tuple(names), attributes)
        self._graph.operations.append(found)

    def declared(self, name: str, element: int, *shape: Dim) -> DeclaredValue:
        """An output, whose sizes come after the batch."""
        dims = [substitute(dim, self._sizes) for dim in (BATCH, *shape)]
        told = tuple([int(dim) if isinstance(dim, int) else str(dim) for dim in dims])
        return DeclaredValue(name, element, told)


def add_answer(nodes: AnswerNodes, scores: str, dtype: DType) -> tuple[DeclaredValue, ...]:
    """Add the nodes that read the value `scores`, which has a type of floats.

    Returns the outputs as the file declares them.
    """
    if dtype is not DType.FLOAT32:
        scores = nodes.node("float", "Cast", scores, to=_FLOAT)
    return _added(nodes.answering.word, nodes, scores)


@singledispatch
def _added(word: Answer, nodes: AnswerNodes, scores: str) -> tuple[DeclaredValue, ...]:
    raise InternalError(f"`{word.name}` can't be carried out in an ONNX file")


@_added.register
def _(word: Shares, nodes: AnswerNodes, scores: str) -> tuple[DeclaredValue, ...]:
    nodes.last("Softmax", (scores,), nodes.names, axis=1)
    return (nodes.declared(nodes.names[0], _FLOAT, *nodes.answering.type.shape),)


@_added.register
def _(word: LargestOf, nodes: AnswerNodes, scores: str) -> tuple[DeclaredValue, ...]:
    classes, shares = nodes.names
    values = nodes.node("softmax", "Softmax", scores, axis=1)
    nodes.last("TopK", (values, nodes.integers("k", word.k)), (shares, classes), axis=1)
    shape = (word.k, *nodes.answering.type.spatial)
    return nodes.declared(classes, _INT64, *shape), nodes.declared(shares, _FLOAT, *shape)


@_added.register
def _(word: Largest, nodes: AnswerNodes, scores: str) -> tuple[DeclaredValue, ...]:
    nodes.last("ArgMax", (scores,), nodes.names, axis=1, keepdims=0)
    return (nodes.declared(nodes.names[0], _INT64, *nodes.answering.type.spatial),)


@_added.register
def _(word: AsPredicted, nodes: AnswerNodes, scores: str) -> tuple[DeclaredValue, ...]:
    (name,), answering = nodes.names, nodes.answering
    if answering.decision is not None:
        yes = nodes.node("flat", "Flatten", scores, axis=1)
        yes = nodes.node("yes", "Sigmoid", yes) if answering.decision.is_logit else yes
        no = nodes.node("no", "Sub", nodes.one(), yes)
        nodes.last("Concat", (no, yes), nodes.names, axis=1)
        return (nodes.declared(name, _FLOAT, 2),)
    if answering.type.rank == 1:
        nodes.last("Softmax", (scores,), nodes.names, axis=1)
    else:
        shares = nodes.node("softmax", "Softmax", scores, axis=1)
        places = nodes.node("places", "Reshape", shares, nodes.integers("by_place", 0, 0, -1))
        inputs = (places, nodes.integers("axes", 2))
        nodes.last("ReduceMean", inputs, nodes.names, keepdims=0)
    return (nodes.declared(name, _FLOAT, answering.type.channels),)
