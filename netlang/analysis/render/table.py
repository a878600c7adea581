"""The summary as a table: blocks with their subtotals, layers below them, totals at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.analysis.figures import Figures, SizedPort
from netlang.analysis.render.describe import describe
from netlang.analysis.rows import Row
from netlang.diagnostics.texts import visible
from netlang.ir.dims import evaluate

__all__ = ["render_table"]

_HEADS = ("layer", "operator", "output", "params", "MACs", "field")
_GAP = "  "
_FOLDED = (
    "{0..2} stands for 0, 1 and 2: the figures of such a row are those of all of them together"
)


def render_table(summary: Figures, *, fold: bool = True, depth: int | None = None) -> str:
    """The table. With `fold`, repeats and runs are single rows; rows end at `depth` levels."""
    rows = summary.rows(fold=fold, depth=depth)
    cells = list(_cells(summary, rows))
    widths = [max(map(len, column)) for column in zip(_HEADS, *cells, strict=True)]
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    notes = [_FOLDED] if any(row.times > 1 for row in rows) else []
    lines = [
        *_heading(summary),
        "",
        _line(_HEADS, widths),
        rule,
        *(_line(row, widths) for row in cells),
        rule,
        *notes,
        *([""] if notes else []),
        *_totals(summary),
    ]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A line with words aligned left and numbers right."""
    texts = [c.ljust(w) for c, w in zip(cells[:3], widths[:3], strict=True)]
    numbers = [c.rjust(w) for c, w in zip(cells[3:], widths[3:], strict=True)]
    return _GAP.join([*texts, *numbers]).rstrip()


def _heading(summary: Figures) -> Iterator[str]:
    sizes = "".join(f", {name}={size}" for name, size in summary.size.items())
    yield visible(f"{summary.net} at batch N={summary.batch}{sizes}")
    if summary.solution.sentences:
        yield visible("; ".join(summary.solution.sentences))
    yield visible(f"in:  {_values(summary.inputs)}")
    yield visible(f"out: {_values(summary.outputs)}")


def _values(values: Sequence[SizedPort]) -> str:
    return ", ".join(
        f"{v.name} {'' if v.dtype == 'float32' else v.dtype}{_shape(v.shape)}" for v in values
    )


def _shape(shape: Sequence[int]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _cells(summary: Figures, rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    times = [1]
    for row in rows:
        del times[row.depth + 1 :]
        factor = row.times // times[-1]
        times.append(row.times)
        yield (
            "  " * row.depth + visible(row.path),
            (f"{factor} x " if factor > 1 and row.callee else "")
            + describe(row.callee, row.tied, row.last),
            ", ".join(_shape(summary.shape(type)) for type in row.types),
            _figure(row.totals.params),
            _figure(evaluate(row.totals.macs, {})),
            str(row.receptive_field or "-"),
        )


def _figure(number: int) -> str:
    return f"{number:,}" if number else "-"


def _totals(summary: Figures) -> Iterator[str]:
    frozen = summary.params - summary.trainable_params
    figures = [
        ("parameters", summary.params, f"{frozen:,} of them fixed" if frozen else "all trainable"),
        ("MACs", summary.macs, "multiply-accumulates of convolutions and matrix products"),
        ("FLOPs", summary.flops, "2 for each MAC, other operations left out"),
        ("other operations", summary.other_ops, "all other arithmetic, one by one"),
        ("activation bytes", summary.activation_bytes, _bytes_note(summary.activation_bytes)),
    ]
    if summary.auxiliary_params:
        figures.insert(1, ("  auxiliary", summary.auxiliary_params, "more, in training only"))
    texts = [(name, f"{figure:,}", note) for name, figure, note in figures]
    if summary.receptive_field:
        note = summary.receptive_field.note or "elements"
        texts.append(("receptive field", str(summary.receptive_field), note))
    width = max(len(text) for _, text, _ in texts)
    for name, text, note in texts:
        yield f"{name:<16}  {text:>{width}}  {note}"


def _bytes_note(count: int) -> str:
    return f"{_scaled(count)}, all operator outputs"


def _scaled(count: int) -> str:
    if count >= 1 << 60:
        return f"{count >> 40:,} TiB"  # more than a float holds, maybe
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} TiB"
