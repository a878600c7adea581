"""What an output element reads of its operator's inputs, as operators describe it.

A `Reach` describes one output of an operator. Most are `Along`: each axis of the output maps to an
axis of the single input by a rule of its own (`Window`, `Everywhere`, ...); others rearrange
elements or join values. Borders don't matter: a rule describes an inner element. Sizes may be
symbolic. `netlang.analysis.fields` follows reaches through a net, and raises for a rule that it
doesn't know.
"""

from __future__ import annotations

from typing import TypeAlias

from netlang.ir.dims import Dim
from netlang.ir.types import TensorType
from netlang.records import Record

__all__ = [
    "POINTWISE", "Aligned", "Along", "AtMost", "AxisRule", "Cut", "Each", "ToOneSide",
    "Everywhere", "FromPool", "Grouped", "InTurn", "Interpolated", "Joined", "NothingRead",
    "Numbered", "OwnAndAll", "MappedAxes", "Picked", "Pointwise", "Reach", "Rearranged", "Regions",
    "Rolled", "Same", "Shuffled", "TransposedWindow", "Window",
]  # fmt: skip


# --- along one axis -----------------------------------------------------------------------------


class Same(Record, gc=False):
    """Place o reads place o."""


class Everywhere(Record, gc=False):
    """Every place reads the whole axis, or the axis is new in the output."""


class OwnAndAll(Record, gc=False):
    """Place o reads place o for itself, and the whole axis for statistics or attention."""


class ToOneSide(Record, gc=False):
    """Place o reads itself and all places on one side: before it if `before`; else either side."""

    before: bool = False


class Window(Record, gc=False):
    """Place o reads stride o + dilation k - before, for k from 0 to kernel - 1."""

    kernel: int
    stride: int = 1
    before: int = 0
    dilation: int = 1


class TransposedWindow(Record, gc=False):
    """Place o reads every i with stride i + dilation k - before = o for a k below `kernel`."""

    kernel: int
    stride: int = 1
    before: int = 0
    dilation: int = 1


class Cut(Record, gc=False):
    """Place o reads start + step o; `every` is false if places are left out."""

    start: Dim
    step: int = 1
    every: bool = False


class Regions(Record, gc=False):
    """Place o of `count` reads from floor(o size / count) to ceil((o + 1) size / count) - 1."""

    size: Dim
    count: Dim


class Interpolated(Record, gc=False):
    """Place o of `out` reads the `taps` elements (1, 2 or 4) around its place among `size`.

    A single tap is element floor(o size/out), rounded as in `netlang.ir.nearest`, in `single`
    precision or not. Otherwise the place is (o + 1/2) size/out - 1/2 or, with `align`, o (size -
    1)/(out - 1); if an element lies exactly there, only it is read.
    """

    size: Dim
    out: Dim
    taps: int
    align: bool = False
    single: bool = True


class Grouped(Record, gc=False):
    """Every `made` consecutive places read the same `read` consecutive ones: grouped channels."""

    made: int
    read: int


class Shuffled(Record, gc=False):
    """Place o of `size` reads (o mod groups) size/groups + o // groups: groups taken in turn."""

    groups: int
    size: int


class Rolled(Record, gc=False):
    """Place o of `size` reads (o - shift) mod size: the ends of the axis meet."""

    shift: int
    size: Dim


class Picked(Record, gc=False):
    """Place o reads `places[o]` of `size`; negative ones count from the end."""

    places: tuple[int, ...]
    size: Dim


AxisRule: TypeAlias = (
    Same
    | Everywhere
    | OwnAndAll
    | ToOneSide
    | Window
    | TransposedWindow
    | Cut
    | Regions
    | Interpolated
    | Grouped
    | Shuffled
    | Rolled
    | Picked
)


# --- values -------------------------------------------------------------------------------------


class NothingRead(Record, gc=False):
    """Nothing is read: the output is a learned tensor."""


class Pointwise(Record, gc=False):
    """Each element reads the element at its own place."""


class Along(Record, gc=False):
    """Axis i of the output reads axis i of the input by rule i; the output may have more axes."""

    rules: tuple[AxisRule, ...]


class MappedAxes(Record, gc=False):
    """Axis i of the output reads axis `sources[i]` by `rules[i]`, or is new (None).

    Input axes that the output lacks are read as a whole.
    """

    sources: tuple[int | None, ...]
    rules: tuple[AxisRule, ...]


class Rearranged(Record, gc=False):
    """The elements row by row as `split`, with axes in the order `order`, joined to the output."""

    split: tuple[Dim, ...]
    order: tuple[int, ...]


class Aligned(Record, gc=False):
    """Element by element of all inputs, aligned at the last axes; axes of size 1 are broadcast."""


class Joined(Record, gc=False):
    """The inputs joined along an axis."""

    axis: int


class Each(Record, gc=False):
    """Every input is read by its own rule."""

    inputs: tuple[Along | MappedAxes | Pointwise, ...]


class Numbered(Record, gc=False):
    """As `Along`, but the outputs are numbers of places that `pool` read: see `FromPool`."""

    rules: tuple[AxisRule, ...]
    pool: tuple[object, ...]


class InTurn(Record, gc=False):
    """Rules one after the other, from the single input on, each with the type that it makes."""

    steps: tuple[tuple[Along | MappedAxes | Rearranged, TensorType], ...]


class AtMost(Record, gc=False):
    """At most `reach` is read; how much depends on values, or isn't told more exactly."""

    reach: Each | InTurn


class FromPool(Record, gc=False):
    """The values of the first input at the places given by the second, a pool's `indices`.

    They are read by `rules` if the indices come from the pool `pool`; for others, nothing is known.
    A `pool` is the geometry that numbers its places: windows, and sizes of its input.
    """

    rules: tuple[AxisRule, ...]
    pool: tuple[object, ...]


Reach: TypeAlias = (
    NothingRead
    | Pointwise
    | Along
    | MappedAxes
    | Rearranged
    | Aligned
    | Joined
    | Each
    | InTurn
    | Numbered
    | AtMost
    | FromPool
)

POINTWISE = Pointwise()
