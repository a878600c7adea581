"""The receptive field of one layer as the recurrence r_out = r_in + (k - 1) j, j_out = j s.

r is the number of input elements that one element sees, j the distance in the input between
neighbours, k what the window spans (dilation counted in) and s its stride; see
`netlang.analysis.receptive` for the conventions.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from netlang.analysis.receptive import Axis, States, merged
from netlang.ir.derivation import Line
from netlang.ir.op import Everything, Op, Window
from netlang.ir.types import Types
from netlang.ops.spatial import axis_name

__all__ = ["recurrence"]

_GROWS = "r_out = r_in + (k - 1)*j"
_SPREADS = "j_out = j*s"


def recurrence(op: Op, states: States, inputs: Types) -> tuple[tuple[Line, ...], str]:
    """The lines for a layer whose inputs are in `states`, and what they don't tell."""
    seen = merged(states)
    if seen is None:
        return (), "not made from the input"
    reach = op.reach(inputs)
    if isinstance(reach, Everything):
        return (), "every output element sees the whole of what the layer reads"
    if not seen.local:
        return (), "the layer reads what a global operator made: windows add nothing"
    note = "of the branches the largest goes on" if sum(s is not None for s in states) > 1 else ""
    return tuple(_lines(seen.axes or (Axis(),) * len(reach.extent), reach)), note


def _lines(axes: tuple[Axis, ...], window: Window) -> Iterator[Line]:
    rank = len(axes)
    extent, stride = window.extent or (1,) * rank, window.stride or (Fraction(1),) * rank
    along = list(zip(axes, extent, stride, strict=True))
    names = [axis_name(rank, axis) for axis in range(rank)] if len(set(along)) > 1 else [""]
    for name, (axis, span, step) in zip(names, along, strict=False):
        suffix = f" ({name})" if name else ""
        size = axis.size + (span - 1) * axis.jump
        grown = f"{_text(axis.size)} + ({span} - 1)*{_text(axis.jump)}"
        yield Line(_GROWS + suffix, grown, size)
        yield Line(_SPREADS + suffix, f"{_text(axis.jump)}*{_text(step)}", axis.jump * step)


def _text(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"({value})"
