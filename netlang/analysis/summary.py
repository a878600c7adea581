"""The summary of a program: every layer and every total, as deployed, at given sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from netlang.analysis.constraints import checked_sizes, solve
from netlang.analysis.cost import Costs, FunctionCost, at_sizes
from netlang.analysis.facts import Facts
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.fields.rows import with_fields
from netlang.analysis.flow import Flow
from netlang.analysis.rows import Row, deployed_rows
from netlang.analysis.runs import fold_runs
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.ir.sizes.solve import Solution
from netlang.ir.types import TensorType

__all__ = ["Json", "Summary", "Value", "summarize"]

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | bool | None


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output at the sizes of the summary, without the batch."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    def to_json(self) -> Json:
        return {"name": self.name, "shape": list(self.shape), "dtype": self.dtype}


@dataclass(frozen=True)
class Summary:
    """Figures and layers of a net at the sizes `size` and the batch `batch`.

    All but `cost.auxiliary` describe the network as deployed, without auxiliary heads.
    """

    net: str
    size: Mapping[str, int]
    batch: int
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    cost: FunctionCost
    receptive_field: ReceptiveField | None
    solution: Solution
    _facts: Facts = field(repr=False)
    _costs: Costs = field(repr=False)

    def __str__(self) -> str:
        """The table that `netlang summary` prints."""
        from netlang.analysis.render.table import render_table

        return render_table(self)

    @property
    def params(self) -> int:
        return self.cost.deployed.params

    @property
    def trainable_params(self) -> int:
        return self.cost.deployed.trainable

    @property
    def auxiliary_params(self) -> int:
        return self.cost.auxiliary.params

    @property
    def macs(self) -> int:
        return evaluate(self.cost.deployed.macs, {})

    @property
    def flops(self) -> int:
        """2 for each MAC; other operations are not in it."""
        return 2 * self.macs

    @property
    def other_ops(self) -> int:
        return evaluate(self.cost.deployed.other, {})

    @property
    def activation_bytes(self) -> int:
        """All operator outputs together."""
        return evaluate(self.cost.deployed.memory, {})

    @cached_property
    def layers(self) -> tuple[Row, ...]:
        """Every operator; repeats are folded in nets of more than `rows.LONGEST` of them."""
        rows = deployed_rows(self._costs, self._facts.program.net, fold=False, in_order=True)
        return tuple(row for row in self._with_fields(rows) if row.is_leaf)

    def rows(self, *, fold: bool = True, depth: int | None = None) -> tuple[Row, ...]:
        """Blocks, scopes and operators, down to `depth` levels.

        With `fold`, those of repeats and of equal steps of a loop are rows for all times.
        """
        rows = deployed_rows(self._costs, self._facts.program.net, fold=fold, depth=depth)
        rows = self._with_fields(rows)
        return tuple(fold_runs(rows)) if fold else rows

    def _with_fields(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The rows with their receptive fields."""
        _, fields = self._facts.fields(self.size, self.batch)
        found = with_fields(fields, rows)
        return tuple([replace(row, receptive_field=found.get(row.path)) for row in rows])

    def shape(self, type: TensorType) -> tuple[int, ...]:
        """A shape at the sizes of the summary."""
        return tuple(evaluate(size, {}) for size in self._measured(type).shape)

    @cached_property
    def _measured(self) -> Callable[[TensorType], TensorType]:
        return at_sizes({**self.size, "N": self.batch})

    def to_json(self) -> dict[str, Json]:
        """The summary as JSON values, each layer with its figures."""
        field = self.receptive_field
        axes = field.figure if field else None
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
            "receptive_field": list(axes) if isinstance(axes, tuple) else axes,
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
            axes = row.receptive_field.figure
            found["receptive_field"] = list(axes) if isinstance(axes, tuple) else axes
            found["receptive_field_is_bound"] = row.receptive_field.bound
        if row.times > 1:
            found["times"] = row.times
        return found


def summarize(program: Program, sizes: Mapping[str, int] | None = None, batch: int = 1) -> Summary:
    """The summary of a program; sizes that are not given have their defaults.

    Raises `NetlangError` where the net can't run at these sizes.
    """
    complete = checked_sizes(program, sizes, batch)
    facts = Facts(program)
    costs = facts.costs(sizes, batch)
    flow = Flow(program.net)
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


def _value(name: str, type: TensorType, sizes: Mapping[str, int]) -> Value:
    shape = tuple(evaluate(size, sizes) for size in type.shape)
    return Value(name, shape, type.dtype.value)
