"""SegNet beside the same net in plain torch, and `max_unpool` behind the pools that it undoes."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.backends.weights import slots
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.onnx.support import check_file, run
from tests.oracle import largest_difference, pictures, settle

# Odd after one, two and three pools, so that each kind of rounding occurs.
SHAPE = (2, 3, 45, 37)


@cache
def segnet() -> Program:
    return load_program("segnet")


def unit(inside: int, out: int) -> list[nn.Module]:
    return [nn.Conv2d(inside, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU()]


def row(widths: list[int]) -> nn.Sequential:
    units = [unit(*pair) for pair in pairwise(widths)]
    return nn.Sequential(*(part for each in units for part in each))


class PlainSegNet(nn.Module):
    """Table of the authors' `segnet_train.prototxt`, the softmax left out."""

    def __init__(self, classes: int = 11) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(
            row(widths)
            for widths in (
                [3, 64, 64], [64, 128, 128], [128, 256, 256, 256], [256, 512, 512, 512],
                [512, 512, 512, 512],
            )
        )  # fmt: skip
        self.decoders = nn.ModuleList(
            row(widths)
            for widths in (
                [512, 512, 512, 512], [512, 512, 512, 256], [256, 256, 256, 128], [128, 128, 64],
                [64, 64],
            )
        )  # fmt: skip
        self.classifier = nn.Conv2d(64, classes, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        places, sizes = [], []
        for encoder in self.encoders:
            sizes.append(x.shape[-2:])
            pool = nn.MaxPool2d(2, ceil_mode=True, return_indices=True)
            y = encoder(x)
            x, indices = pool(y)
            places.append(indices)
        for decoder in self.decoders:
            x = decoder(nn.MaxUnpool2d(2)(x, places.pop(), output_size=list(sizes.pop())))
        logits: Tensor = self.classifier(x)
        return logits


def renamed(key: str) -> str:
    """The plain net's key as the bundled one has it."""
    part, _, rest = key.partition(".")
    if part == "classifier":
        return key
    index, _, rest = rest.partition(".")
    name = f"enc{int(index) + 1}" if part == "encoders" else f"dec{5 - int(index)}"
    return f"{name}.convs.{rest}"


def test_state_is_that_of_plain_torch() -> None:
    with torch.device("meta"):
        expected = {renamed(k): tuple(v.shape) for k, v in PlainSegNet().state_dict().items()}
    assert [(s.key, s.weight.shape) for s in slots(segnet())] == list(expected.items())


def test_values_are_those_of_plain_torch(tmp_path: Path) -> None:
    plain, ours = settle(PlainSegNet(), SHAPE).eval(), build(segnet()).eval()
    ours.load_state_dict({renamed(k): v for k, v in plain.state_dict().items()})
    path = tmp_path / "net.onnx"
    export(segnet(), path, weights={k: v.numpy() for k, v in ours.state_dict().items()})
    check_file(path)
    for shape in (SHAPE, (1, 3, 32, 64)):
        x = pictures(shape, 103)
        with torch.no_grad():
            expected, found = plain(x), ours(x)
        assert largest_difference(found, expected) < 1e-5
        (other,) = run(path, {"image": x.numpy()})
        assert largest_difference(torch.from_numpy(other.copy()), expected) < 1e-4


# Text, the pool and the way back, and a size of the input.
UNDONE = [
    ("maxpool(2x2, return_indices=true)", "max_unpool(2x2)", (8, 6)),
    ("maxpool(2x2, return_indices=true)", "max_unpool(2x2, size=x.shape[1:])", (9, 7)),
    ("maxpool(2x2, ceil=true, return_indices=true)", "max_unpool(2x2, size=x.shape[1:])", (9, 7)),
    (
        "maxpool(3x3, stride=2, pad=1, return_indices=true)",
        "max_unpool(3x3, stride=2, pad=1, size=x.shape[1:])",
        (10, 7),
    ),
    (
        "maxpool(2x2, stride=3, pad=1, dilation=3, ceil=true, return_indices=true)",
        "max_unpool(2x2, stride=3, pad=1, size=x.shape[1:])",
        (9, 7),
    ),
]


@pytest.mark.parametrize(("pool", "back", "size"), UNDONE)
def test_maxima_come_back_to_their_places(
    pool: str, back: str, size: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "net.net").write_text(
        f"net a {{\n    input x: [3, H=12, W=12]\n    pool: {pool}\n    {back}\n"
        "    output whole\n    output places: pool.indices\n}\n",
        encoding="utf-8",
    )
    program = load_program(str(tmp_path / "net.net"))
    path = tmp_path / "net.onnx"
    export(program, path)
    check_file(path)
    torch.manual_seed(1)
    x = torch.rand(2, 3, *size) + 1
    whole, places = build(program).eval()(x)
    kept = torch.zeros(2, 3, size[0] * size[1])
    flat = x.flatten(2)
    kept.scatter_(2, places.flatten(2), flat.gather(2, places.flatten(2)))
    torch.testing.assert_close(whole, kept.reshape(x.shape), rtol=0, atol=0)
    assert 0 < (whole != 0).sum() <= places.numel()
    for found, expected in zip(run(path, {"x": x.numpy()}), (whole, places), strict=True):
        torch.testing.assert_close(torch.from_numpy(found.copy()), expected, rtol=0, atol=0)
