"""Attention in windows as blocks of the library: torchvision's layers, for any size and shift."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch import build
from tests.analysis.oracles import torchvision_models
from tests.onnx.support import program_in

models = torchvision_models()


class InGroups(nn.Module):
    """torchvision's layer of MaxViT attends to what is cut already: windows, or grids."""

    def __init__(self, features: int, heads: int, window: int, grid: bool) -> None:
        super().__init__()
        kind = models.maxvit.RelativePositionalMultiHeadAttention
        self.inner = kind(features, features // heads, window**2)
        self.window, self.grid = window, grid

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = x.shape[1] // self.window, x.shape[2] // self.window
        high, wide = (rows, columns) if self.grid else (self.window, self.window)
        cut = x.unflatten(2, (-1, wide)).unflatten(1, (-1, high)).transpose(2, 3)
        blocks = cut.flatten(3, 4).flatten(1, 2)
        found: Tensor = self.inner(blocks.swapaxes(1, 2) if self.grid else blocks)
        found = found.swapaxes(1, 2) if self.grid else found
        return found.reshape(cut.shape).transpose(2, 3).reshape(x.shape)


def ours(folder: Path, file: str, call: str, shape: tuple[int, ...]) -> nn.Module:
    """A block of the library as a net by itself."""
    name = call.partition("(")[0]
    text = f"from {file} import {name}\n\nnet a {{\n    input x: {[*shape]}\n    of: {call}\n}}\n"
    return build(program_in(folder, text)).train()


def theirs(version: str, features: int, heads: int, window: int, shift: int) -> nn.Module:
    kind = getattr(models.swin_transformer, f"ShiftedWindowAttention{version}")
    module: nn.Module = kind(features, [window] * 2, [shift] * 2, heads)
    return module.train()


def compared(one: nn.Module, two: nn.Module, inner: nn.Module, shape: tuple[int, ...]) -> None:
    """Equal keys, values and gradients, in double precision: large temperatures are steep."""
    one, two = one.double(), two.double()
    for value in two.parameters():
        nn.init.normal_(value, std=0.5)
    if "logit_scale" in dict(two.named_parameters()):  # beyond the largest, for one head
        nn.init.constant_(two.get_parameter("logit_scale")[0], 7.0)
    one.load_state_dict({f"of.{key}": value for key, value in inner.state_dict().items()})
    x, target = torch.randn(2, 2, *shape, dtype=torch.float64)
    found, wanted = one(x), two(x)
    torch.testing.assert_close(found, wanted)
    (found * target).sum().backward()
    (wanted * target).sum().backward()
    for name, value in inner.named_parameters():
        mine = one.get_parameter(f"of.{name}").grad
        torch.testing.assert_close(mine, value.grad, msg=name)


# Sizes that windows divide, and others; axes of one window, which aren't shifted, at most filled.
CASES = {
    "divided": ((6, 9, 4), 2, 3, 0),
    "shifted": ((8, 12, 6), 3, 4, 2),
    "filled": ((5, 7, 6), 3, 3, 1),
    "one window high": ((3, 7, 4), 2, 3, 1),
    "one window wide": ((7, 2, 4), 2, 3, 2),
    "one window": ((2, 3, 4), 2, 3, 1),
    "one head": ((5, 7, 3), 1, 3, 2),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("version", ["", "V2"])
def test_windows_are_torchvisions(tmp_path: Path, version: str, case: str) -> None:
    """Of biases of keys, nothing is learned in version 2."""
    torch.manual_seed(0)
    shape, heads, window, shift = CASES[case]
    file, name = ("swin_v2", "cosine_window_attention") if version else ("swin", "window_attention")
    one = ours(tmp_path, file, f"{name}({heads}, {window}, {shift})", shape)
    two = theirs(version, shape[-1], heads, window, shift)
    compared(one, two, two, shape)
    if version:
        bias = one.get_parameter("of.qkv.bias").grad
        assert bias is not None
        assert (bias[shape[-1] : 2 * shape[-1]] == 0).all()


@pytest.mark.parametrize(
    ("shape", "heads", "window", "grid"),
    [((6, 9, 4), 2, 3, False), ((4, 6, 6), 3, 2, True), ((4, 8, 2), 1, 4, True)],
)
def test_blocks_and_grids_are_torchvisions(
    tmp_path: Path, shape: tuple[int, ...], heads: int, window: int, grid: bool
) -> None:
    torch.manual_seed(0)
    call = f"multi_axis_attention({heads}, {window}, {str(grid).lower()})"
    two = InGroups(shape[-1], heads, window, grid).train()
    compared(ours(tmp_path, "maxvit", call, shape), two, two.inner, shape)


@pytest.mark.parametrize(
    ("file", "name"), [("swin", "window_attention"), ("swin_v2", "cosine_window_attention")]
)
def test_weights_are_left_out_in_training_alone(tmp_path: Path, file: str, name: str) -> None:
    torch.manual_seed(0)
    module = ours(tmp_path, file, f"{name}(2, 2, dropout=0.5)", (4, 4, 6))
    x = torch.randn(2, 4, 4, 6)
    assert not torch.equal(module(x), module(x))
    assert torch.equal(module.eval()(x), module(x))
