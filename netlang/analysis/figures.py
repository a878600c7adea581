"""The figures of a deployed program and its layers at given sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeAlias

from netlang.analysis.cost import Costs, FunctionCost, at_sizes
from netlang.analysis.facts import Facts
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.fields.rows import with_fields
from netlang.analysis.rows import Row, deployed_rows
from netlang.analysis.runs import fold_runs
from netlang.ir.dims import evaluate
from netlang.ir.sizes.solve import Solution
from netlang.ir.types import TensorType
from netlang.records import Record, replace

__all__ = ["Figures", "Json", "SizedPort"]

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | bool | None


class SizedPort(Record):
    """An input or output at the summary's sizes, without the batch."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    def to_json(self) -> Json:
        return {"name": self.name, "shape": list(self.shape), "dtype": self.dtype}


class Figures(Record, dict=True):
    """Figures and layers of a net at the sizes `size` and the batch `batch`.

    All except `cost.auxiliary` describe the deployed network, without auxiliary heads.
    """

    net: str
    size: Mapping[str, int]
    batch: int
    inputs: tuple[SizedPort, ...]
    outputs: tuple[SizedPort, ...]
    cost: FunctionCost
    receptive_field: ReceptiveField | None
    solution: Solution
    _facts: Facts
    _costs: Costs

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
        """2 per MAC; other operations aren't included."""
        return 2 * self.macs

    @property
    def other_ops(self) -> int:
        return evaluate(self.cost.deployed.other, {})

    @property
    def activation_bytes(self) -> int:
        """The bytes of all operator outputs together."""
        return evaluate(self.cost.deployed.memory, {})

    @cached_property
    def layers(self) -> tuple[Row, ...]:
        """Every operator; in nets with more than `rows.LONGEST`, repeats are folded."""
        rows = deployed_rows(self._costs, self._facts.program.net, fold=False, in_order=True)
        return tuple(row for row in self._with_fields(rows) if row.is_leaf)

    def rows(self, *, fold: bool = True, depth: int | None = None) -> tuple[Row, ...]:
        """Blocks, scopes and operators, down to `depth` levels.

        With `fold`, repeats and equal steps of a loop are single rows that count all times.
        """
        rows = deployed_rows(self._costs, self._facts.program.net, fold=fold, depth=depth)
        rows = self._with_fields(rows)
        return tuple(fold_runs(rows)) if fold else rows

    def _with_fields(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The rows with their receptive fields."""
        whole, fields = self._facts.fields(self.size, self.batch)
        found = with_fields(fields, rows, whole)
        return tuple([replace(row, receptive_field=found.get(row.path)) for row in rows])

    def shape(self, type: TensorType) -> tuple[int, ...]:
        """A shape at the sizes of the summary."""
        return tuple(evaluate(size, {}) for size in self._measured(type).shape)

    @cached_property
    def _measured(self) -> Callable[[TensorType], TensorType]:
        return at_sizes({**self.size, "N": self.batch})
