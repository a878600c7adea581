"""The summary for programs: JSON with every figure, CSV with the layers."""

from __future__ import annotations

import csv
import json
from io import StringIO

from netlang.analysis.summary import Summary
from netlang.diagnostics.texts import visible
from netlang.ir.dims import evaluate

__all__ = ["render_csv", "render_json"]


def render_json(summary: Summary) -> str:
    """The summary as one JSON object, in ASCII."""
    return json.dumps(summary.to_json(), indent=2)


def render_csv(summary: Summary) -> str:
    """One line for each layer, below a line of column names."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("path", "op", "output", "params", "macs", "times"))
    for row in summary.layers:
        shape = "x".join(map(str, summary.shape(row.types[0])))
        macs = evaluate(row.totals.macs, {})
        writer.writerow((visible(row.path), row.kind, shape, row.totals.params, macs, row.times))
    return text.getvalue()
