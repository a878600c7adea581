"""Initial weights of convolutions and linear maps, as a recipe's `init` says."""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import Tensor, nn

from netlang.diagnostics.core import InternalError
from netlang.recipes.words.initializations import (
    Initialization,
    KaimingNormal,
    KaimingUniform,
    NormalWeights,
    XavierNormal,
    XavierUniform,
)

__all__ = ["initialize"]

_LAYERS = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
    nn.Linear,
)  # fmt: skip


def initialize(model: nn.Module, init: Initialization, seed: int) -> None:
    """Draw the weights of every convolution and linear map anew, in the order of the modules.

    Weights that a spec fixes (they are not trained) stay as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, _LAYERS) and module.weight.requires_grad:
            with torch.no_grad():
                draw(init, module.weight, generator)


@singledispatch
def draw(init: Initialization, weight: Tensor, generator: torch.Generator) -> None:
    """Fill a weight from the distribution."""
    raise InternalError(f"no rule draws {init.name}")


@draw.register
def _(init: KaimingNormal, weight: Tensor, generator: torch.Generator) -> None:
    nn.init.kaiming_normal_(
        weight, mode=init.mode, nonlinearity=init.nonlinearity, generator=generator
    )


@draw.register
def _(init: KaimingUniform, weight: Tensor, generator: torch.Generator) -> None:
    nn.init.kaiming_uniform_(
        weight, mode=init.mode, nonlinearity=init.nonlinearity, generator=generator
    )


@draw.register
def _(init: XavierNormal, weight: Tensor, generator: torch.Generator) -> None:
    nn.init.xavier_normal_(weight, gain=init.gain, generator=generator)


@draw.register
def _(init: XavierUniform, weight: Tensor, generator: torch.Generator) -> None:
    nn.init.xavier_uniform_(weight, gain=init.gain, generator=generator)


@draw.register
def _(init: NormalWeights, weight: Tensor, generator: torch.Generator) -> None:
    nn.init.normal_(weight, std=init.std, generator=generator)
