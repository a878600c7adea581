"""Views over a data set: maxima beside a search, components beside scikit-learn's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from torch.nn import functional as F

from netlang.backends.torch.look.choice import map_steps
from netlang.backends.torch.look.views.feature_maps import liveliest
from netlang.backends.torch.look.views.features import features_of, nearest_alike, principal
from netlang.backends.torch.look.views.kernels import kernels_of
from netlang.backends.torch.look.views.strongest import channel_maxima
from netlang.ir.program import Ref
from tests.torch.look.support import BODY, subject_of


def test_maximal_activations(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, count=60)
    steps = map_steps(subject, 9)
    assert [step.node.path for step in steps] == ["relu1", "pool", "relu2"]
    maxima = channel_maxima(subject, steps)[0]
    images = subject.shown(range(60))
    w = subject.weights
    made = F.relu(F.conv2d(torch.stack(images), w["conv1.weight"], w["conv1.bias"], padding=1))
    best: list[tuple[float, int]] = []
    for number, value in enumerate(made[:, 2]):
        most = max(float(value[y, x]) for y in range(8) for x in range(8))
        best.append((-most, number))
        y, x = maxima.place(number, 2)
        assert abs(float(value[y, x]) - most) < 1e-6
    assert maxima.strongest(2, 5) == [number for _, number in sorted(best)[:5]]
    tops = [float(made[:, channel].max()) for channel in range(4)]
    assert maxima.channels(2) == sorted(sorted(range(4), key=lambda each: -tops[each])[:2])


def test_principal_components() -> None:
    values = torch.randn(40, 7, generator=torch.Generator().manual_seed(2)) * torch.arange(1.0, 8.0)
    found, shares = principal(values, 3)
    wanted = PCA(3, svd_solver="full").fit(values.double().numpy())
    placed = wanted.transform(values.double().numpy())
    np.testing.assert_allclose(shares.numpy(), wanted.explained_variance_ratio_)
    np.testing.assert_allclose(np.abs(found.numpy()), np.abs(placed), atol=1e-9)


def test_principal_components_of_one_point() -> None:
    found, shares = principal(torch.ones(12, 3), 2)
    assert not found.any()
    assert not shares.any()


def test_nearest_alike() -> None:
    draws = torch.Generator().manual_seed(4)
    values, labels = torch.randn(50, 3, generator=draws), torch.arange(50) % 3
    neighbours = NearestNeighbors(n_neighbors=1).fit(values.numpy()).kneighbors()[1][:, 0]
    assert nearest_alike(values, labels) == float((labels[neighbours] == labels).double().mean())


def test_features(tmp_path: Path) -> None:
    """A step with places counts by their mean, another one by all its values."""
    subject = subject_of(tmp_path, count=30)
    images = torch.stack(subject.shown(range(30)))
    w = subject.weights
    made = F.conv2d(images, w["conv1.weight"], w["conv1.bias"], padding=1)
    torch.testing.assert_close(features_of(subject, Ref(0)), made.mean((2, 3)))
    flat = next(n for n, node in enumerate(subject.flat.net.nodes) if node.path == "5")
    maps = F.conv2d(F.max_pool2d(F.relu(made), 2), w["conv2.weight"], w["conv2.bias"], padding=1)
    torch.testing.assert_close(features_of(subject, Ref(flat)), F.relu(maps).flatten(1))


def test_kernels(tmp_path: Path) -> None:
    subject = subject_of(tmp_path)
    ((node, weight),) = kernels_of(subject)
    assert node.path == "conv1"
    assert torch.equal(weight, subject.weights["conv1.weight"])
    several = subject_of(tmp_path, steps=("conv2", "relu2", "conv1"))
    assert [node.path for node, _ in kernels_of(several)] == ["conv2", "conv1"]


def test_templates_of_a_linear_step(tmp_path: Path) -> None:
    body = "    input image: [1, 8, 8]\n    flatten -> fc: linear(10)\n"
    subject = subject_of(tmp_path, body)
    ((_, weight),) = kernels_of(subject)
    assert torch.equal(weight, subject.weights["fc.weight"].reshape(10, 1, 8, 8))
    hidden = BODY.replace("conv1: conv(4, 3x3, pad=1)", "sin")
    assert [node.path for node, _ in kernels_of(subject_of(tmp_path, hidden))] == ["conv2"]


def test_channels_that_vary_most() -> None:
    value = torch.zeros(4, 3, 3)
    value[1, 0, 0], value[3, 1, 1], value[2] = 5.0, -7.0, 9.0
    assert liveliest(value, 2) == [1, 3]
