"""Losses: weighted sums of losses over outputs, inputs and targets.

``cross_entropy(logits, label) + 0.3 * cross_entropy(aux1, label)`` has two terms. A loss named
without arguments compares the net's only output with the only target. Each loss is the mean over
the examples of a batch, so that a batch may be computed in parts.
"""

from __future__ import annotations

from typing import ClassVar, Literal, final

from netlang.ir.arguments import argument, between, choice
from netlang.recipes.description import Description
from netlang.recipes.kinds import decay, labels, non_negative, positive, share
from netlang.recipes.words.loss_kinds import Comparison, class_weights, per_class, spared

__all__ = [
    "ALL", "DECISIONS", "LABEL", "WITH_NUMBERS", "BinaryCrossEntropy",
    "BinaryCrossEntropyWithLogits",
    "Comparison", "CrossEntropy", "Dice", "Expression", "Focal", "GradientPenalty", "Hinge",
    "Kl", "KlNormal", "L1", "L1Penalty", "L2Penalty", "LossFunction", "Mse", "Penalty",
    "SmoothL1",
]  # fmt: skip

LABEL = "label"

_REDUCTION = (
    choice("mean", "sum"),
    "over the elements of one example; over the examples of a batch it is always the mean",
)
_OVER_EXAMPLE = argument(*_REDUCTION, default="sum")


class LossFunction(Description):
    """A loss that compares values.

    `operands` describes them in words, in order. `takes_probabilities` says whether a label may
    consist of class probabilities, as mixed examples have them.
    """

    operands: ClassVar[tuple[str, ...]] = ("the prediction", "the target")
    comparison: ClassVar[Comparison] = Comparison.ELEMENTS
    takes_probabilities: ClassVar[bool] = False


@final
class CrossEntropy(LossFunction):
    """-log softmax(logits)[label], classes along the first axis, mean over any other position.

    With `weights`, each example counts by the weight of its class. The sum is divided by the number
    of examples and not, as in PyTorch, by the sum of the weights, since a batch may be computed in
    parts.
    """

    name: ClassVar[str] = "cross_entropy"
    operands: ClassVar[tuple[str, ...]] = ("the logits", "the label")
    comparison: ClassVar[Comparison] = Comparison.CLASSES
    takes_probabilities: ClassVar[bool] = True

    label_smoothing: float = argument(
        decay, "share of the target spread over all classes", default=0.0
    )
    weights: tuple[float, ...] | None = argument(
        class_weights, "how much each class counts", default=None
    )


@final
class BinaryCrossEntropy(LossFunction):
    """-(t log p + (1 - t) log(1 - p)) of probabilities: an example's negative log-likelihood."""

    name: ClassVar[str] = "binary_cross_entropy"

    reduction: str = _OVER_EXAMPLE


@final
class BinaryCrossEntropyWithLogits(LossFunction):
    """The same for logits, whose sigmoid is the probability."""

    name: ClassVar[str] = "binary_cross_entropy_with_logits"

    reduction: str = _OVER_EXAMPLE
    pos_weight: float | tuple[float, ...] | None = argument(
        per_class, "factor of t log p, one for all or each channel", default=None
    )


@final
class Mse(LossFunction):
    """(p - t)^2."""

    name: ClassVar[str] = "mse"

    reduction: str = argument(*_REDUCTION, default="mean")


@final
class L1(LossFunction):
    """|p - t|."""

    name: ClassVar[str] = "l1"

    reduction: str = argument(*_REDUCTION, default="mean")


@final
class SmoothL1(LossFunction):
    """(p - t)^2 / (2 beta) up to `beta`, then |p - t| - beta / 2; Girshick 2015, Fast R-CNN."""

    name: ClassVar[str] = "smooth_l1"

    beta: float = argument(positive, "where the line begins", default=1.0)
    reduction: str = argument(*_REDUCTION, default="mean")


@final
class Hinge(LossFunction):
    """The excess of wrong classes' scores over the right one's, plus `margin`, to the power p.

    `all` is the mean over the classes, PyTorch's multi_margin_loss (Weston, Watkins 1999); `worst`
    is the largest one only (Crammer, Singer 2001).
    """

    name: ClassVar[str] = "hinge"
    operands: ClassVar[tuple[str, ...]] = ("the scores", "the label")
    comparison: ClassVar[Comparison] = Comparison.CLASSES

    margin: float = argument(positive, "the lead that is enough", default=1.0)
    power: int = argument(between(1, 2), "2 for squares", default=1)
    over: Literal["all", "worst"] = argument(
        choice("all", "worst"), "which wrong classes count", default="all"
    )


