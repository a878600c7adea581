"""Losses: sums of losses, each multiplied by a number, over outputs, inputs and the label.

``cross_entropy(logits, label) + 0.3 * cross_entropy(aux1, label)`` is two terms. A loss named
alone, without arguments, compares the only output of the net with the label.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice
from netlang.recipes.description import Description
from netlang.recipes.kinds import decay
from netlang.source import Span

__all__ = [
    "ALL", "LABEL", "BinaryCrossEntropy", "BinaryCrossEntropyWithLogits", "CrossEntropy",
    "KlNormal", "L1", "Loss", "LossFunction", "Mse", "Operand", "Term",
]  # fmt: skip

LABEL = "label"

_REDUCTION = argument(
    choice("mean", "sum"),
    "over the elements of one example; over the examples of a batch it is always the mean",
)


@dataclass(frozen=True, kw_only=True)
class LossFunction(Description, ABC):
    """Compares two values; `operands` says in words what they are, in order."""

    operands: ClassVar[tuple[str, str]] = ("the prediction", "the target")


@final
@dataclass(frozen=True, kw_only=True)
class CrossEntropy(LossFunction):
    """-log softmax(logits)[label], classes along the first axis, mean over any other position."""

    name: ClassVar[str] = "cross_entropy"
    operands: ClassVar[tuple[str, str]] = ("the logits", "the label")

    label_smoothing: float = field(
        default=0.0, metadata=argument(decay, "share of the target spread over all classes")
    )


@final
@dataclass(frozen=True, kw_only=True)
class BinaryCrossEntropy(LossFunction):
    """-(t log p + (1 - t) log(1 - p)) of probabilities: an example's negative log-likelihood."""

    name: ClassVar[str] = "binary_cross_entropy"

    reduction: str = field(default="sum", metadata=_REDUCTION)


@final
@dataclass(frozen=True, kw_only=True)
class BinaryCrossEntropyWithLogits(LossFunction):
    """The same of logits, whose sigmoid is the probability."""

    name: ClassVar[str] = "binary_cross_entropy_with_logits"

    reduction: str = field(default="sum", metadata=_REDUCTION)


@final
@dataclass(frozen=True, kw_only=True)
class Mse(LossFunction):
    """(p - t)^2."""

    name: ClassVar[str] = "mse"

    reduction: str = field(default="mean", metadata=_REDUCTION)


@final
@dataclass(frozen=True, kw_only=True)
class L1(LossFunction):
    """|p - t|."""

    name: ClassVar[str] = "l1"

    reduction: str = field(default="mean", metadata=_REDUCTION)


@final
@dataclass(frozen=True, kw_only=True)
class KlNormal(LossFunction):
    """KL(N(mean, e^logvar) || N(0, 1)) of an example; Kingma, Welling 2013, appendix B."""

    name: ClassVar[str] = "kl_normal"
    operands: ClassVar[tuple[str, str]] = ("the mean", "the log-variance")

    reduction: str = field(default="sum", metadata=_REDUCTION)


@final
@dataclass(frozen=True)
class Operand:
    """An output or input of the net, or the label, by name."""

    name: str
    span: Span = field(compare=False, repr=False)


@final
@dataclass(frozen=True)
class Term:
    """`factor` times a loss; no operands where the loss was named alone."""

    factor: float
    function: LossFunction
    operands: tuple[Operand, ...]
    span: Span = field(compare=False, repr=False)

    def __str__(self) -> str:
        names = "".join(f"{operand.name}, " for operand in self.operands)
        return f"{self.factor!r} * {self.function}[{names.removesuffix(', ')}]"


@final
@dataclass(frozen=True)
class Loss:
    """The sum of its terms."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms))


ALL: tuple[type[Description], ...] = (
    CrossEntropy, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, Mse, L1, KlNormal,
)  # fmt: skip
