"""Turns a function into a sheet: boxes for chains, circles for merges, frames for scopes.

The function may stand for several of one variant, which have the same structure. On exit, every
link starts and ends at an element of the sheet, and every name is unique on the page.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.graphviz.labels.values import type_text, value_text
from netlang.backends.graphviz.sheets.body import FunctionDrawing
from netlang.backends.graphviz.sheets.elements import End, Frame, Link, Pill, Sheet
from netlang.backends.graphviz.sheets.plan import Plan
from netlang.backends.graphviz.structure.variants import Variant
from netlang.ir.program import Function, Program

__all__ = ["block_sheet", "net_sheet"]


def net_sheet(program: Program, plan: Plan) -> Sheet:
    """The net itself, from its inputs to its outputs."""
    frame = Frame(plan.names.fresh("cluster net"), program.name)
    return _sheet((program.net,), "", frame, plan)


def block_sheet(variant: Variant, plan: Plan) -> Sheet:
    """The inside of a block as a sheet."""
    notes = [", ".join(_parameters(variant))]
    notes.append(f"used {variant.uses} times" if variant.uses > 1 else "used once")
    frame = Frame(
        plan.names.fresh(f"cluster block {variant.title}"),
        variant.title,
        " · ".join(filter(None, notes)),
    )
    return _sheet(variant.members, f"{variant.title}: ", frame, plan)


def _parameters(variant: Variant) -> Iterator[str]:
    """The parameters of a block, with their values where all uses agree."""
    for name, value in variant.members[0].arguments.items():
        alike = all(member.arguments.get(name) == value for member in variant.members)
        yield f"{name}={value_text(value)}" if alike else name


def _sheet(members: tuple[Function, ...], prefix: str, frame: Frame, plan: Plan) -> Sheet:
    sheet, names = Sheet(frame), plan.names
    model = members[0]
    ends = []
    for index, port in enumerate(model.inputs):
        kinds = {type_text(member.inputs[index].type, plan.sizes) for member in members}
        shape = kinds.pop() if len(kinds) == 1 else ""
        pill = Pill(names.fresh(f"{prefix}input {port.name}"), port.name, shape)
        frame.elements.append(pill)
        ends.append(End(pill.id))
    body = FunctionDrawing(members, prefix, tuple(ends), sheet, plan)
    body.draw(frame)
    for output, end in zip(model.outputs, body.outputs(), strict=True):
        name = names.fresh(f"{prefix}output {output.name}")
        frame.elements.append(Pill(name, output.name, "", True, output.auxiliary))
        sheet.links.append(Link(end, name, output.auxiliary))
    return sheet
