"""A recipe: how a net is trained, every choice resolved.

Built by `netlang.recipes.read`, checked against a net by `netlang.recipes.check`, carried out by a
backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import final

from netlang.elaborate.values import Layer
from netlang.recipes.augmentations import Augmentation
from netlang.recipes.data import Data
from netlang.recipes.initializations import Initialization
from netlang.recipes.losses import Loss
from netlang.recipes.normalizations import Normalization
from netlang.recipes.optimizers import Optimizer
from netlang.recipes.schedules import ConstantRate, Schedule
from netlang.source import Span

__all__ = ["Epochs", "Precision", "Recipe", "Steps"]


class Precision(Enum):
    """Number format of the forward pass; weights and optimizer state are fp32 in both."""

    FP32 = "fp32"
    BF16 = "bf16"


@final
@dataclass(frozen=True, slots=True)
class Steps:
    """The length of a run in optimizer steps."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} steps"


@final
@dataclass(frozen=True, slots=True)
class Epochs:
    """The length of a run in passes over the training data."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} epochs"


@final
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a `train` definition says.

    `model` is a net with its arguments. `evaluate_every` and `checkpoint_every` are in steps; None
    means after every epoch. `places` says where each key was written, for messages.
    """

    name: str
    model: Layer = field(compare=False)
    data: Data
    loss: Loss
    optimizer: Optimizer
    batch: int
    length: Steps | Epochs
    augment: tuple[Augmentation, ...] = ()
    normalize: Normalization | None = None
    init: Initialization | None = None
    schedule: Schedule = field(default_factory=ConstantRate)
    precision: Precision = Precision.FP32
    seed: int = 0
    test: tuple[Augmentation, ...] = ()
    evaluate_every: int | None = None
    checkpoint_every: int | None = None
    doc: str | None = None
    span: Span = field(compare=False, repr=False)
    places: Mapping[str, Span] = field(compare=False, repr=False, default_factory=dict)

    def describe(self) -> dict[str, str]:
        """Every key with its value in words: what a run records and a resumed run compares."""
        return {
            "model": str(self.model),
            "data": str(self.data),
            "augment": _path(self.augment),
            "normalize": str(self.normalize or "none"),
            "loss": str(self.loss),
            "init": str(self.init or "as the operators state"),
            "optimizer": str(self.optimizer),
            "schedule": str(self.schedule),
            "batch": str(self.batch),
            "length": str(self.length),
            "precision": self.precision.value,
            "seed": str(self.seed),
            "test": _path(self.test),
            "evaluate_every": str(self.evaluate_every or "epoch"),
            "checkpoint_every": str(self.checkpoint_every or "epoch"),
        }


def _path(steps: tuple[Augmentation, ...]) -> str:
    return " -> ".join(map(str, steps)) or "none"
