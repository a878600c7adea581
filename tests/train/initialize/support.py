"""A net with layers of every kind, and its weights after rules."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from netlang.backends.torch.recipes.initialize import initialize
from netlang.recipes.words.initializations import Initialization
from tests.train.support import sketch

__all__ = ["Mixed", "PROGRAM", "changed", "filled"]

PROGRAM = sketch("    input x: [40]\n    linear(10)")[1]


class Mixed(nn.Module):
    """Layers of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(32, 64, 3)
        self.up = nn.ConvTranspose2d(8, 8, 2)
        self.bn = nn.BatchNorm2d(64)
        self.fc = nn.Linear(64, 48)
        self.gru = nn.GRU(16, 16)
        self.attention = nn.MultiheadAttention(16, 2)
        self.words = nn.Embedding(30, 16)


def filled(*rules: Initialization, seed: int = 1) -> dict[str, Tensor]:
    torch.manual_seed(0)
    model = Mixed()
    initialize(model, rules, PROGRAM, seed)
    return {key: value.detach() for key, value in model.named_parameters()}


def changed(*rules: Initialization) -> set[str]:
    before, after = filled(), filled(*rules)
    return {key for key, value in before.items() if not torch.equal(value, after[key])}
