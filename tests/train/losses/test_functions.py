"""Losses against PyTorch's, torchvision's formula and closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.recipes.words.losses import (
    ALL,
    L1,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Dice,
    Expression,
    Focal,
    GradientPenalty,
    Hinge,
    Kl,
    KlNormal,
    L1Penalty,
    L2Penalty,
    LossFunction,
    Mse,
    SmoothL1,
)
from tests.train.losses.support import LABEL, LOGITS, A, B, P, T, compare, normal

WEIGHTS = tuple(0.5 + 0.1 * k for k in range(10))

# The mean over the 5 examples of a sum over the elements of each.
CASES: list[tuple[LossFunction, tuple[Tensor, ...], Tensor]] = [
    (Mse(), (A, B), F.mse_loss(A, B)),
    (Mse(reduction="sum"), (A, B), F.mse_loss(A, B, reduction="sum") / 5),
    (L1(), (A, B), F.l1_loss(A, B)),
    (L1(reduction="sum"), (A, B), F.l1_loss(A, B, reduction="sum") / 5),
    (SmoothL1(), (A, B), nn.SmoothL1Loss()(A, B)),
    (
        SmoothL1(beta=0.3, reduction="sum"),
        (A, B),
        nn.SmoothL1Loss(reduction="sum", beta=0.3)(A, B) / 5,
    ),
    (BinaryCrossEntropy(), (P, T), F.binary_cross_entropy(P, T, reduction="sum") / 5),
    (BinaryCrossEntropy(reduction="mean"), (P, T), nn.BCELoss()(P, T)),
    (
        BinaryCrossEntropyWithLogits(reduction="mean"),
        (A, T),
        nn.BCEWithLogitsLoss()(A, T),
    ),
    (
        BinaryCrossEntropyWithLogits(),
        (A, T),
        F.binary_cross_entropy(P, T, reduction="sum") / 5,
    ),
    (
        BinaryCrossEntropyWithLogits(pos_weight=3.0, reduction="mean"),
        (A, T),
        nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))(A, T),
    ),
    (
        BinaryCrossEntropyWithLogits(pos_weight=(1.0, 2.0, 3.0)),
        (A, T),
        nn.BCEWithLogitsLoss(reduction="sum", pos_weight=torch.tensor([1.0, 2.0, 3.0]).view(3, 1))(
            A, T
        )
        / 5,
    ),
    (CrossEntropy(), (LOGITS, LABEL), nn.CrossEntropyLoss()(LOGITS, LABEL)),
    (
        CrossEntropy(weights=WEIGHTS, label_smoothing=0.1),
        (LOGITS, LABEL),
        nn.CrossEntropyLoss(weight=torch.tensor(WEIGHTS), label_smoothing=0.1, reduction="sum")(
            LOGITS, LABEL
        )
        / 6,
    ),
    (Hinge(), (LOGITS, LABEL), nn.MultiMarginLoss()(LOGITS, LABEL)),
    (Hinge(power=2, margin=0.5), (LOGITS, LABEL), nn.MultiMarginLoss(2, 0.5)(LOGITS, LABEL)),
    (
        Kl(),
        (LOGITS, normal(4, 6, 10).softmax(1)),
        nn.KLDivLoss(reduction="batchmean")(LOGITS.log_softmax(1), normal(4, 6, 10).softmax(1)),
    ),
    (Expression(), (A,), A.mean()),
    (Expression(reduction="sum"), (A,), A.sum() / 5),
]


@pytest.mark.parametrize(
    ("function", "given", "expected"), CASES, ids=[str(case[0]) for case in CASES]
)
def test_losses_of_torch(
    function: LossFunction, given: tuple[Tensor, ...], expected: Tensor
) -> None:
    torch.testing.assert_close(compare(function, *given), expected)
    torch.testing.assert_close(compare(function, *given, known=False), expected)


def test_every_loss_is_tried() -> None:
    others = {KlNormal, Focal, Dice, GradientPenalty, L1Penalty, L2Penalty}
    assert {type(case[0]) for case in CASES} | others == set(ALL)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("positions", [(), (6, 7)])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_cross_entropy(
    smoothing: float, positions: tuple[int, ...], weights: tuple[float, ...] | None
) -> None:
    logits = normal(3, 5, 10, *positions)
    label = torch.arange(5 * max(1, 42 * bool(positions))).reshape(5, *positions) % 10
    weight = None if weights is None else torch.tensor(weights)
    each = nn.CrossEntropyLoss(weight, reduction="none", label_smoothing=smoothing)(logits, label)
    function = CrossEntropy(label_smoothing=smoothing, weights=weights)
    torch.testing.assert_close(compare(function, logits, label), each.mean())


def test_cross_entropy_of_probabilities() -> None:
    target = normal(5, 6, 10).softmax(1)
    expected = nn.CrossEntropyLoss(label_smoothing=0.1)(LOGITS, target)
    found = compare(CrossEntropy(label_smoothing=0.1), LOGITS, target)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    "function", [Hinge(over="worst"), Hinge(over="worst", power=2, margin=2.0)]
)
def test_hinge_of_the_worst_class(function: Hinge) -> None:
    expected = 0.0
    for scores, label in zip(LOGITS.tolist(), LABEL.tolist(), strict=True):
        worst = max(score for k, score in enumerate(scores) if k != label)
        expected += max(0.0, function.margin - scores[label] + worst) ** function.power / 6
    assert compare(function, LOGITS, LABEL).item() == pytest.approx(expected, rel=1e-5)


def test_kl_normal_is_torchs_divergence() -> None:
    from torch.distributions import Normal, kl_divergence

    mean, logvar = normal(4, 5, 20), normal(5, 5, 20)
    each = kl_divergence(Normal(mean, (logvar / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(compare(KlNormal(), mean, logvar), each.sum(1).mean())
    torch.testing.assert_close(compare(KlNormal(reduction="mean"), mean, logvar), each.mean())


def sigmoid_focal_loss(x: Tensor, t: Tensor, alpha: float, gamma: float) -> Tensor:
    """As torchvision.ops has it."""
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    p_t = p * t + (1 - p) * (1 - t)
    return (alpha * t + (1 - alpha) * (1 - t)) * ce * (1 - p_t) ** gamma


def test_focal() -> None:
    target = (T > 0.5).float()
    each = sigmoid_focal_loss(A, target, 0.3, 1.5)
    found = compare(Focal(alpha=0.3, gamma=1.5), A, target)
    torch.testing.assert_close(found, each.sum() / 5)
    mean = compare(Focal(alpha=0.3, gamma=1.5, reduction="mean"), A, target)
    torch.testing.assert_close(mean, each.mean())


def test_focal_of_classes() -> None:
    hot = F.one_hot(LABEL, 10).float()
    expected = sigmoid_focal_loss(LOGITS, hot, 0.25, 2.0).sum() / 6
    torch.testing.assert_close(compare(Focal(), LOGITS, LABEL), expected)
    dense, places = normal(6, 2, 3, 4, 5), torch.arange(40).reshape(2, 4, 5) % 3
    hot = F.one_hot(places, 3).permute(0, 3, 1, 2).float()
    expected = sigmoid_focal_loss(dense, hot, 0.25, 2.0).sum() / 2
    torch.testing.assert_close(compare(Focal(), dense, places), expected)


def test_dice() -> None:
    mask = (T > 0.5).float()
    expected = 0.0
    for p, t in zip(P.flatten(0, 1), mask.flatten(0, 1), strict=True):
        expected += 1 - (2 * (p * t).sum().item() + 0.5) / (p.sum() + t.sum() + 0.5).item()
    assert compare(Dice(smooth=0.5), P, mask).item() == pytest.approx(expected / 15, rel=1e-5)


def test_dice_of_classes_and_of_one() -> None:
    probabilities, places = normal(7, 2, 3, 4, 5).softmax(1), torch.arange(40).reshape(2, 4, 5) % 3
    hot = F.one_hot(places, 3).permute(0, 3, 1, 2).float()
    found = compare(Dice(), probabilities, places)
    torch.testing.assert_close(found, compare(Dice(), probabilities, hot))
    one, mask = probabilities[:, :1], places % 2
    found = compare(Dice(), one, mask)
    torch.testing.assert_close(found, compare(Dice(), one, mask[:, None].float()))
    flat = probabilities.flatten(1)
    assert 0.0 < compare(Dice(), flat, (flat > 0.3).float()).item() < 1.0


def test_targets_are_fitted_to_predictions() -> None:
    """A class number or a number without an axis beside a prediction with one of length 1."""
    score, label = normal(8, 5, 1), torch.tensor([0, 1, 1, 0, 1])
    expected = nn.BCEWithLogitsLoss()(score[:, 0], label.float())
    function = BinaryCrossEntropyWithLogits(reduction="mean")
    torch.testing.assert_close(compare(function, score, label), expected)
    torch.testing.assert_close(compare(function, score, label, known=False), expected)
    double = score.double()
    assert compare(Mse(), double, label).dtype is torch.float64
