"""What a run of a program takes, counted on tensors without memory before anything is computed.

They have the sizes of the run itself, so that nothing is believed: a size of the graph that is read
may be a guess, or small for `BATCH` examples alone. Nodes that nothing reads are computed too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from netlang.backends.torch.importing.limits.operators import work_of
from netlang.backends.torch.importing.limits.room import Needed
from netlang.backends.torch.importing.programs.document import (
    Given,
    NamedValue,
    ProgramDocument,
    ProgramNode,
    resolved,
)
from netlang.backends.torch.importing.programs.known import SIZE_OF, SIZES, SKIPPED, known_operator
from netlang.backends.torch.importing.programs.shapes import shape_of
from netlang.records import Draft, field

__all__ = ["counted_run", "last_reads"]


def counted_run(
    document: ProgramDocument, tensors: Mapping[str, Tensor], example: Sequence[Tensor]
) -> Needed:
    """What a program takes for an example without memory. Weights aren't counted.

    Raises `NotSayable`, `ValueError`, and what PyTorch does for what can't be computed.
    """
    run = _CountedRun({each.name: tensors[each.key].to("meta") for each in document.holders})
    for name, each in zip(document.inputs, example, strict=True):
        run.keep(name, each)
    over = last_reads(document)
    for place, node in enumerate(document.nodes):
        if node.target not in SKIPPED:
            for name, each in zip(node.outputs, run.results(node), strict=False):
                run.keep(name, each)
        for name in over.get(place, ()):
            run.release(name)
    return Needed(run.most, run.work)


def last_reads(document: ProgramDocument) -> Mapping[int, Sequence[str]]:
    """The values that aren't needed any more after a node, by its place."""
    last = {
        name: place
        for place, node in enumerate(document.nodes)
        for given in (*node.positional, *node.named.values())
        for name in _names_read(given)
    }
    kept = {*document.outputs, *document.inputs, *(each.name for each in document.holders)}
    found: dict[int, list[str]] = {}
    for name, place in last.items():
        if name not in kept:
            found.setdefault(place, []).append(name)
    return found


@final
class _CountedRun(Draft, eq=False):
    """The values that are there, and the bytes of their memory, which several may share."""

    held: dict[str, Any]
    users: Counter[int] = field(default_factory=Counter)
    memory: int = 0
    most: int = 0
    work: int = 0

    def keep(self, name: str, value: Any) -> None:
        """Count the memory of a new value, unless another has it already."""
        self.release(name)
        self.held[name] = value
        for at, size in _memory(value):
            self.memory += 0 if self.users[at] else size
            self.users[at] += 1
        self.most = max(self.most, self.memory)

    def release(self, name: str) -> None:
        """Let go of a value, which isn't there if nothing gives it."""
        for at, size in _memory(self.held.pop(name, None)):
            self.users[at] -= 1
            self.memory -= 0 if self.users[at] else size

    def results(self, node: ProgramNode) -> Sequence[Any]:
        """What a node gives: tensors without memory, or a number."""
        args = [resolved(each, self.held.__getitem__) for each in node.positional]
        named = {key: resolved(each, self.held.__getitem__) for key, each in node.named.items()}
        if node.target == SIZE_OF:
            return [args[0].shape[args[1]]]
        if node.target in SIZES:
            found = SIZES[node.target](*args)
            if abs(found) >= 1 << 63:
                raise ValueError("it has a number of more than 64 bits")
            return [found]
        target = known_operator(node.target)
        if target is None:
            raise ValueError(f"the language has no operator `{node.target[:60]}`")
        found = shape_of(target, args, named, len(node.outputs))
        self.work += work_of(target, args, named, found)
        return found if isinstance(found, list | tuple) else [found]


def _names_read(given: Given) -> Iterator[str]:
    if isinstance(given, NamedValue):
        yield given.name
    elif isinstance(given, list):
        for each in given:
            yield from _names_read(each)


def _memory(value: Any) -> Iterator[tuple[int, int]]:
    """Where the memory of a tensor would be, and its bytes; nothing for a number."""
    if isinstance(value, Tensor):
        storage = value.untyped_storage()
        yield StorageWeakRef(storage).cdata, storage.nbytes()
