"""What sections say: the steps that take turns on a batch, and the inputs that are drawn.

A `Turn` trains some parts of the net by a loss and an optimizer of its own. Two of them make the
game of a generator and a critic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, final

from netlang.recipes.words.optimizers import Optimizer
from netlang.recipes.words.terms import Loss
from netlang.records import ComparedInPart, field
from netlang.source import Span

if TYPE_CHECKING:
    from netlang.recipes.words.distributions import Distribution

__all__ = ["Draw", "Turn"]


@final
class Turn(ComparedInPart, kw_only=True):
    """What a `step` section says.

    `train` are the labels of the parts whose weights change. The step is made on each batch whose
    number, from 1 on, `every` divides. After it no weight of these parts is larger than
    `clip_weights`. `places` says where each key was written.
    """

    aside: ClassVar[tuple[str, ...]] = ("span", "places")

    name: str
    train: tuple[str, ...]
    loss: Loss
    optimizer: Optimizer
    every: int = 1
    clip_weights: float | None = None
    span: Span
    places: Mapping[str, Span] = field(default_factory=dict)

    def __str__(self) -> str:
        """As a recipe would write it, on one line."""
        parts = [
            f"train: {', '.join(self.train)}", f"loss: {self.loss}", f"optimizer: {self.optimizer}",
        ]  # fmt: skip
        parts += [f"every: {self.every}"] if self.every > 1 else []
        parts += [] if self.clip_weights is None else [f"clip_weights: {self.clip_weights!r}"]
        return f"{self.name} {{ {'; '.join(parts)} }}"


@final
class Draw(ComparedInPart):
    """An input of the net that isn't in the data, and how its elements are drawn."""

    aside: ClassVar[tuple[str, ...]] = ("span",)

    input: str
    distribution: Distribution
    span: Span

    def __str__(self) -> str:
        return f"{self.input}: {self.distribution}"
