"""An ONNX file as the proof of an import sees it: computed by ONNX Runtime, with any weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any, final

import torch
from onnx import ModelProto
from torch import Tensor

from netlang.backends.onnx.importing.diagnostics import ModelNotTaken
from netlang.backends.onnx.importing.graph import KeptWeight
from netlang.backends.onnx.importing.reading.long import ReadModel, is_held
from netlang.backends.onnx.importing.tensors import input_like, with_numbers
from netlang.backends.onnx.runtime import runtime
from netlang.backends.torch.importing.diagnostics import NothingProved
from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.limits.room import Needed, Room
from netlang.backends.torch.importing.original import BatchAxis, Original, in_parts, one_by_one
from netlang.diagnostics.errors import NetlangError

__all__ = ["OnnxOriginal"]

# Numbers of a tensor that stands in the file itself: shapes and the like have to.
_SHORT = 1 << 10
_RUNS = 3  # of whole batches, at most, for as many examples as are compared


@final
class OnnxOriginal(Original):
    """A file with the weights that the spec has of it.

    Without a `batch`, the file takes one example without an axis for several.
    """

    def __init__(
        self,
        read: ReadModel,
        path: str,
        weights: Sequence[KeptWeight],
        batch: BatchAxis | None,
        room: Room,
    ) -> None:
        self._long = read.long
        self._rest, self._tables = _without_weights(read, {each.name for each in weights})
        self._path = path
        self._weights = weights
        self._batch = None if batch is None else batch.size
        self._batched = batch is not None
        self._room = room
        self._in_parts = True  # whether there is room for whole batches
        self._session: Any = None
        self._beside: Mapping[str, Tensor] = {}  # long weights, by their names in the file

    @property
    def room(self) -> Room | None:
        return self._room

    def needed(self, example: Sequence[Tensor], by_spec: Callable[[int], Needed]) -> Needed:
        """Whole batches are counted too: if only they can be computed, isn't known yet."""
        if self._batch is not None and self._batched:
            whole = by_spec(self._batch)
            fits = whole.memory <= self._room.memory and self._room.allows(_RUNS * whole.work)
            self._in_parts = self._in_parts and fits
        return by_spec(len(example[0]))

    @property
    def lends(self) -> bool:
        return True

    def state(self) -> Mapping[str, Tensor]:
        return {each.key: each.tensor for each in self._weights}

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        self._session = None
        try:
            yield
        finally:
            self._session, self._beside = None, {}

    def run(self, example: Sequence[Tensor]) -> list[Tensor]:
        try:
            self._long.require_whole()
            if self._session is None:
                content, self._beside = self._with_weights()
                self._session = _session(content)
            if not self._batched:
                return one_by_one(self._run, example)
            if self._batch is None or len(example[0]) == self._batch:
                return self._run(example)
            return self._of_any_batch(example, self._batch)
        except NetlangError:
            raise
        except Exception as error:  # ONNX Runtime's own ones have no class in common
            reason = f"ONNX Runtime can't run it: {said_by(error)[:300]}"
            advice = "the file has to run there, since the spec is compared with it"
            raise NetlangError(
                ModelNotTaken(span=None, path=self._path, reason=reason, advice=advice)
            ) from None

    def _run(self, example: Sequence[Tensor]) -> list[Tensor]:
        names = [each.name for each in self._rest.graph.input]
        feeds = {name: each.numpy() for name, each in zip(names, example, strict=True)}
        feeds |= {name: each.numpy() for name, each in self._beside.items()}
        return [torch.from_numpy(each) for each in self._session.run(None, feeds)]

    def _of_any_batch(self, example: Sequence[Tensor], batch: int) -> list[Tensor]:
        """All at once, unless the sizes in the file are for its own number of examples."""
        try:
            found = self._run(example)
        except Exception:  # ONNX Runtime's own ones have no class in common
            return self._whole_batches(example, batch)
        count = len(example[0])
        whole = all(each.shape[:1] == (count,) for each in found)
        return found if whole else self._whole_batches(example, batch)

    def _whole_batches(self, example: Sequence[Tensor], batch: int) -> list[Tensor]:
        if not self._in_parts:
            reason = f"it is for {batch:,} examples at once, which is too much for so small a file"
            advice = "make it for fewer, or trust it: `--large`"
            raise NetlangError(NothingProved(span=None, reason=reason, advice=advice))
        return in_parts(self._run, example, batch)

    def _with_weights(self) -> tuple[bytes, dict[str, Tensor]]:
        """The file with the weights as they are now, for any number of examples.

        Long ones are inputs, and given beside it, as are long tables: a file has up to 2 GiB, and a
        session would hold a copy of those that it has.
        """
        model = ModelProto()
        model.CopyFrom(self._rest)
        given = {each.name: each.back(each.tensor).detach() for each in self._weights}
        long = {name: each.contiguous() for name, each in given.items() if each.numel() > _SHORT}
        long |= self._tables
        model.graph.input.extend(input_like(name, each) for name, each in long.items())
        model.graph.initializer.extend(
            with_numbers(name, each) for name, each in given.items() if name not in long
        )
        return model.SerializeToString(), long


def _without_weights(read: ReadModel, names: Set[str]) -> tuple[ModelProto, Mapping[str, Tensor]]:
    """A file for any number of examples, without the tensors of these names and long ones.

    These are given, too.
    """
    model, whole = read.model, read.model.graph
    others = [each for each in whole.initializer if each.name not in names]
    long = {each.name: read.long.of(each) for each in others if is_held(each)}
    rest = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    graph = rest.graph
    graph.name = whole.name
    graph.node.extend(
        node
        for node in whole.node
        if not (node.op_type in ("Constant", "Identity") and names & set(node.output))
    )
    graph.initializer.extend(each for each in others if not is_held(each))
    given = {each.name for each in whole.initializer} | names
    graph.input.extend(each for each in whole.input if each.name not in given)
    graph.output.extend(whole.output)
    for each in graph.input:
        for axis, dim in enumerate(each.type.tensor_type.shape.dim):
            dim.dim_param = f"{each.name}_{axis}" if axis else "N"
    for each in graph.output:
        each.type.tensor_type.ClearField("shape")
    return rest, long


def _session(content: bytes) -> Any:
    ort = runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # it would keep what one comparison took
    # Where sizes are symbols, memory that is free again is looked for in a time that grows as the
    # square of the number of values.
    options.enable_mem_reuse = False
    # In the order of the file: the usual order turns all weights before anything reads one.
    options.execution_order = ort.ExecutionOrder.PRIORITY_BASED
    # Nodes that are fused one after the other take a time that grows as the square of their number.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
