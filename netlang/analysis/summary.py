"""The summary of a deployed program at given sizes: every layer and every total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from netlang.analysis.constraints import checked_sizes, solve
from netlang.analysis.facts import Facts
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.figures import Figures, Json, SizedPort
from netlang.analysis.rows import Row
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.ir.types import TensorType

__all__ = ["Summary", "summarize"]


@final
class Summary(Figures):
    """The figures, to be printed as a table or written as JSON."""

    def __str__(self) -> str:
        """The table that `netlang summary` prints."""
        from netlang.analysis.render.table import render_table

        return render_table(self)

    def to_json(self) -> dict[str, Json]:
        """The summary as JSON values, each layer with its figures."""
        field = self.receptive_field
        return {
            "net": self.net,
            "size": dict(self.size),
            "batch": self.batch,
            "inputs": [value.to_json() for value in self.inputs],
            "outputs": [value.to_json() for value in self.outputs],
            "params": self.params,
            "trainable_params": self.trainable_params,
            "auxiliary_params": self.auxiliary_params,
            "macs": self.macs,
            "flops": self.flops,
            "other_ops": self.other_ops,
            "activation_bytes": self.activation_bytes,
            "receptive_field": _axes(field),
            "receptive_field_is_bound": field.bound if field else None,
            "sees_whole_input": field.everything if field else None,
            "constraints": list(self.solution.texts),
            "macs_formula": str(self._facts.formula("macs")),
            "layers": [self._layer(row) for row in self.layers],
        }

    def _layer(self, row: Row) -> Json:
        found: dict[str, Json] = {
            "path": row.path,
            "op": row.kind,
            "output": list(self.shape(row.types[0])),
            "params": row.totals.params,
            "macs": evaluate(row.totals.macs, {}),
        }
        if row.receptive_field is not None:
            found["receptive_field"] = _axes(row.receptive_field)
            found["receptive_field_is_bound"] = row.receptive_field.bound
        if row.tied:
            found["tied"] = dict(row.tied)
        if row.times > 1:
            found["times"] = row.times
        return found


def _axes(field: ReceptiveField | None) -> Json:
    """The figure of a receptive field, or that of each axis if they differ; null if unknown."""
    if field is None or field.unknown:
        return None
    return list(field.figure) if isinstance(field.figure, tuple) else field.figure


def summarize(program: Program, sizes: Mapping[str, int] | None = None, batch: int = 1) -> Summary:
    """The summary of a program; sizes that are not given have their defaults.

    Raises `NetlangError` if the net can't run at these sizes.
    """
    complete = checked_sizes(program, sizes, batch)
    facts = Facts(program)
    costs = facts.costs(sizes, batch)
    flow = costs.flow(program.net)
    outputs = [(o.name, flow.type_of(o.ref)) for o in program.net.outputs if not o.auxiliary]
    return Summary(
        net=program.name,
        size={size.name: complete[size.name] for size in program.sizes},
        batch=batch,
        inputs=tuple(_value(port.name, port.type, complete) for port in program.net.inputs),
        outputs=tuple(_value(name, type, complete) for name, type in outputs),
        cost=costs.of(program.net),
        receptive_field=facts.field(sizes, batch),
        solution=solve(program),
        _facts=facts,
        _costs=costs,
    )


def _value(name: str, type: TensorType, sizes: Mapping[str, int]) -> SizedPort:
    shape = tuple(evaluate(size, sizes) for size in type.shape)
    return SizedPort(name, shape, type.dtype.value)
