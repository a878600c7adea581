"""A program as the proof of an import sees it: computed node by node by PyTorch's operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import Tensor

from netlang.backends.torch.importing.foreign import foreign_code
from netlang.backends.torch.importing.limits.room import Needed, Room
from netlang.backends.torch.importing.original import BatchAxis, Original, in_parts, one_by_one
from netlang.backends.torch.importing.programs.archive import not_taken
from netlang.backends.torch.importing.programs.counted import counted_run, last_reads
from netlang.backends.torch.importing.programs.document import (
    ProgramDocument,
    ProgramNode,
    resolved,
)
from netlang.backends.torch.importing.programs.known import SIZE_OF, SIZES, SKIPPED, known_operator

__all__ = ["ProgramOriginal"]


@final
class ProgramOriginal(Original):
    """A program of which every operator is known; without a `batch`, it takes one example alone."""

    def __init__(
        self,
        document: ProgramDocument,
        tensors: Mapping[str, Tensor],
        path: str,
        batch: BatchAxis | None,
        room: Room,
    ) -> None:
        self._document = document
        self._tensors = tensors
        self._path = path
        self._batch = None if batch is None else batch.size
        self._batched = batch is not None
        self._room = room
        self._known: dict[tuple[tuple[int, ...], ...], Needed] = {}

    @property
    def room(self) -> Room | None:
        return self._room

    @property
    def lends(self) -> bool:
        return not any(map(_may_write, self._document.nodes))

    def state(self) -> Mapping[str, Tensor]:
        held = {each.key for each in self._document.holders if each.persistent}
        return {key: each for key, each in self._tensors.items() if key in held}

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        yield

    def needed(self, example: Sequence[Tensor], by_spec: Callable[[int], Needed]) -> Needed:
        """Counted for the examples that are computed at once, as the program is."""
        count, at_once = len(example[0]), self._batch or len(example[0])
        first = (at_once,) if self._batched else ()
        shapes = tuple((*first, *each.shape[1:]) for each in example)
        if shapes not in self._known:
            given = [each.new_empty(shape) for each, shape in zip(example, shapes, strict=True)]
            with self._run_by_itself():
                self._known[shapes] = counted_run(self._document, self._tensors, given)
        found = self._known[shapes]
        return Needed(found.memory, found.work * (-(-count // at_once) if self._batched else count))

    @contextmanager
    def _run_by_itself(self) -> Iterator[None]:
        """Inside, PyTorch computes with what a stranger has written."""
        advice = "the program has to run, since the spec is compared with it"
        with foreign_code(lambda reason: not_taken(self._path, reason, advice)), torch.no_grad():
            yield

    def run(self, example: Sequence[Tensor]) -> list[Tensor]:
        with self._run_by_itself():
            if not self._batched:
                return one_by_one(self._run, example)
            if self._batch is None or len(example[0]) == self._batch:
                return self._run([each.clone() for each in example])
            return in_parts(self._run, example, self._batch)

    def _run(self, example: Sequence[Tensor]) -> list[Tensor]:
        document = self._document
        held: dict[str, Any] = {
            each.name: self._tensors[each.key] if each.persistent
            else self._tensors[each.key].clone()
            for each in document.holders
        }  # fmt: skip
        held.update(zip(document.inputs, example, strict=True))
        over = last_reads(document)
        for place, node in enumerate(document.nodes):
            if node.target not in SKIPPED:
                held.update(zip(node.outputs, _results(node, held), strict=False))
            for name in over.get(place, ()):
                held.pop(name, None)
        return [held[name] for name in document.outputs]


def _may_write(node: ProgramNode) -> bool:
    """Whether the operator of a node writes into what it is given, which may be a tensor's part."""
    schema = getattr(known_operator(node.target), "_schema", None)
    return schema is not None and bool(schema.is_mutable)


def _results(node: ProgramNode, held: Mapping[str, Any]) -> Sequence[Any]:
    args = [resolved(each, held.__getitem__) for each in node.positional]
    named = {name: resolved(each, held.__getitem__) for name, each in node.named.items()}
    if node.target == SIZE_OF:
        return [args[0].shape[args[1]]]
    target = SIZES.get(node.target) or known_operator(node.target)
    assert target is not None
    found = target(*args, **named)
    return found if isinstance(found, list | tuple) else [found]
