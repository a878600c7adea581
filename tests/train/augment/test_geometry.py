"""Steps that move pixels, on given parameters, against torchvision: one grey level at most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from netlang.backends.torch.runtime.geometry import hflip, rotate, scale, shear, translate, vflip
from tests.train.augment.support import (
    ODD_SIZES,
    ONE_LEVEL,
    levels_apart,
    picture,
    tensor_of,
    torchvision_functions,
)


def batch(size: tuple[int, int], count: int = 1) -> Tensor:
    return torch.cat([tensor_of(picture(*size, seed)) for seed in range(count)]) / 255.0


def affine(x: Tensor, **parameters: float | list[float]) -> Tensor:
    """torchvision's, of one image."""
    from torchvision.transforms import InterpolationMode

    given: dict[str, float | list[float]] = {
        "angle": 0.0,
        "translate": [0.0, 0.0],
        "scale": 1.0,
        "shear": [0.0, 0.0],
    }
    bilinear = InterpolationMode.BILINEAR
    moved: Tensor = torchvision_functions().affine(x, **given | parameters, interpolation=bilinear)
    return moved


U = [0.0, 0.1, 0.45, 0.5, 0.81, 0.999]


@pytest.mark.parametrize("size", ODD_SIZES)
def test_flips(size: tuple[int, int]) -> None:
    x, functions = batch(size, 2), torchvision_functions()
    u = torch.tensor([[0.29], [0.3]]).double()
    for flip, by_torchvision in (
        (hflip, functions.horizontal_flip),
        (vflip, functions.vertical_flip),
    ):
        assert torch.equal(flip(x, u, p=0.3), torch.stack([by_torchvision(x[0]), x[1]]))


@pytest.mark.parametrize("u", U)
@pytest.mark.parametrize("size", ODD_SIZES)
def test_affine_steps(size: tuple[int, int], u: float) -> None:
    x, numbers = batch(size), torch.tensor([[u]]).double()
    functions = torchvision_functions()
    from torchvision.transforms import InterpolationMode

    angle = -10.0 + 40.0 * u
    turned = functions.rotate(x, angle, interpolation=InterpolationMode.BILINEAR)
    assert levels_apart(rotate(x, numbers, (-10.0, 30.0)), turned) <= ONE_LEVEL
    scaled = affine(x, scale=0.5 + 1.5 * u)
    assert levels_apart(scale(x, numbers, (0.5, 2.0)), scaled) <= ONE_LEVEL
    slanted = affine(x, shear=[-20.0 + 40.0 * u, 0.0])
    assert levels_apart(shear(x, numbers, (-20.0, 20.0)), slanted) <= ONE_LEVEL


@pytest.mark.parametrize("across", U)
@pytest.mark.parametrize("down", [0.0, 0.5, 0.9999])
@pytest.mark.parametrize("size", ODD_SIZES)
def test_translate(size: tuple[int, int], across: float, down: float) -> None:
    x = batch(size)
    most = [int(0.25 * side) for side in size[::-1]]
    shift = [int(u * (2 * m + 1)) - m for u, m in zip((across, down), most, strict=True)]
    found = translate(x, torch.tensor([[across, down]]).double(), share=0.25)
    assert levels_apart(found, affine(x, translate=[float(s) for s in shift])) <= ONE_LEVEL


def test_each_example_moves_by_its_own_numbers() -> None:
    x, u = batch((31, 45), 5), torch.rand(5, 2, generator=torch.Generator().manual_seed(1)).double()
    steps: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
        lambda x, u: rotate(x, u, (-30.0, 30.0)),
        lambda x, u: scale(x, u, (0.5, 2.0)),
        lambda x, u: shear(x, u, (-30.0, 30.0)),
        lambda x, u: translate(x, u, 0.2),
        lambda x, u: hflip(x, u, 0.5),
    )
    for step in steps:
        alone = torch.cat([step(x[k : k + 1], u[k : k + 1]) for k in range(5)])
        torch.testing.assert_close(step(x, u), alone)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_signals(channels: tuple[int, ...]) -> None:
    """Scale reads between values linearly, as numpy does; beyond the ends all is 0."""
    x = torch.rand(2, *channels, 40, generator=torch.Generator().manual_seed(2))
    u = torch.tensor([[0.2, 0.7], [0.9, 0.1]]).double()
    positions = np.arange(-1.0, 41.0)
    for found, rows, number in zip(scale(x, u, (0.5, 2.0)), x, u[:, 0], strict=True):
        wanted = 19.5 + (np.arange(40) - 19.5) / (0.5 + 1.5 * float(number))
        for row, signal in zip(found.reshape(-1, 40), rows.reshape(-1, 40), strict=True):
            padded = np.pad(signal.numpy(), 1)
            expected = np.interp(wanted, positions, padded, left=0.0, right=0.0)
            np.testing.assert_allclose(row.numpy(), expected, atol=1e-5)
    shifted = translate(x, u, 0.1)
    torch.testing.assert_close(shifted[0, ..., :-3], x[0, ..., 3:], atol=1e-5, rtol=0)
    torch.testing.assert_close(shifted[1, ..., 4:], x[1, ..., :-4], atol=1e-5, rtol=0)
    assert shifted[1, ..., :4].abs().max() < 1e-5
