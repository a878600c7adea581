"""What an output element reads of the inputs of its operator: the words in which operators say so.

A `Reach` is told for one output of an operator. Most are `Along`: each axis of the output goes back
to an axis of the one input by a rule of its own (`Window`, `Everywhere`, ...); others lay elements
out anew or join values. Borders don't count: a rule says what an inner element reads. Sizes may be
symbolic. `netlang.analysis.fields` follows them through a net; a rule that it doesn't know raises.
"""

from __future__ import annotations

from typing import TypeAlias

from netlang.ir.dims import Dim
from netlang.records import Record

__all__ = [
    "POINTWISE", "Aligned", "Along", "AtMost", "AxisRule", "Blocks", "Cut", "Each", "ToOneSide",
    "Everywhere", "FromPool", "Grid", "Grouped", "Interpolated", "Joined", "NoInput", "Numbered",
    "OwnAndAll", "Places", "Pointwise", "Reach", "Rearranged", "Regions", "Same", "Shuffled",
    "TransposedWindow", "Window",
]  # fmt: skip


# --- along one axis -----------------------------------------------------------------------------


class Same(Record, gc=False):
    """Place o reads place o."""


class Everywhere(Record, gc=False):
    """Every place reads the whole axis, or the output has this axis anew."""


class OwnAndAll(Record, gc=False):
    """Place o reads place o for itself, and the whole axis for a statistic or an attention."""


class ToOneSide(Record, gc=False):
    """Place o reads place o and all before it, or all behind it."""


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
    """Place o reads start + step o; `every` is false where places are left out."""

    start: Dim
    step: int = 1
    every: bool = False


class Regions(Record, gc=False):
    """Place o of `count` reads from floor(o size / count) to ceil((o + 1) size / count) - 1."""

    size: Dim
    count: Dim


class Interpolated(Record, gc=False):
    """Place o of `out` reads the `taps` elements (1, 2 or 4) around its place among `size`.

    One tap is element floor(o size/out), rounded as in `netlang.ir.nearest`, in `single` precision
    or not. Otherwise the place is (o + 1/2) size/out - 1/2, with `align` o (size - 1)/(out - 1),
    and where that is an element, it alone counts.
    """

    size: Dim
    out: Dim
    taps: int
    align: bool = False
    single: bool = True


class Blocks(Record, gc=False):
    """Place o reads its block of `width` places; blocks begin at `shift`, and before and behind."""

    width: int
    shift: int = 0


class Grid(Record, gc=False):
    """Place o reads the `count` places that lie whole multiples of size/count away from it."""

    size: Dim
    count: int


class Grouped(Record, gc=False):
    """Every `made` places in a row read the same `read` places in a row: channels in groups."""

    made: int
    read: int


class Shuffled(Record, gc=False):
    """Place o of `size` reads (o mod groups) size/groups + o // groups: groups taken in turn."""

    groups: int
    size: int


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
    | Blocks
    | Grid
    | Grouped
    | Shuffled
)


# --- values -------------------------------------------------------------------------------------


class NoInput(Record, gc=False):
    """Nothing is read: a learned tensor."""


class Pointwise(Record, gc=False):
    """Each element reads the element at its own place."""


class Along(Record, gc=False):
    """Axis i of the output reads axis i of the input by rule i; the output may have more axes."""

    rules: tuple[AxisRule, ...]


class Places(Record, gc=False):
    """Axis i of the output reads axis `sources[i]` by `rules[i]`, or is new: None.

    What the output has no axis for is read wholly.
    """

    sources: tuple[int | None, ...]
    rules: tuple[AxisRule, ...]


class Rearranged(Record, gc=False):
    """The elements row by row as `split`, those axes in the order `order`, joined to the output."""

    split: tuple[Dim, ...]
    order: tuple[int, ...]


class Aligned(Record, gc=False):
    """Element by element of all inputs, last axes together; axes of size 1 are broadcast."""


class Joined(Record, gc=False):
    """The inputs one behind the other along an axis."""

    axis: int


class Each(Record, gc=False):
    """Every input is read by a rule of its own."""

    inputs: tuple[Along | Places | Pointwise, ...]


class Numbered(Record, gc=False):
    """As `Along`, but the output are numbers of places that `pool` read: see `FromPool`."""

    rules: tuple[AxisRule, ...]
    pool: tuple[object, ...]


class AtMost(Record, gc=False):
    """No more than `reach` is read; how much of it depends on values."""

    reach: Each


class FromPool(Record, gc=False):
    """The values of the first input at the places that the second, `indices` of a pool, tells.

    They are read by `rules` where the indices are those of the pool `pool`; of others nothing is
    known. A `pool` is the geometry that numbers its places: windows, and sizes of its input.
    """

    rules: tuple[AxisRule, ...]
    pool: tuple[object, ...]


Reach: TypeAlias = (
    NoInput
    | Pointwise
    | Along
    | Places
    | Rearranged
    | Aligned
    | Joined
    | Each
    | Numbered
    | AtMost
    | FromPool
)

POINTWISE = Pointwise()
