"""Modules that do rarer things: they write into parts, cut and pad with infinity, and the like."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import netlang
from tests.importing.support import body_of, imported


class _Cleared(nn.Module):
    """Ignores a third of its bias, as attention by cosines does in Swin v2."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        bias = self.qkv.bias.clone()
        bias[2:4].zero_()
        return F.linear(x, self.qkv.weight, bias)


def _written(x: Tensor) -> Tensor:
    """Writes into the channels behind the first."""
    y = x.relu()
    y[:, 1:] += 1
    return y


def _written_inside(x: Tensor) -> Tensor:
    """Writes behind the first place of two axes, as MViT does for its token; Li et al. 2022."""
    y = x.relu()
    y[:, :, 1:, 2:5] = y[:, :, 1:, 2:5].reshape(-1, 15).square().view(-1, 3, 5, 3)
    return y


def _full_precision(x: Tensor) -> Tensor:
    with torch.autocast("cpu", enabled=False):
        y = x.float() * 2
    return y + 1


def _cut(x: Tensor) -> Tensor:
    return F.max_pool2d(F.pad(F.pad(x, (-1, 1, 0, -1)), (0, 1, 0, 1), value=-torch.inf), 2)


def _places(x: Tensor) -> Tensor:
    y, z = torch.meshgrid(torch.arange(6.0), torch.arange(6.0), indexing="ij")
    return x + y * z


def _repeated(x: Tensor) -> Tensor:
    """Each example twice, and each channel three times."""
    twice = x.repeat_interleave(2, dim=0) * torch.tensor([[[3.0]], [[1.0]], [[2.0]]])
    return (twice.reshape(-1, 2, 3, 6, 6).sum(1) + x).repeat_interleave(3, dim=1)


def _windows(x: Tensor) -> Tensor:
    """The halves of an image, which PyTorch joins with the batch."""
    halves = x.reshape(-1, 3, 2, 3, 6).transpose(1, 2).reshape(-1, 3, 3, 6)
    return F.max_pool2d(F.pad(halves, (0, 1)), 2, 1, 1)


class _InWindows(nn.Module):
    """Layers that see the halves of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, 2, 1, groups=3)
        self.norm = nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.conv(_windows(x)))
        whole: Tensor = y.relu().reshape(-1, 2, *y.shape[1:]).sum(1)
        return whole


class _Standardized(nn.Conv2d):
    """A convolution whose kernels have mean 0 and variance 1, times a gain, as in NFNets."""

    def __init__(self) -> None:
        super().__init__(3, 4, 3)
        self.gain = nn.Parameter(torch.rand(4, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        flat, gain = self.weight.reshape(1, 4, -1), (self.gain * 0.5).view(-1)
        kernels = F.batch_norm(flat, None, None, weight=gain, training=True, eps=1e-6)
        return F.conv2d(x, kernels.reshape_as(self.weight), self.bias)


class _Tiled(nn.Module):
    """Adds a code that is tiled, and convolved as one image."""

    def __init__(self) -> None:
        super().__init__()
        self.code = nn.Parameter(torch.randn(1, 3, 3, 1))
        self.scale = nn.Parameter(torch.randn(1, 3, 1, 1))
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        code = self.conv(self.code.tile(1, 1, 2, 1)).repeat(len(x), 1, 1, 1)
        y: Tensor = x + self.scale * code + F.interpolate(self.code, (6, 6), mode="bicubic")
        return y


class _Unpooled(nn.Module):
    """Puts the maxima of a pool back to their places, as SegNet does."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, return_indices=True, ceil_mode=True)
        self.conv = nn.Conv2d(3, 3, 1)
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        pooled, places = self.pool(x)
        y: Tensor = self.unpool(self.conv(pooled), places, output_size=x.shape)
        return y


def _overlapping(x: Tensor) -> Tensor:
    """Windows of an image as Halo attention reads them; Vaswani et al. 2021, arXiv:2103.12731."""
    return x.unfold(2, 4, 2).unfold(3, 4, 2)


def _outlooked(x: Tensor) -> Tensor:
    """What windows say is added up where they were, as in VOLO; Yuan et al. 2021."""
    said = F.unfold(x, 3, padding=1, stride=2).relu()
    return F.fold(said, (6, 6), 3, padding=1, stride=2)


