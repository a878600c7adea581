"""Where the batch is in the shape of a tensor.

A module is traced with `BATCH` examples, a number that no size of a net has by itself, so that an
axis of this size, or of a multiple, is that of the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from math import prod
from typing import Any, final

from torch import Tensor
from torch.fx import Node

from netlang.backends.torch.importing.limits.operators import work_of
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.records import Draft

__all__ = [
    "BATCH", "CountedValues", "batch_axis", "before", "leaves", "mark_batch", "shapes_in",
    "sizes_of",
]  # fmt: skip

BATCH = 1009
"""A prime, and so no product of other sizes; larger than most of them."""
_SMALLER = "make it for a smaller input"
_FEWEST = 3
"""Examples for which the source of a spec is computed at least."""


def batch_axis(shape: Sequence[int]) -> tuple[int | None, int]:
    """The axis of the batch and how many times it holds it; None for a shape without it."""
    axes = [axis for axis, size in enumerate(shape) if size and size % BATCH == 0]
    if not axes:
        return None, 1
    if len(axes) > 1 or shape[axes[0]] % BATCH**2 == 0:
        raise NotSayable("the batch axis is there twice", "compute each example by itself")
    return axes[0], shape[axes[0]] // BATCH


def sizes_of(shape: Sequence[int], batch: int | None, fold: int) -> tuple[int, ...]:
    """The shape in the language."""
    if batch is None:
        return tuple(shape)
    own = (fold,) if fold > 1 else ()
    return (*shape[:batch], *own, *shape[batch + 1 :])


def before(shape: Sequence[int], batch: int | None) -> int:
    """The number of elements that stand before the next example."""
    return prod(shape[:batch]) if batch is not None else 1


@final
class CountedValues(Draft, eq=False):
    """How many elements the values of a file's graph have for an example, and how much work it is.

    Both are counted before anything is computed.
    """

    room: Room
    elements: int = 0
    work: int = 0

    def add(self, shape: Sequence[int]) -> int:
        """Count a value, and say how many elements it has.

        Raises `NotSayable` if they wouldn't fit into memory.
        """
        batch = BATCH if any(size and size % BATCH == 0 for size in shape) else 1
        size = prod(shape) // batch
        self.elements += size
        if size > self.room.numbers or self.elements > self.room.all_numbers:
            found = size if size > self.room.numbers else self.elements
            reason = f"values of {found:,} numbers for an example, of so small a file"
            raise NotSayable(reason, self._advice())
        return size

    def compute(
        self, target: Any, args: Sequence[Any], options: Mapping[str, Any], results: Any
    ) -> None:
        """Count what an operator does, whose arguments are nodes, tensors without memory, or such.

        Raises `NotSayable` if it would take too long.
        """
        read = [each for each in _leaves([args, options.values()]) if isinstance(each, Node)]
        named = {name: shapes_in(each) for name, each in options.items()}
        work = work_of(target, shapes_in(args), named, results)
        work = work // BATCH if any(each.meta.get("batched") for each in read) else work
        if not self.room.allows(_FEWEST * (self.work + work)):
            reason = f"steps of {self.work + work:,} operations for an example, of so small a file"
            raise NotSayable(reason, self._advice())
        self.work += work

    def _advice(self) -> str:
        return _SMALLER if self.room.large else f"{_SMALLER}, or trust it: `--large`"


def leaves(held: Iterable[Any]) -> Iterable[Any]:
    """What is in lists, and in lists in those."""
    for each in held:
        if isinstance(each, list | tuple):
            yield from leaves(each)
        else:
            yield each


def shapes_in(held: Any) -> Any:
    """Arguments with the tensors without memory that nodes in them stand for."""
    if isinstance(held, Node):
        return held.meta["val"]
    return [shapes_in(each) for each in held] if isinstance(held, list | tuple) else held


def mark_batch(node: Node, val: Any, *, given: bool = False) -> None:
    """Note whether a node's value is for `BATCH` examples: of an input that is `given`, or of one
    that it reads.

    One that has the batch twice isn't: the size may be that of another axis.
    """
    reads = given or any(each.meta.get("batched") for each in node.all_input_nodes)
    sizes = [prod(each.shape) for each in _leaves([val]) if isinstance(each, Tensor)]
    node.meta["batched"] = reads and bool(sizes) and all(
        size % BATCH == 0 and size % BATCH**2 != 0 for size in sizes
    )  # fmt: skip


def _leaves(held: Iterable[Any]) -> Iterator[Any]:
    for each in held:
        if isinstance(each, list | tuple | ValuesView):
            yield from _leaves(each)
        else:
            yield each
