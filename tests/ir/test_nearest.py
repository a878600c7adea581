"""The elements that `nearest` takes: PyTorch's, to the last bit of the type that it computes in."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from netlang.ir.nearest import MOST_PLACES, falls_short, place_of, rounds

SINGLE = {torch.float32: True, torch.float64: False}


def taken(
    places: int, dtype: torch.dtype, size: int | None = None, scale: float | None = None
) -> list[int]:
    """The elements that PyTorch takes."""
    x = torch.arange(places, dtype=dtype)[None, None]
    found: list[int] = interpolate(x, size, scale, "nearest")[0, 0].long().tolist()
    return found


@pytest.mark.parametrize("dtype", SINGLE)
@pytest.mark.parametrize("size", [1, 5, 28, 122, 199, 384, 385])
def test_to_a_size(size: int, dtype: torch.dtype) -> None:
    single = SINGLE[dtype]
    for out in (*range(1, 400, 7), 330):
        wanted = taken(size, dtype, size=out)
        assert [place_of(i, size, out, single=single) for i in range(out)] == wanted
        exact = [i * size // out for i in range(out)]
        assert rounds(size, out, single=single) == (wanted != exact)


@pytest.mark.parametrize("dtype", SINGLE)
def test_by_a_scale(dtype: torch.dtype) -> None:
    single = SINGLE[dtype]
    short = []
    for scale in range(1, 100):
        wanted = taken(30, dtype, scale=scale)
        assert [place_of(i, 30, 30 * scale, single=single) for i in range(30 * scale)] == wanted
        if wanted != [i // scale for i in range(30 * scale)]:
            short.append(scale)
    assert short == [s for s in range(1, 100) if falls_short(1, s, single=single)]
    assert short == ([41, 47, 55, 61, 82, 83, 94, 97] if single else [])


def test_large_sizes() -> None:
    """What is exact for any size is told without a look at each place."""
    assert not rounds(10**5, 3 * 10**5, single=True)
    assert not rounds(10**6, 2 * 10**6, single=True)
    assert rounds(10**6, 41 * 10**6, single=True)
    assert rounds(MOST_PLACES - 1, MOST_PLACES + 1, single=True)
