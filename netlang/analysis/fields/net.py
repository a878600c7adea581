"""What a net's outputs read of its inputs: a walk through the net, and a finer one for bounds."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.analysis.fields.figure import AxisField, ReceptiveField
from netlang.analysis.fields.largest import Source, clearer, figure_of
from netlang.analysis.fields.walk import Fields
from netlang.analysis.flow import Flows
from netlang.ir.program import Program

__all__ = ["axis_fields", "field_and_walk", "receptive_field"]


def receptive_field(
    program: Program, sizes: Mapping[str, int] | None = None
) -> ReceptiveField | None:
    """The receptive field of a net's outputs at some sizes; None if nothing in it has places."""
    return field_and_walk(program, sizes)[0]


def field_and_walk(
    program: Program, sizes: Mapping[str, int] | None = None, flows: Flows | None = None
) -> tuple[ReceptiveField | None, Fields]:
    """The receptive field of a net's outputs, and the fields from which it was computed."""
    found, fields = axis_fields(program, sizes, flows=flows)
    return figure_of(program.net, found), fields


def axis_fields(
    program: Program,
    sizes: Mapping[str, int] | None = None,
    *,
    borders: bool = False,
    flows: Flows | None = None,
) -> tuple[dict[Source, AxisField], Fields]:
    """What a net's outputs read along each axis of its inputs, and the fields used.

    If that is a bound, a further attempt distinguishes joined values, and then single elements,
    unless there are too many inputs to tell apart. With `borders`, `seen` is made exact too, even
    if only windows read the axis.
    """
    flows = flows or Flows()
    fields = Fields(program, sizes, flows=flows)
    found = fields.of_net()
    if fields.sources.together:
        return found, fields
    if any(field.bound for field in found.values()):
        fields = Fields(program, sizes, fine=True, flows=flows)
        found = {source: clearer(found[source], own) for source, own in fields.of_net().items()}
    return fields.counted(found, borders), fields
