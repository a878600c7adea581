"""A net in evaluation mode that gives the values of some of its steps besides its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch import build
from netlang.ir.program import INPUT, Output, Program, Ref
from netlang.records import replace

__all__ = ["Watched"]


@final
class Watched:
    """The net of a flat program with given weights, which stay as they are.

    `refs` are the values that it gives, of steps or of inputs.
    """

    def __init__(
        self,
        flat: Program,
        refs: Sequence[Ref],
        weights: Mapping[str, Tensor],
        device: torch.device,
    ) -> None:
        net = flat.net
        self._refs = tuple(refs)
        self._made = [ref for ref in self._refs if ref.producer != INPUT]
        self._types = [getattr(torch, port.type.dtype.value) for port in net.inputs]
        self._names = [output.name for output in net.outputs]
        values = tuple(Output(f"value{n}", ref) for n, ref in enumerate(self._made))
        ends = tuple(Output(f"end{n}", output.ref) for n, output in enumerate(net.outputs))
        whole = replace(flat, net=replace(net, outputs=(*values, *ends)))
        module = build(whole)
        module.load_state_dict({key: weights[key] for key in module.state_dict()})
        self._module = module.to(device).eval().requires_grad_(False)

    def __call__(self, inputs: Sequence[Tensor]) -> tuple[list[Tensor], dict[str, Tensor]]:
        """The values in the order of `refs`, and the net's outputs by name, ``[B, ...]``."""
        given = [each.to(kind) for each, kind in zip(inputs, self._types, strict=True)]
        made = self._module(*given)
        found = [made] if isinstance(made, Tensor) else list(made)
        values = iter(found[: len(self._made)])
        seen = [given[r.output] if r.producer == INPUT else next(values) for r in self._refs]
        return seen, dict(zip(self._names, found[len(self._made) :], strict=True))
