"""A net as it is deployed: one flat function, and how its weights come from those of the spec.

The passes take one and return one. What all of them ensure: the same outputs, under the same names,
for the same inputs and weights, but for rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from netlang.ir.owned import join
from netlang.ir.program import INPUT, Function, Program
from netlang.passes.affine import FoldedMap
from netlang.records import Record, replace

__all__ = ["Deployed"]


class Deployed(Record, eq=False, dict=True):
    """A flat program for deployment.

    Its net has no calls, no repeats and nothing that exists in training only. `folds` has the
    numbers that aren't weights of the spec, by the module of the step that they are for.
    """

    program: Program
    folds: Mapping[str, FoldedMap]

    @cached_property
    def by_key(self) -> dict[str, FoldedMap]:
        """The folds by the keys of the tensors, weight and bias, that they make."""
        return {
            join(module, name): fold
            for module, fold in self.folds.items()
            for name in ("weight", "bias")
        }

    @property
    def moved(self) -> frozenset[str]:
        """Modules of weights: their own step may be left out, or have the path of a later one."""
        nodes = self.program.net.nodes
        return frozenset(
            {node.module for node in nodes} | {tie.module for node in nodes for tie in node.tied}
        )

    @property
    def unread_inputs(self) -> tuple[str, ...]:
        """The inputs that nothing deployed reads, such as one that only training has a use for."""
        net = self.program.net
        refs = [ref for node in net.nodes for ref in node.inputs]
        refs += [output.ref for output in net.outputs]
        read = {ref.output for ref in refs if ref.producer == INPUT}
        return tuple(port.name for number, port in enumerate(net.inputs) if number not in read)

    def with_net(self, net: Function) -> Deployed:
        """The same with another net."""
        return replace(self, program=replace(self.program, net=net))
