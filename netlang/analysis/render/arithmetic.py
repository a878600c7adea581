"""Arithmetic as text: a layer line by line, a net or block as a table with its sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.analysis.explain import LayerArithmetic, PartArithmetic, PartRow
from netlang.analysis.render.describe import describe
from netlang.diagnostics.texts import visible
from netlang.ir.derivation import Line
from netlang.ir.dims import evaluate
from netlang.ir.types import Types

__all__ = ["render_layer", "render_part"]

_HEADS = ("layer", "operator", "output", "params", "MACs")
_GAP = "  "
_SPATIAL = ("out length", "out depth", "out height", "out width")
# The number of terms of a sum that are shown.
LONGEST_SUM = 24


def render_layer(layer: LayerArithmetic) -> str:
    """One layer: the place, the shapes, and one line for each figure."""
    return "\n".join(visible(line) for line in _layer_lines(layer))


def _layer_lines(layer: LayerArithmetic) -> Iterator[str]:
    yield f"{layer.path}: {describe(layer.op, layer.tied)}  at {layer.span}"
    yield f"in:  {_shapes(layer.inputs) or 'nothing'}"
    yield f"out: {_shapes(layer.outputs)}"
    yield ""
    for line in _joined(layer.lines):
        if not (line.is_plain and line.what.startswith("out ") and not line.note):
            yield str(line)
        if line.what == "params" and layer.shares:
            yield f"  the weights of `{layer.shares}`, which are counted there"
        elif line.what == "params":
            for name, weight in layer.tied:
                yield f"  `{name}` is `{weight}`, which is counted there"
    yield ""
    for line in layer.field:
        yield str(line)
    for text in layer.field_reads:
        yield f"receptive field: {text}"


def _joined(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines; equal arithmetic of spatial axes is shown once, as `out`."""
    spatial = [line for line in lines if line.what in _SPATIAL]
    alike = len({(line.formula, line.note) for line in spatial}) == 1
    for line in lines:
        if line not in spatial or not alike:
            yield line
        elif line is spatial[0]:
            yield Line("out", line.formula, line.value, line.note)


def _shapes(types: Types) -> str:
    return ", ".join(map(str, types))


# --- tables -------------------------------------------------------------------------------------


def render_part(part: PartArithmetic) -> str:
    """A table with the arithmetic of each layer and the sums."""
    cells = list(_cells(part.parts))
    widths = [max(map(len, column)) for column in zip(_HEADS, *cells, strict=True)]
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    lines = [_heading(part), "", _row(_HEADS, widths), rule]
    lines += [*(_row(row, widths) for row in cells), rule, *_sums(part)]
    return "\n".join(lines)


def _heading(part: PartArithmetic) -> str:
    sizes = ", ".join(f"{name}={size}" for name, size in part.sizes.items())
    what = f": {describe(part.callee)}" if part.callee and part.callee.name != part.path else ""
    return visible(f"{part.path}{what} at {sizes}")


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return _GAP.join(cell.ljust(width) for cell, width in pairs).rstrip()


def _cells(parts: Sequence[PartRow]) -> Iterator[tuple[str, ...]]:
    times = [1]
    for part in parts:
        row = part.row
        del times[row.depth + 1 :]
        factor = row.times // times[-1]
        times.append(row.times)
        yield (
            "  " * row.depth + visible(row.path),
            (f"{factor} x " if factor > 1 and row.callee else "") + describe(row.callee, row.tied),
            _shapes(part.outputs),
            _cell(part, "params", row.totals.params),
            _cell(part, "MACs", evaluate(row.totals.macs, {})),
        )


def _cell(part: PartRow, what: str, figure: int) -> str:
    """The formula of one application, times the number of applications."""
    line = part.lines.get(what)
    if line is None:
        return str(figure) if figure else "-"
    if not figure:
        return "counted above"
    text = line.formula
    if part.row.times > 1:
        text = f"{part.row.times}*({text})" if " " in text else f"{part.row.times}*{text}"
    return text if text == str(figure) else f"{text} = {figure}"


def _sums(part: PartArithmetic) -> Iterator[str]:
    rows = [each.row for each in part.parts if each.row.depth == 0]
    macs = evaluate(part.totals.macs, {})
    yield _sum("params", [row.totals.params for row in rows], part.totals.params)
    yield _sum("MACs", [evaluate(row.totals.macs, {}) for row in rows], macs)
    yield f"FLOPs = 2*{macs} = {2 * macs}"
    memory = [evaluate(row.totals.memory, {}) for row in rows]
    yield f"{_sum('memory', memory, evaluate(part.totals.memory, {}))} (bytes of all outputs)"
    if part.receptive_field:
        field = part.receptive_field
        note = field.note
        yield f"receptive field = {field}" + (f" ({note})" if note else "")


def _sum(what: str, terms: Sequence[int], value: int) -> str:
    """A sum over the rows of the first level; long ones are shortened."""
    counted = [str(term) for term in terms if term]
    if len(counted) > LONGEST_SUM:
        more = f"({len(counted) - LONGEST_SUM} more)"
        counted = [*counted[:LONGEST_SUM], more]
    if len(counted) < 2:
        return f"{what} = {value}"
    return f"{what} = {' + '.join(counted)} = {value}"
