"""A program run by hand-written torch modules, step by step: an oracle without a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlang.backends.weights import join
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Program, Ref
from tests.ops.torch_modules import build

__all__ = ["Interpreted", "loaded", "settle"]


class Interpreted(nn.Module):
    """The deployed net of a program; its `state` has the keys of the program's weights."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.net = program.net
        self.steps = dict(_modules(program.net, ""))
        self.all = nn.ModuleList(self.steps.values())

    def state(self) -> dict[str, Tensor]:
        """Every parameter and buffer by key, shared with the modules."""
        return {
            join(path, name): value
            for path, module in self.steps.items()
            for name, value in module.state_dict().items()
        }

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        found = self._run(self.net, "", inputs)
        outputs = enumerate(self.net.outputs)
        return {output.name: found[i] for i, output in outputs if not output.auxiliary}

    def _run(
        self, function: Function, module: str, inputs: tuple[Tensor, ...]
    ) -> dict[int, Tensor]:
        values = {Ref(INPUT, index): value for index, value in enumerate(inputs)}
        for number, node in enumerate(function.nodes):
            if node.auxiliary:
                continue
            given = tuple(values[ref] for ref in node.inputs)
            owner = module + node.module
            if isinstance(node.callee, Function):
                results = self._run(node.callee, f"{owner}.", given)
            else:
                result = self.steps[owner](*given)
                results = dict(enumerate(result if isinstance(result, tuple) else (result,)))
            values |= {Ref(number, index): value for index, value in results.items()}
        outputs = enumerate(function.outputs)
        return {i: values[output.ref] for i, output in outputs if not output.auxiliary}


def _modules(function: Function, prefix: str) -> Iterator[tuple[str, nn.Module]]:
    for node in function.nodes:
        if node.reuses or node.auxiliary:
            continue
        path = prefix + node.module
        if isinstance(node.callee, Op):
            yield path, build(node.callee, function.input_types(node))
        else:
            yield from _modules(node.callee, f"{path}.")


def loaded(program: Program, weights: Mapping[str, NDArray[np.generic]]) -> Interpreted:
    """The deployed net with these weights, in eval mode."""
    model = Interpreted(program).eval()
    for key, value in model.state().items():
        value.copy_(torch.from_numpy(weights[key]))
    return model


def settle(model: nn.Module, state: Mapping[str, Tensor], batches: list[Tensor]) -> None:
    """Random weights under which outputs depend on the input.

    At initial weights a deep net gives next to nothing, or numbers without bound. So every
    parameter is drawn, and batch norms get the statistics that they have under these weights.
    """
    generator = torch.Generator().manual_seed(5)
    for value in state.values():
        if value.dtype.is_floating_point:
            _draw(value, generator)
    norms = [
        module for module in model.modules() if isinstance(module, nn.modules.batchnorm._NormBase)
    ]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    with torch.no_grad():
        for batch in batches:
            model(batch)
    model.eval()


def _draw(value: Tensor, generator: torch.Generator) -> None:
    fan_in = max(1, value[0].numel()) if value.dim() > 1 else 1
    with torch.no_grad():
        if value.dim() > 1:
            value.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
        else:
            value.uniform_(0.2, 1, generator=generator)