def _largest_known(x: Tensor) -> Tensor:
    """Numbers that are known are computed, their places too."""
    numbers, places = torch.arange(6).reshape(2, 3).float().max(1)
    return x * numbers[1] + places[1] - 1


def _shuffled(x: Tensor) -> Tensor:
    return F.channel_shuffle(torch.cat([x, x.relu()], 1), 2)


class _Does(nn.Module):
    def __init__(self, does: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 3, 1)
        self.does = does

    def forward(self, x: Tensor) -> Tensor:
        return self.does(self.stem(x))


@pytest.mark.parametrize(
    ("does", "lines"),
    [
        (_written, ("concat { slice(0, 1); slice(1) -> scale(1, offset=1) }",)),
        (_written_inside, ("slice(2, 5, axis=2)", "concat(2)", "concat(1)")),
        (_full_precision, ("scale(2, offset=1)",)),
        (_cut, ("slice(1, axis=2)", "slice(0, 5, axis=1)", "maxpool(2x2)")),
        (_places, ("constant(",)),
        (lambda x: x.movedim(1, -1).relu(), ("transpose([1, 2, 0])",)),
        (lambda x: x.movedim((1, 3), (2, 1)).relu(), ("transpose([2, 0, 1])",)),
        (lambda x: x.narrow(2, 1, 3), ("slice(1, 4, axis=1)",)),
        (lambda x: x.narrow(-1, -2, 2), ("slice(4, axis=2)",)),
        (_shuffled, ("channel_shuffle(2)",)),
        (lambda x: F.max_pool2d(x, 2, return_indices=True)[0], ("maxpool(2x2)",)),
        (_repeated, ("expand([2, 3, 6, 6])", "expand([3, 3, 6, 6])")),
        (
            _overlapping,
            ("gather([0, 1, 2, 3, 2, 3, 4, 5], 1)", "gather([0, 1, 2, 3, 2, 3, 4, 5], 2)"),
        ),
        (_outlooked, ("unfold(3x3, stride=2, pad=1)", "fold([6, 6], 3x3, stride=2, pad=1)")),
        (lambda x: x.max(1)[0].tanh(), ("amax(0) -> tanh",)),
        (lambda x: x.max(-1, keepdim=True).values.tanh(), ("amax(2, keep=true) -> tanh",)),
        (lambda x: x.min(2).values.tanh(), ("amin(1) -> tanh",)),
        (_largest_known, ("constant([5])",)),
        (lambda x: x.unfold(-1, 2, 3), ("gather([0, 1, 3, 4], 2) -> reshape([3, 6, 2, 2])",)),
        (lambda x: x.unfold(1, 2, 1).relu(), ("gather([0, 1, 1, 2]) -> reshape([2, 2, 6, 6])",)),
        (lambda x: x.unfold(2, 3, 3), ("reshape([3, 2, 3, 6]) -> transpose([0, 1, 3, 2])",)),
        (lambda x: x.unfold(2, 6, 5), ("reshape([3, 1, 6, 6]) -> transpose([0, 1, 3, 2])",)),
    ],
)
def test_the_spec_says_it(does: Callable[[Tensor], Tensor], lines: tuple[str, ...]) -> None:
    text = " ".join(body_of(imported(_Does(does), (3, 6, 6))))
    for line in lines:
        assert line in text, text


def test_places_of_extremes() -> None:
    module = _Does(lambda x: x.max(2)[1] + x.max(2)[0])
    with pytest.raises(netlang.NetlangError, match=r"E0982(.|\n)*the places of extremes"):
        imported(module, (3, 6, 6))


@pytest.mark.parametrize(
    ("axis", "said"), [(2, "windows of more than [0-9]+ places"), (0, "windows of the batch")]
)
def test_windows_that_cannot_be_said(axis: int, said: str) -> None:
    module = _Does(lambda x: x.unfold(axis, 2, 1).relu())
    with pytest.raises(netlang.NetlangError, match=rf"E0982(.|\n)*{said}"):
        imported(module, (3, 3_000, 1))


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (lambda x: x.max(0)[0], "a maximum"),
        (lambda x: x.amin(0), "a minimum"),
        (lambda x: x.sum(0), "a sum"),
        (lambda x: x.mean(0), "a mean"),
        (lambda x: torch.linalg.vector_norm(x, dim=0), "a length"),
        (lambda x: x.var(0), "a variance"),
    ],
)
def test_what_is_made_of_all_examples(does: Callable[[Tensor], Tensor], said: str) -> None:
    with pytest.raises(netlang.NetlangError, match=rf"E0982(.|\n)* {said} of the batch"):
        imported(_Does(lambda x: x + does(x)), (3, 6, 6))


