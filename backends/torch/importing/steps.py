"""What a traced module consists of: values, the steps that make them, and tensors with keys.

A torch shape has the batch axis where the source has it; the shape of a value in the language has
none. `Value` holds both. After a reshape that joins the batch with other axes, as windows of an
image are, the axis has `fold` times the batch, which is an axis of `fold` elements in the language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, final

from netlang.records import Draft, Record, field

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "MOST_STEPS",
    "Argument",
    "BareWord",
    "ComputedTensor",
    "Dims",
    "Maker",
    "Missing",
    "ModuleCall",
    "SourceStep",
    "SourceTensor",
    "Value",
    "WalkState",
]


MOST_STEPS = 6_000
"""What a file may come to. ResNet-1202, the deepest bundled net, has 4,800 steps."""


class Dims(tuple[int, ...]):
    """Sizes of a window, written `3x3`."""

    __slots__ = ()


class BareWord(str):
    """A bare word as an argument, or an expression of the language."""

    __slots__ = ()


@final
class ModuleCall(Record):
    """A module around a step: its path in the source, its class, and which call of it."""

    path: str
    kind: str
    call: str


@final
class SourceTensor(Record, eq=False):
    """A tensor of the source: a parameter or buffer with a key, or a constant without one.

    `persistent` says whether its key is one of the `state_dict`.
    """

    key: str
    tensor: Tensor
    trained: bool
    persistent: bool


@final
class SourceStep(Draft, eq=False):
    """An operator of the language, applied.

    `key` is the label that its weights ask for, and `again` says that another step has them.
    Arguments may be values, as `weight=` is.
    """

    op: str
    arguments: dict[str, Argument]
    inputs: list[Value]
    modules: tuple[ModuleCall, ...]
    key: str | None = None
    again: bool = False
    outputs: int = 1

    @property
    def read(self) -> list[Value]:
        """The values that are inputs or arguments."""
        return [
            *self.inputs,
            *(each for each in self.arguments.values() if isinstance(each, Value)),
        ]


@final
class Maker(Record):
    """Where a value comes from: an output of a step, or an input of the net.

    `dtype` is that of an input, empty for float32.
    """

    step: SourceStep | None
    port: int = 0
    name: str = ""
    dtype: str = ""


@final
class Value(Draft, eq=False):
    """A tensor of the graph.

    `shape` is torch's and `sizes` that in the language. `batch` is the axis of `shape` that holds
    the batch, `fold` times; a `free` value has no batch axis in the language. Of a `minor` one,
    the examples stand innermost in the joined axis, so that only what treats all places alike
    may read it.
    """

    source: Maker
    shape: tuple[int, ...]
    sizes: tuple[int, ...]
    batch: int | None
    fold: int = 1
    free: bool = False
    minor: bool = False
    known: bool = True

    @property
    def step(self) -> SourceStep | None:
        return self.source.step

    def axis(self, axis: int) -> int | None:
        """The axis in the language of an axis of torch; None for the batch alone."""
        axis %= len(self.shape)
        if self.batch is None or axis < self.batch:
            return axis
        if axis == self.batch:
            return axis if self.fold > 1 else None
        return axis if self.fold > 1 else axis - 1


Argument: TypeAlias = "bool | int | float | str | Dims | BareWord | Value | tuple[Argument, ...]"


@final
class Missing(Draft, order=True):
    """Nodes of one kind that can't be said: what, why, and what could be done; where they are."""

    operator: str
    reason: str
    advice: str
    places: list[str] = field(default_factory=list)


@final
class ComputedTensor(Record, eq=False):
    """How the source computes a constant: what makes the steps, and where.

    That is `behind` a step, or in front of all if it is None. `made` keeps its identity.
    """

    compute: Callable[[], Value]
    made: Tensor
    behind: SourceStep | None


@final
class WalkState(Draft, eq=False):
    """The steps so far, those that have weights by their labels, and learned tensors by key.

    `made` are the steps as they were made; in `steps`, those that compute a constant may stand
    earlier. `origins` has the constants that the source computes, by the identity of their tensors;
    `placed` are the steps that were moved to where the source computes one, by identity; `depth`
    counts the constants that are being computed for others. Tables of `tied` keys are read by
    embeddings and by others, so that none has them under its label. `constants` are held so that
    no other tensor gets the identity of one. If the graph isn't `batched`, it is of one example,
    and no axis is that of the batch.
    """

    steps: list[SourceStep] = field(default_factory=list)
    owned: dict[str, SourceStep] = field(default_factory=dict)
    learned: dict[str, Value] = field(default_factory=dict)
    constants: list[SourceTensor] = field(default_factory=list)
    made: list[SourceStep] = field(default_factory=list)
    origins: dict[int, ComputedTensor] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)
    depth: int = 0
    batched: bool = True
    tied: frozenset[str] = frozenset()

    def written(self, constant: Tensor) -> None:
        """Say the constants anew that are read from here on and show what was written into."""
        self.origins.clear()
        memory = constant.untyped_storage().data_ptr()
        for each in self.constants:
            if not each.key and each.tensor.untyped_storage().data_ptr() == memory:
                self.learned.pop(f"constant {id(each.tensor)}", None)
