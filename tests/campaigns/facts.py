"""Shapes, parameters and FLOPs of the compiler beside torch's, on the meta device.

`FlopCounterMode` counts convolutions, matrix products and attention, 2 FLOPs for each
multiply-accumulate: that is what `flops` is. All other arithmetic (`other_ops`) torch doesn't
count. The counter sees LSTMs and fused attention on the meta device alone; elsewhere it says 0.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from netlang.analysis.facts import Facts
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.ops.norm import LayerNorm
from netlang.ops.rms_norm import RmsNorm
from tests.campaigns.failure import Failure
from tests.campaigns.subject import BATCH, named_outputs
from tests.campaigns.walk import Applied

__all__ = ["facts_differ", "shapes_at"]

Shapes = dict[str, list[tuple[int, ...]]]


def facts_differ(program: Program, module: nn.Module, steps: tuple[Applied, ...]) -> Failure | None:
    """The first figure in which compiler and torch differ; `module` moves to the meta device."""
    found = Facts(program)
    params = sum(each.numel() for each in module.parameters())
    if params != found.params + found.auxiliary_params:
        told = f"{found.params} + {found.auxiliary_params} auxiliary, torch has {params}"
        return Failure("params", told)
    module.to("meta")
    shapes: Shapes = defaultdict(list)
    with _watched(module, {each.module for each in steps}, shapes):
        outputs, flops = _counted(program, module)
    sizes = {**program.defaults, "N": BATCH}
    foretold, seen = shapes_at(program, sizes), [tuple(each.shape) for each in outputs]
    if seen != foretold:
        return Failure("shapes", f"{foretold}, torch has {seen}")
    types, made = _types(program), [str(each.dtype).removeprefix("torch.") for each in outputs]
    if types != made:
        return Failure("types", f"{types}, torch has {made}")
    if wrong := _inner(steps, shapes, sizes):
        return wrong
    ours = found.value("flops", batch=BATCH)
    return None if ours == flops else Failure("flops", f"{ours}, torch counts {flops}")


def shapes_at(program: Program, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
    """The shape of every deployed output, the batch in front."""
    return [
        _shape(type_, sizes)
        for output, type_ in zip(program.net.outputs, program.net.output_types, strict=True)
        if not output.auxiliary
    ]


def _types(program: Program) -> list[str]:
    """The type of the elements of every deployed output."""
    return [
        type_.dtype.value
        for output, type_ in zip(program.net.outputs, program.net.output_types, strict=True)
        if not output.auxiliary
    ]


def _shape(type_: TensorType, sizes: Mapping[str, int]) -> tuple[int, ...]:
    batch = () if type_.batch is None else (type_.batch,)
    return tuple(evaluate(size, sizes) for size in (*batch, *type_.shape))


def _counted(program: Program, module: nn.Module) -> tuple[list[Tensor], int]:
    """The outputs and FLOPs of one application; on the meta device, where nothing is computed."""
    feeds = []
    sizes = {**program.defaults, "N": BATCH}
    for port in program.net.inputs:
        dtype = getattr(torch, port.type.dtype.value)
        feeds.append(torch.zeros(_shape(port.type, sizes), dtype=dtype, device="meta"))
    with warnings.catch_warnings(), FlopCounterMode(display=False) as counter, torch.no_grad():
        warnings.simplefilter("ignore")
        outputs = named_outputs(module(*feeds))
    return outputs, int(counter.get_total_flops())


class _watched:
    """The shapes that modules give, by their names."""

    def __init__(self, module: nn.Module, names: set[str], shapes: Shapes) -> None:
        self._handles = [
            inner.register_forward_hook(self._hook(shapes[name]))
            for name, inner in module.named_modules()
            if name in names
        ]

    @staticmethod
    def _hook(seen: list[tuple[int, ...]]) -> Callable[[nn.Module, object, object], None]:
        def remember(_: nn.Module, __: object, result: object) -> None:
            first = result[0] if isinstance(result, tuple) else result
            if isinstance(first, Tensor):
                seen.append(tuple(first.shape))

        return remember

    def __enter__(self) -> None:
        return

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()


def _inner(steps: tuple[Applied, ...], seen: Shapes, sizes: Mapping[str, int]) -> Failure | None:
    """The first module whose output has another shape than the compiler gives it."""
    told: Shapes = defaultdict(list)
    for step in steps:
        # Modules that work along other axes see their input with its axes in another order.
        turned = isinstance(step.op, LayerNorm | RmsNorm)
        shape = _shape(step.outputs[0], sizes)
        told[step.module].append(tuple(sorted(shape)) if turned else shape)
        if turned:
            seen[step.module] = [tuple(sorted(each)) for each in seen[step.module]]
    for name, shapes in seen.items():
        if shapes and sorted(shapes) != sorted(told[name]):
            return Failure("inner shapes", f"{name}: {told[name]}, torch has {shapes}")
    return None