def test_windows_that_overlap_a_lot_are_not_listed() -> None:
    """They take no memory in PyTorch, and their places would take a gigabyte."""
    module = _Does(lambda x: x.unfold(2, 4_000, 1)[..., 0].relu())
    tracemalloc.start()
    try:
        with pytest.raises(netlang.NetlangError, match="windows of more than 4096 places"):
            imported(module, (3, 8_000, 1))
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("number", range(2, 14))
def test_a_key_that_a_step_or_merge_is_counted_as(number: int) -> None:
    """The norm is several steps and two merges, which are counted too."""
    layers = nn.Sequential()
    layers.add_module("0", nn.Conv2d(3, 4, 1))
    layers.add_module("1", nn.LocalResponseNorm(3))
    layers.add_module(str(number), nn.Conv2d(4, 4, 1))
    net = imported(layers, (3, 6, 6))
    assert net.weights is not None
    assert set(net.weights) == set(layers.state_dict())


def test_maxima_go_back_to_their_places() -> None:
    text = " ".join(body_of(imported(_Unpooled(), (3, 7, 6))))
    assert "pool: maxpool(2x2, return_indices=true, ceil=true)" in text
    assert "(here, pool.indices) -> max_unpool(2x2, size=[7, 6])" in text


def test_a_part_of_a_weight_is_cleared() -> None:
    net = imported(_Cleared(), (4,))
    assert "concat { slice(0, 2); full([2], 0); slice(4) }" in " ".join(body_of(net))
    assert net.weights is not None
    assert set(net.weights) == {"qkv.weight", "qkv.bias"}


def test_a_weight_itself_is_never_written_into() -> None:
    class Clearing(nn.Module):
        state: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("state", torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            self.state.zero_()
            return x + self.state

    with pytest.raises(netlang.NetlangError, match="E098"):
        imported(Clearing(), (4,))


def test_layers_that_see_windows() -> None:
    net = imported(_InWindows(), (3, 6, 6))
    text = " ".join(body_of(net))
    assert "pad=0x1x1, groups=3, bias=bias, weight=reshape1" in text
    assert "transpose([1, 0, 2, 3]) -> norm: bn -> transpose([1, 0, 2, 3])" in text
    assert net.weights is not None
    assert set(net.weights) == set(_InWindows().state_dict())


def test_a_code_is_tiled() -> None:
    text = " ".join(body_of(imported(_Tiled(), (3, 6, 6))))
    assert "expand([1, 3, 2, 3, 1])" in text


def test_kernels_are_standardized() -> None:
    net = imported(_Standardized(), (3, 6, 6))
    assert "layer_norm(eps=1e-06, affine=false)" in " ".join(body_of(net))
    assert net.weights is not None
    assert set(net.weights) == {"weight", "bias", "gain"}


def test_a_weight_is_read_in_front_of_a_fork_and_in_it() -> None:
    """A branch of a table alone doesn't begin at the weight that the other one reads."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.code = nn.Parameter(torch.rand(3, 2, 1))

        def forward(self, x: Tensor) -> Tensor:
            rising = torch.arange(3.0)[:, None, None] * self.code[:, :1]
            return x + self.code[:, :1] + rising

    lines = body_of(imported(Twice(), (3, 4, 8)))
    assert sum("code: parameter" in line for line in lines) == 1


def test_more_parts_than_a_split_has_outputs() -> None:
    class Apart(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            found = x[:, :2]
            for each in x.split(2, dim=1):
                found = found * 0.5 + each
            return found

    assert "split1: split(2)" in "".join(body_of(imported(Apart(), (512,))))
    assert "split" not in "".join(body_of(imported(Apart(), (514,)))[1:])
