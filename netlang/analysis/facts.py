"""The facts of a program, each computed on first use.

All of them describe the deployed network, without auxiliary heads; only `auxiliary_params` counts
what these add. `memory` is the sum of all operator outputs in bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import nlargest
from typing import TYPE_CHECKING

from netlang.analysis.constraints import checked_sizes
from netlang.analysis.cost import Costs, FunctionCost, Totals, at_sizes, formula
from netlang.analysis.flow import Flows
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim, evaluate
from netlang.ir.program import Program

if TYPE_CHECKING:
    from netlang.analysis.fields.figure import ReceptiveField
    from netlang.analysis.fields.walk import Fields

__all__ = ["FACTS", "Facts", "Figure", "facts"]

# One number, or one for each spatial axis; None for a receptive field without spatial axes.
Figure = int | tuple[int, ...] | None

_SUMS: dict[str, Callable[[Totals], Dim]] = {
    "params": lambda totals: totals.params,
    "trainable_params": lambda totals: totals.trainable,
    "frozen_params": lambda totals: totals.frozen,
    "buffers": lambda totals: totals.buffers,
    "macs": lambda totals: totals.macs,
    "flops": lambda totals: totals.macs * 2,
    "other_ops": lambda totals: totals.other,
    "memory": lambda totals: totals.memory,
}

# Of the facts that are formulas in the sizes, the figure that they come from.
_FORMULAS = {"macs": "macs", "flops": "macs", "other_ops": "other", "memory": "memory"}

_Sizes = tuple[tuple[str, int], ...]

# Every name that `Facts.value` knows.
FACTS = (*_SUMS, "auxiliary_params", "receptive_field")


class Facts:
    """The facts of one program: as attributes at its default sizes, by name at any sizes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._flows = Flows()
        self._checked: dict[tuple[_Sizes, int], tuple[_Sizes, dict[str, int]]] = {}
        self._costs: dict[_Sizes, Costs] = {}
        self._fields: dict[_Sizes, tuple[ReceptiveField | None, Fields]] = {}

    @property
    def params(self) -> int:
        return self._default("params")

    @property
    def trainable_params(self) -> int:
        return self._default("trainable_params")

    @property
    def auxiliary_params(self) -> int:
        return self.cost().auxiliary.params

    @property
    def macs(self) -> int:
        return self._default("macs")

    @property
    def flops(self) -> int:
        """Floating-point operations of the contractions: 2 per MAC."""
        return self._default("flops")

    @property
    def other_ops(self) -> int:
        return self._default("other_ops")

    @property
    def memory(self) -> int:
        """The bytes of all operator outputs together."""
        return self._default("memory")

    @property
    def receptive_field(self) -> ReceptiveField | None:
        return self.field()

    @property
    def output_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every deployed output, by its name."""
        return self.shapes()

    def costs(self, sizes: Mapping[str, int] | None = None, batch: int = 1) -> Costs:
        """Figures at some sizes, with defaults for the rest. Checks that the net runs at these."""
        key, complete = self._complete(sizes, batch)
        if key not in self._costs:
            self._costs[key] = Costs(at_sizes(complete), sizes=complete, flows=self._flows)
        return self._costs[key]

    def _complete(
        self, sizes: Mapping[str, int] | None, batch: int = 1
    ) -> tuple[_Sizes, dict[str, int]]:
        """All sizes, as a cache key and by name; whether the net runs at them is checked once."""
        given = tuple(sorted(sizes.items())) if sizes else ()
        if (given, batch) not in self._checked:
            complete = checked_sizes(self.program, sizes, batch)
            self._checked[given, batch] = tuple(sorted(complete.items())), complete
        return self._checked[given, batch]

    def cost(self, sizes: Mapping[str, int] | None = None, batch: int = 1) -> FunctionCost:
        """The figures of the net at some sizes."""
        return self.costs(sizes, batch).of(self.program.net)

    def field(
        self, sizes: Mapping[str, int] | None = None, batch: int = 1
    ) -> ReceptiveField | None:
        """The receptive field at some sizes."""
        return self.fields(sizes, batch)[0]

    def fields(
        self, sizes: Mapping[str, int] | None = None, batch: int = 1
    ) -> tuple[ReceptiveField | None, Fields]:
        """The receptive field at some sizes, and the object that computes those of all values."""
        from netlang.analysis.fields.net import field_and_walk  # thirty modules: only here

        key, complete = self._complete(sizes, batch)
        if key not in self._fields:
            self._fields[key] = field_and_walk(self.program, complete, self._flows)
        return self._fields[key]

    def shapes(self, sizes: Mapping[str, int] | None = None) -> dict[str, tuple[int, ...]]:
        """The shape of every deployed output at some sizes, without the batch."""
        _, complete = self._complete(sizes)
        flow = self._flows.of(self.program.net)
        return {
            output.name: tuple(evaluate(size, complete) for size in flow.type_of(output.ref).shape)
            for output in self.program.net.outputs
            if not output.auxiliary
        }

    def value(self, name: str, sizes: Mapping[str, int] | None = None, batch: int = 1) -> Figure:
        """The fact called `name`, one of `FACTS`, at some sizes."""
        if name == "receptive_field":
            field = self.field(sizes, batch)
            return field.figure if field else None
        cost = self.cost(sizes, batch)
        if name == "auxiliary_params":
            return cost.auxiliary.params
        return evaluate(_sum_of(name)(cost.deployed), {})

    def formula(self, name: str) -> Dim:
        """The fact called `name`, a sum over the net, as a formula in the sizes."""
        only = _FORMULAS.get(name, "macs")
        return _sum_of(name)(Costs(formula, only, flows=self._flows).of(self.program.net).deployed)

    def contributors(
        self, name: str, count: int = 3, sizes: Mapping[str, int] | None = None
    ) -> tuple[tuple[str, int], ...]:
        """The operators that contribute most to a fact: paths and figures, largest first."""
        from netlang.analysis.rows import deployed_rows

        figure = _sum_of(name)
        rows = deployed_rows(self.costs(sizes), self.program.net, fold=False)
        figures = ((row.path, evaluate(figure(row.totals), {})) for row in rows if row.is_leaf)
        largest = nlargest(count, figures, key=lambda item: item[1])
        return tuple(item for item in largest if item[1])

    def _default(self, name: str) -> int:
        return evaluate(_sum_of(name)(self.cost().deployed), {})


def _sum_of(name: str) -> Callable[[Totals], Dim]:
    if name not in _SUMS:
        raise InternalError(f"{name!r} isn't a sum over the operators of a net")
    return _SUMS[name]


def facts(program: Program) -> Facts:
    """The facts of a program. Keep the object if several are needed."""
    return Facts(program)
