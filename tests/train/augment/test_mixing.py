"""mixup and cutmix: torchvision's formulas, shares from Beta(alpha, alpha)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from scipy import stats
from torch import Tensor

from netlang.backends.torch.runtime.mixing import beta, cutmix, mixup
from tests.train.augment.batches import draws, images, transforms

ALPHAS = (0.1, 0.2, 0.5, 1.0, 1.5, 4.0, 50.0, 3000.0)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_beta_is_the_inverse_of_the_distribution(alpha: float) -> None:
    u = draws(10_000, 1, seed=1)[:, 0]
    ours = beta(u, alpha)
    assert ours.min() >= 0.0
    assert ours.max() <= 1.0
    assert stats.kstest(ours.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 1e-3
    assert torch.allclose(ours, torch.from_numpy(stats.beta(alpha, alpha).ppf(u)), atol=1e-4)


def theirs(name: str, x: Tensor, label: Tensor, params: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """torchvision's class on a batch, with given parameters."""
    step = getattr(transforms(), name)(num_classes=5)
    known = {"labels": label, "batch_size": len(x), **params}
    return step.transform(x, known), step.transform(label, known)


def batch() -> tuple[Tensor, dict[str, Tensor], Tensor]:
    """Images, targets of both kinds, and what all but the first draw."""
    x = images(41).float() / 255.0
    return x, {"label": torch.arange(41) % 5, "size": torch.linspace(-1.0, 1.0, 41)}, draws(40, 3)


def test_mixup_is_torchvisions() -> None:
    x, targets, u = batch()
    mixed, made = mixup(x, targets, u, alpha=0.4, classes=5)
    assert len(mixed) == len(made["label"]) == len(made["size"]) == 40
    for k, share in enumerate(beta(u[:, 0], 0.4).tolist()):
        pair = slice(k, k + 2)
        image, label = theirs("MixUp", x[pair], targets["label"][pair], {"lam": share})
        assert torch.allclose(mixed[k], image[1], atol=1e-6)
        assert torch.allclose(made["label"][k], label[1], atol=1e-6)
        before, own = targets["size"][pair].tolist()
        assert float(made["size"][k]) == pytest.approx(share * own + (1 - share) * before, abs=1e-6)


def box(height: int, width: int, drawn: list[float], share: float) -> tuple[int, int, int, int]:
    """As in torchvision's `CutMix.make_params`: left, top, right, bottom."""
    row, column = int(drawn[1] * height), int(drawn[2] * width)
    half = 0.5 * (1.0 - share) ** 0.5
    down, across = int(half * height), int(half * width)
    return (
        max(column - across, 0), max(row - down, 0),
        min(column + across, width), min(row + down, height),
    )  # fmt: skip


def test_cutmix_is_torchvisions() -> None:
    x, targets, u = batch()
    mixed, made = cutmix(x, targets, u, alpha=1.0, classes=5)
    for k, share in enumerate(beta(u[:, 0], 1.0).tolist()):
        pair = slice(k, k + 2)
        left, top, right, bottom = place = box(24, 32, u[k].tolist(), share)
        seen = 1.0 - (right - left) * (bottom - top) / (24 * 32)
        params = {"box": place, "lam_adjusted": seen}
        image, label = theirs("CutMix", x[pair], targets["label"][pair], params)
        assert torch.equal(mixed[k], image[1])
        assert torch.allclose(made["label"][k], label[1], atol=1e-6)
        before, own = targets["size"][pair].tolist()
        assert float(made["size"][k]) == pytest.approx(seen * own + (1 - seen) * before, abs=1e-6)


def test_masks_are_cut_as_their_images() -> None:
    x, _, u = batch()
    masks = {"numbers": (255.0 * x[:, 0]).round().long(), "floats": x[:, 1:3]}
    mixed, made = cutmix(x, masks, u, alpha=1.0, classes=5)
    assert torch.equal(made["numbers"], (255.0 * mixed[:, 0]).round().long())
    assert torch.equal(made["floats"], mixed[:, 1:3])


def test_draws_of_cutmix_are_torchvisions() -> None:
    x, label = torch.zeros(10_001, 1, 16, 20), torch.arange(10_001) % 2
    _, made = cutmix(x, {"label": label}, draws(10_000, 3), alpha=1.0, classes=2)
    ours = torch.where(label[1:, None] == 1, made["label"][:, 1:], made["label"][:, :1])[:, 0]
    torch.manual_seed(0)
    step = transforms().CutMix(num_classes=2)
    other = [step.make_params([x[:2]])["lam_adjusted"] for _ in range(10_000)]
    pixels = (320 * ours).round().numpy(), (320 * torch.tensor(other)).round().numpy()
    assert stats.ks_2samp(*pixels).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(40,), (2, 40)])
def test_signals_are_mixed(shape: tuple[int, ...]) -> None:
    x = torch.cat([torch.zeros(1, *shape), torch.ones(1, *shape)]).repeat(
        1000, 1, *[1] * len(shape)
    )
    x = x.reshape(2000, *shape)
    label = torch.arange(2000) % 2
    u = draws(1999, 3)
    mixed, made = cutmix(x, {"label": label}, u, alpha=1.0, classes=2)
    # One class is all ones, so the mean of a signal is its share.
    assert torch.allclose(mixed.flatten(1).mean(1), made["label"][:, 1], atol=1e-5)
    changed = mixed != x[1:]
    edges = changed.reshape(1999, -1, 40)[:, 0].int().diff(dim=1).abs().sum(1)
    assert edges.max() <= 2
    mixed, made = mixup(x, {"label": label}, u, alpha=1.0, classes=2)
    assert torch.allclose(mixed.flatten(1).mean(1), made["label"][:, 1], atol=1e-5)


@pytest.mark.parametrize("step", [mixup, cutmix])
def test_mixing_does_not_depend_on_the_batch(step: Any) -> None:
    """Each slice of a batch, with the example before it, gives its part of the whole."""
    x, targets, u = batch()
    whole, made = step(x, targets, u, 1.0, 5)
    for first, last in ((0, 1), (1, 14), (14, 40)):
        cut = slice(first, last + 1)
        part, other = step(
            x[cut], {name: value[cut] for name, value in targets.items()}, u[first:last], 1.0, 5
        )
        assert torch.equal(part, whole[first:last])
        assert all(torch.equal(other[name], made[name][first:last]) for name in made)


def test_mixed_labels_are_probabilities() -> None:
    x, targets, u = batch()
    for step in (mixup, cutmix):
        _, made = step(x, targets, u, 1.0, classes=5)
        assert made["label"].shape == (40, 5)
        assert torch.allclose(made["label"].sum(1), torch.ones(40))
        _, again = step(x, {"label": torch.cat([made["label"], made["label"][:1]])}, u, 1.0, 5)
        assert torch.allclose(again["label"].sum(1), torch.ones(40))
