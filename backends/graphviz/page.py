"""Arranges a page: the net in the first column, the insides of its blocks beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from netlang.analysis.constraints import checked_sizes
from netlang.backends.graphviz.dot.layout import height_of, nested_skips
from netlang.backends.graphviz.dot.writer import write_dot
from netlang.backends.graphviz.sheets.builder import block_sheet, net_sheet
from netlang.backends.graphviz.sheets.elements import Sheet
from netlang.backends.graphviz.sheets.plan import Plan
from netlang.backends.graphviz.structure.variants import Variant, variants_of
from netlang.ir.program import Program
from netlang.records import replace

__all__ = ["to_dot"]

_TALLEST = 900  # points: what a page of A4 or letter holds with a caption
_APART = 40
_USUAL_WIDTH = 300


def to_dot(
    program: Program, *, depth: int | None = None, sizes: Mapping[str, int] | None = None
) -> str:
    """The diagram of a program as DOT text.

    `depth` says how many levels of blocks below the net are opened: 0 shows the net alone, None
    opens every one. `sizes` are the symbolic sizes to write shapes at, or None for the declared
    ones.
    """
    plan = Plan(variants_of(program), checked_sizes(program, sizes), depth)
    net = _fitting(partial(net_sheet, program), plan)
    details = [_detail(variant, plan) for variant in plan.variants.all if _is_detail(variant, plan)]
    return write_dot(program.name, [[net], *_columns(details, max(height_of(net), 300))])


def _detail(variant: Variant, plan: Plan) -> Sheet:
    return _fitting(partial(block_sheet, variant), plan)


def _is_detail(variant: Variant, plan: Plan) -> bool:
    return plan.shows(variant) and not plan.variants.is_single(variant.members[0])


def _fitting(build: Callable[[Plan], Sheet], plan: Plan) -> Sheet:
    """The spacious drawing if it fits a page, else the compact one with whole chains in one box."""
    before = set(plan.names.taken)
    sheet = build(plan)
    if nested_skips(sheet) or height_of(sheet) <= _TALLEST:
        return sheet
    plan.names.taken = before
    return build(replace(plan, compact=True))


def _columns(sheets: list[Sheet], tallest: int) -> list[list[Sheet]]:
    """Sheets in order, in columns about as tall as the net; taller if there would be too many."""
    columns = _filled(sheets, tallest)
    while len(columns) * _USUAL_WIDTH > 2 * tallest:
        tallest += tallest // 4
        columns = _filled(sheets, tallest)
    return columns


def _filled(sheets: list[Sheet], tallest: int) -> list[list[Sheet]]:
    columns: list[list[Sheet]] = []
    filled = 0
    for sheet in sheets:
        height = height_of(sheet) + _APART
        if not columns or filled + height > tallest:
            columns.append([])
            filled = 0
        columns[-1].append(sheet)
        filled += height
    return columns
