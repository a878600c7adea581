"""Any bundled net with inputs and weights on which a comparison of its outputs means something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from netlang.analysis.constraints import checked_sizes
from netlang.diagnostics.errors import NetlangError
from netlang.ir.dims import evaluate
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.ir.types import DType
from netlang.ops.tensor import Embedding
from tests.oracle import pictures, without_dropout

__all__ = ["HUGE", "Feeds", "feeds", "outputs", "settle", "small_sizes"]

Feeds = dict[str, Tensor]
# Nets whose weights alone are larger than the memory of most machines.
HUGE = {"llama_13b", "llama_33b", "llama_65b", "llama_7b"}
# No larger than needed, so that whole nets take a second; most nets are for 224.
_SIZES = (96, 128, 160)


def small_sizes(program: Program) -> dict[str, int]:
    """Sizes at which the net runs: small ones, or its own where it takes no others."""
    defaults = {each.name: each.default for each in program.sizes}
    for size in _SIZES:
        sizes = {name: min(size, default) for name, default in defaults.items()}
        try:
            checked_sizes(program, sizes)
        except NetlangError:
            continue
        return sizes
    return defaults


def feeds(program: Program, batch: int, seed: int) -> Feeds:
    """Random inputs by their names."""
    generator = torch.Generator().manual_seed(seed)
    sizes = small_sizes(program)
    found = {}
    for port in program.net.inputs:
        shape = (batch, *(evaluate(size, sizes) for size in port.type.shape))
        if port.type.dtype is DType.INT64:
            found[port.name] = torch.randint(_words(program.net), shape, generator=generator)
        elif len(shape) == 4:
            found[port.name] = pictures(shape, seed)
        else:
            found[port.name] = torch.randn(shape, generator=generator)
    return found


def _words(function: Function) -> int:
    """How many words the embeddings of a net know, at least."""
    return min(op.words for op in _ops(function) if isinstance(op, Embedding))


def _ops(function: Function) -> Iterator[Op]:
    for node in function.nodes:
        if isinstance(node.callee, Function):
            yield from _ops(node.callee)
        else:
            yield node.callee


def settle(model: nn.Module, batches: Sequence[Feeds]) -> nn.Module:
    """Every trained parameter drawn at random, and the statistics that belong to them."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.requires_grad:
                value.copy_(_drawn(name, value.shape, generator))
    norms = [each for each in model.modules() if isinstance(each, nn.modules.batchnorm._NormBase)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
    model.train()
    with torch.no_grad(), without_dropout(model):
        for batch in batches:
            model(*batch.values())
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return model.eval()


def _drawn(name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
    values = torch.randn(shape, generator=generator)
    if name.endswith("layer_scale"):
        return 0.5 + 0.5 * torch.rand(shape, generator=generator)
    if len(shape) < 2:
        return 0.2 * values + (0 if "bias" in name else 1)
    # The factor 2 keeps the variance through a ReLU: He et al. 2015, arXiv:1502.01852.
    scaled: Tensor = values * (2 / shape[1:].numel()) ** 0.5
    return scaled


def outputs(found: object) -> list[Tensor]:
    """What a module gave, one after the other."""
    if isinstance(found, Tensor):
        return [found]
    assert isinstance(found, dict | tuple | list)
    values = found.values() if isinstance(found, dict) else found
    return [each for each in values if isinstance(each, Tensor)]
