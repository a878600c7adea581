"""A model with sharded weights: no process has more than its own rows of them.

`fully_shard` (FSDP2: docs.pytorch.org/docs/stable/distributed.fsdp.fully_shard.html) gathers the
weights of a unit while it is computed, and shards their gradients.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard

from netlang.backends.torch.train.processes.rows import dealt
from netlang.backends.torch.train.sharding.layout import kept_by
from netlang.backends.torch.train.sharding.units import units
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.processes import CannotShard

__all__ = ["require_shardable", "shared_out"]


def require_shardable(model: nn.Module) -> None:
    """Raise `NetlangError` for weights that can't be sharded."""
    named = dict(model.named_parameters())
    for name, parameter in named.items():
        if not parameter.dim():
            reason = f"`{name}` has no axes"
            raise NetlangError(CannotShard(span=None, reason=reason))
    types = {str(each.dtype).removeprefix("torch.") for each in named.values()}
    if len(types) > 1:
        reason = f"they are of several types: {', '.join(sorted(types))}"
        raise NetlangError(CannotShard(span=None, reason=reason))


def shared_out(
    model: nn.Module, source: nn.Module | None, world: World, device: torch.device
) -> nn.Module:
    """The model, given on the meta device, with its rows of the weights on `device`.

    The values are those of `source`, which only the first process has, on the CPU.
    """
    mesh = DeviceMesh(device.type, list(range(world.size)))
    for unit in units(model):
        _share_out(unit, mesh)
    _share_out(model, mesh)
    model.to_empty(device=device)
    # FSDP takes up the new memory.
    model.load_state_dict({}, strict=False)
    _fill(model, source, world)
    return model


def _share_out(module: nn.Module, mesh: DeviceMesh) -> None:
    module.register_forward_hook(_without_views)
    # The outermost one too, or a model that is only evaluated would go on with what it gathered.
    fully_shard(module, mesh=mesh, reshard_after_forward=True)


def _without_views(module: nn.Module, inputs: object, outputs: object) -> object:
    """Outputs, views copied: FSDP hooks into outputs, and in-place changes of views hide that."""
    if isinstance(outputs, tuple):
        # Blocks with several outputs return named tuples.
        make = getattr(outputs, "_make", tuple)
        made: object = make(_without_views(module, inputs, each) for each in outputs)
        return made
    if isinstance(outputs, Tensor) and outputs._is_view():
        return outputs.clone()
    return outputs


@torch.no_grad()
def _fill(model: nn.Module, source: nn.Module | None, world: World) -> None:
    given = {} if source is None else {**_tensors(source)}
    for name, tensor in _tensors(model).items():
        dealt(given.get(name), kept_by(tensor, world), world)


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    """All tensors, including buffers that aren't saved."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}