@final
class Kl(LossFunction):
    """KL(t || softmax(logits)) along the first axis, mean over any other position.

    ``kl(student / 4, softmax(teacher / 4))`` is distillation at temperature 4.
    """

    name: ClassVar[str] = "kl"
    operands: ClassVar[tuple[str, ...]] = ("the logits", "the probabilities")


@final
class KlNormal(LossFunction):
    """KL(N(mean, e^logvar) || N(0, 1)) of an example; Kingma, Welling 2013, appendix B."""

    name: ClassVar[str] = "kl_normal"
    operands: ClassVar[tuple[str, ...]] = ("the mean", "the log-variance")

    reduction: str = _OVER_EXAMPLE


@final
class Focal(LossFunction):
    """-alpha_t (1 - p_t)^gamma log p_t of logits; Lin et al. 2017, arXiv:1708.02002, eq. 5.

    Every class is a separate decision: a class number stands for 1 there and 0 elsewhere.
    """

    name: ClassVar[str] = "focal"
    operands: ClassVar[tuple[str, ...]] = ("the logits", "the target")
    comparison: ClassVar[Comparison] = Comparison.EITHER
    takes_probabilities: ClassVar[bool] = True

    alpha: float = argument(share, "weight of 1, 1 - alpha that of 0", default=0.25)
    gamma: float = argument(positive, "how little the easy count", default=2.0)
    reduction: str = _OVER_EXAMPLE


DECISIONS = (BinaryCrossEntropy, BinaryCrossEntropyWithLogits, Focal)  # between two classes
# With a number as target too: `binary_cross_entropy_with_logits(judged, 1)`.
WITH_NUMBERS = (Mse, L1, SmoothL1, BinaryCrossEntropy, BinaryCrossEntropyWithLogits)


@final
class Dice(LossFunction):
    """1 - (2 sum p t + smooth) / (sum p + sum t + smooth) of masks, mean over the channels.

    p are probabilities, of one class or several; Milletari et al. 2016, arXiv:1606.04797, with
    plain sums below. A class number at each place stands for 1 in its channel and 0 elsewhere.
    """

    name: ClassVar[str] = "dice"
    operands: ClassVar[tuple[str, ...]] = ("the probabilities", "the mask")
    comparison: ClassVar[Comparison] = Comparison.EITHER
    takes_probabilities: ClassVar[bool] = True

    smooth: float = argument(positive, "added above and below", default=1.0)


@final
class Expression(LossFunction):
    """An expression to minimize: ``0.1 * value(abs(code))``."""

    name: ClassVar[str] = "value"
    operands: ClassVar[tuple[str, ...]] = ("the expression",)
    comparison: ClassVar[Comparison] = Comparison.ALONE

    reduction: str = argument(*_REDUCTION, default="mean")


@final
class GradientPenalty(LossFunction):
    """(|gradient of the score| - norm)^2 of an example, in a `step`.

    With `norm` 1 at points between real and generated examples it is that of WGAN-GP (Gulrajani et
    al. 2017, arXiv:1704.00028, eq. 3), with 0 at real ones that of Mescheder et al. 2018,
    arXiv:1801.04406, times 2 / gamma.
    """

    name: ClassVar[str] = "gradient_penalty"
    operands: ClassVar[tuple[str, ...]] = ("the score", "where its gradient is taken")
    comparison: ClassVar[Comparison] = Comparison.ALONE

    norm: float = argument(non_negative, "the length that the gradient should have", default=1.0)


class Penalty(LossFunction):
    """A function of the weights alone, which counts in training but not in scores.

    `spare` names kinds of weights that don't count, `below` the parts of the net that do.
    """

    operands: ClassVar[tuple[str, ...]] = ()
    comparison: ClassVar[Comparison] = Comparison.ALONE

    spare: tuple[str, ...] = argument(
        spared, "kinds of weights that don't count", default=("norms", "biases")
    )
    below: tuple[str, ...] = argument(
        labels, "labels of the parts that count; all without", default=()
    )


@final
class L1Penalty(Penalty):
    """The sum of |w|."""

    name: ClassVar[str] = "l1_penalty"


@final
class L2Penalty(Penalty):
    """Half the sum of w^2. Its gradient is w, so its factor is the weight decay of `sgd`."""

    name: ClassVar[str] = "l2_penalty"


ALL: tuple[type[Description], ...] = (
    CrossEntropy, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, Mse, L1, SmoothL1, Hinge, Kl,
    KlNormal, Focal, Dice, Expression, GradientPenalty, L1Penalty, L2Penalty,
)  # fmt: skip
