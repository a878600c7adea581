"""What moves, chooses and compares elements, from formulas over the places."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tests.campaigns.rebuild.table import Step, from_front, layer, number, whole, wholes

__all__: list[str] = []


def _listed(step: Step, name: str) -> list[int]:
    value = step.arguments[name]
    return [value] if isinstance(value, int) else wholes(value)


def _axis(step: Step, axis: int) -> int:
    return from_front(axis, step.x) if step.batched else axis % step.x.dim()


@layer("roll")
def _roll(step: Step) -> Tensor:
    x = step.x
    for axis, shift in zip(_listed(step, "axes"), _listed(step, "shift"), strict=True):
        along = _axis(step, axis)
        size = x.shape[along]
        places = [(place - shift) % size for place in range(size)]
        x = x.index_select(along, torch.tensor(places))
    return x


@layer("gather")
def _gather(step: Step) -> Tensor:
    axis = step.axis()
    axis %= step.x.dim()
    size, at = step.x.shape[axis], step.arguments["at"]
    places = torch.tensor([place % size for place in _listed(step, "at")])
    found = step.x.index_select(axis, places)
    return found.squeeze(axis) if isinstance(at, int) else found


@layer("expand")
def _expand(step: Step) -> Tensor:
    front = [step.x.shape[0]] if step.batched else []
    return torch.zeros([*front, *step.shapes[0]], dtype=step.x.dtype) + step.x


@layer("cumsum")
def _cumsum(step: Step) -> Tensor:
    axis = step.axis()
    x = step.x.movedim(axis, -1)
    size = x.shape[-1]
    return (x @ torch.ones(size, size, dtype=x.dtype).triu()).movedim(-1, axis)


@layer("pixel_unshuffle")
def _pixel_unshuffle(step: Step) -> Tensor:
    r = whole(step.arguments["factor"])
    n, c, h, w = step.x.shape
    apart = step.x.reshape(n, c, h // r, r, w // r, r)
    return apart.permute(0, 1, 3, 5, 2, 4).reshape(n, c * r * r, h // r, w // r)


def _windows(step: Step, spatial: list[int]) -> Tensor:
    """For each row of a window and each window, the number of its element in the padded image."""
    kernel, stride, pad, gap = (
        [value] * 2 if isinstance(value := step.arguments[name], int) else wholes(value)
        for name in ("kernel", "stride", "pad", "dilation")
    )
    along = []
    for size, k, s, p, d in zip(spatial, kernel, stride, pad, gap, strict=True):
        counts = (size + 2 * p - d * (k - 1) - 1) // s + 1
        along.append(torch.arange(k)[:, None] * d + torch.arange(counts) * s)
    down, across = along
    width = spatial[1] + 2 * pad[1]
    places = down[:, None, :, None] * width + across[None, :, None, :]
    return places.reshape(kernel[0] * kernel[1], -1)


def _pads(step: Step) -> list[int]:
    value = step.arguments["pad"]
    high, wide = [value] * 2 if isinstance(value, int) else wholes(value)
    return [wide, wide, high, high]


@layer("unfold")
def _unfold(step: Step) -> Tensor:
    padded = torch.nn.functional.pad(step.x, _pads(step)).flatten(2)
    taken = padded[:, :, _windows(step, list(step.x.shape[2:]))]
    return taken.flatten(1, 2)


@layer("fold")
def _fold(step: Step) -> Tensor:
    channels, *spatial = step.shapes[0]
    pads, places = _pads(step), _windows(step, spatial)
    sizes = [spatial[0] + 2 * pads[2], spatial[1] + 2 * pads[0]]
    columns = step.x.reshape(len(step.x), channels, -1)
    image = columns.new_zeros(len(step.x), channels, sizes[0] * sizes[1])
    image = image.index_add(2, places.flatten(), columns).reshape(*image.shape[:2], *sizes)
    return image[:, :, pads[2] : sizes[0] - pads[2], pads[0] : sizes[1] - pads[0]]


_COMPARISONS: dict[str, Callable[[Tensor], Tensor]] = {
    "equal": lambda difference: difference == 0,
    "not_equal": lambda difference: difference != 0,
    "less": lambda difference: difference < 0,
    "less_equal": lambda difference: difference <= 0,
    "greater": lambda difference: difference > 0,
    "greater_equal": lambda difference: difference >= 0,
}


def _compared(name: str) -> None:
    @layer(name)
    def compared(step: Step) -> Tensor:
        to = step.arguments["to"]
        other = step.inputs[1] if to is None else number(to)
        # A difference of uint8 has no sign.
        one = step.x if step.x.is_floating_point() else step.x.long()
        return _COMPARISONS[name](one - other)


for _name in _COMPARISONS:
    _compared(_name)


@layer("where")
def _where(step: Step) -> Tensor:
    condition, chosen, other = step.inputs
    shape = (condition + chosen + other).shape
    condition, chosen = condition.expand(shape), chosen.expand(shape)
    found = other.expand(shape).clone()
    found[condition] = chosen[condition]
    return found
