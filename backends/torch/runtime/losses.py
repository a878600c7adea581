"""Losses that PyTorch lacks as a single function; each is the mean over a batch's examples."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netlang.backends.torch.runtime.kinds import is_below, parameter_kinds

__all__ = [
    "dice", "focal", "gradient_penalty", "hinge_of_the_worst", "kl_normal", "kl_of_logits",
    "l1_penalty", "l2_penalty", "penalized", "spread", "weighted_binary_cross_entropy",
    "weighted_cross_entropy",
]  # fmt: skip


def weighted_cross_entropy(
    logits: Tensor, label: Tensor, weights: tuple[float, ...], label_smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy times the weight of the class, divided by the number of examples alone."""
    weight = torch.tensor(weights, dtype=logits.dtype, device=logits.device)
    return F.cross_entropy(
        logits, label, weight, label_smoothing=label_smoothing, reduction="none"
    ).mean()


def weighted_binary_cross_entropy(
    logits: Tensor, target: Tensor, pos_weight: tuple[float, ...], reduction: str
) -> Tensor:
    """Binary cross-entropy of logits with a factor for positives, one for all or per channel."""
    weight = torch.tensor(pos_weight, dtype=logits.dtype, device=logits.device)
    weight = weight.view(-1, *[1] * (logits.dim() - 2)) if len(pos_weight) > 1 else weight
    loss = F.binary_cross_entropy_with_logits(
        logits, target, pos_weight=weight, reduction=reduction
    )
    return loss if reduction == "mean" else loss / len(logits)


def hinge_of_the_worst(logits: Tensor, label: Tensor, margin: float = 1.0, p: int = 1) -> Tensor:
    """How much the largest score of a wrong class, plus a margin, exceeds the right one's."""
    right = logits.gather(1, label[:, None])
    worst = logits.scatter(1, label[:, None], float("-inf")).amax(1, keepdim=True)
    return (margin - right + worst).clamp(min=0).pow(p).mean()


def kl_of_logits(logits: Tensor, target: Tensor) -> Tensor:
    """KL(target || softmax(logits)) along the channels."""
    return F.kl_div(F.log_softmax(logits, 1), target, reduction="none").sum(1).mean()


def kl_normal(mean: Tensor, logvar: Tensor, reduction: str = "sum") -> Tensor:
    """KL(N(mean, e^logvar) || N(0, 1))."""
    loss = -0.5 * (1.0 + logvar - mean**2 - logvar.exp())
    return loss.mean() if reduction == "mean" else loss.sum() / len(mean)


def spread(target: Tensor, like: Tensor) -> Tensor:
    """A target in the shape of `like`; class numbers become 1 in their channel and 0 elsewhere."""
    if target.dim() < like.dim():
        classes = like.shape[1]
        target = F.one_hot(target, classes).movedim(-1, 1) if classes > 1 else target[:, None]
    return target.to(like)


def focal(
    logits: Tensor, target: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "sum"
) -> Tensor:
    """-alpha_t (1 - p_t)^gamma log p_t, with a separate decision for every class."""
    target = spread(target, logits)
    p = logits.sigmoid()
    p_t = p * target + (1 - p) * (1 - target)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    loss = loss * (1 - p_t) ** gamma * (alpha * target + (1 - alpha) * (1 - target))
    return loss.mean() if reduction == "mean" else loss.sum() / len(logits)


def dice(probabilities: Tensor, mask: Tensor, smooth: float = 1.0) -> Tensor:
    """1 - (2 sum p t + smooth) / (sum p + sum t + smooth), averaged over channels."""
    p, t = (x[..., None].flatten(2) for x in (probabilities, spread(mask, probabilities)))
    both = (2 * p * t).sum(2) + smooth
    return 1 - (both / (p.sum(2) + t.sum(2) + smooth)).mean()


def gradient_penalty(score: Tensor, at: Tensor, norm: float = 1.0) -> Tensor:
    """(|gradient of each example's score| - norm)^2; `at` ``[B, ...]`` must have led to it."""
    (found,) = torch.autograd.grad(score.sum(), at, create_graph=True)
    gradient = found.flatten(1)
    if norm == 0.0:  # the length has no derivative at 0, its square has
        return gradient.square().sum(1).mean()
    return torch.mean((gradient.norm(2, 1) - norm).square())


def penalized(
    model: nn.Module, spare: tuple[str, ...] = (), below: tuple[str, ...] = ()
) -> list[nn.Parameter]:
    """The trained weights, except those of the spared kinds."""
    return [
        parameter
        for key, parameter, kinds in parameter_kinds(model)
        if not kinds & set(spare) and (not below or is_below(key, below))
    ]


def l1_penalty(weights: list[nn.Parameter]) -> Tensor:
    """The sum of |w|."""
    return torch.stack([weight.abs().sum() for weight in weights]).sum()


def l2_penalty(weights: list[nn.Parameter]) -> Tensor:
    """Half the sum of w^2, whose gradient is w."""
    return 0.5 * torch.stack([weight.square().sum() for weight in weights]).sum()
