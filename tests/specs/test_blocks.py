"""The blocks of the library: each can be imported, is described, and computes what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch import build
from netlang.cli.library import BLOCKS, groups
from netlang.elaborate import load_program
from tests.analysis.oracles import torchvision_models
from tests.oracle import largest_difference
from tests.specs.plain.blocks import (
    InceptionNaive,
    InceptionReduced,
    Padded,
    Plain,
    Projected,
    ShuffleBranch,
    full_conv,
    separable,
)
from tests.specs.settled import settle

models = torchvision_models()
resnet = models.resnet
FAMILIES = next(group for group in groups() if group.title == BLOCKS).families
NAMES = {(family.name, entry.name) for family in FAMILIES for entry in family.entries}


def _downsample(before: int, out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, out, 1, stride, bias=False), nn.BatchNorm2d(out))


class _Listed(nn.Module):
    """torchvision's dense layer takes a list of maps and leaves their joining to others."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.layer = models.densenet._DenseLayer(channels, growth, 4, 0.0)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.layer(x)], 1)


# File, block, arguments, the same module by someone else; the input has 16 channels.
CASES: list[tuple[str, str, str, Callable[[], nn.Module]]] = [
    ("dense", "dense_layer", "(8)", lambda: _Listed(16, 8)),
    ("dense", "transition", "", lambda: models.densenet._Transition(16, 8)),
    ("fire", "fire", "(4, 8)", lambda: models.squeezenet.Fire(16, 4, 8, 8)),
    ("inception", "inception_naive", "(4, 6, 8)", lambda: InceptionNaive(16, 4, 6, 8)),
    (
        "inception",
        "inception_reduced",
        "(4, 3, 6, 2, 8, 5)",
        lambda: InceptionReduced(16, 4, 3, 6, 2, 8, 5),
    ),
    (
        "inverted_residual",
        "inverted_residual",
        "(16, 5x5, 1, 3)",
        lambda: models.mnasnet._InvertedResidual(16, 16, 5, 1, 3),
    ),
    (
        "inverted_residual",
        "inverted_residual",
        "(8, 3x3, 2, 6)",
        lambda: models.mnasnet._InvertedResidual(16, 8, 3, 2, 6),
    ),
    ("residual", "basic", "(16)", lambda: resnet.BasicBlock(16, 16)),
    ("residual", "basic", "(24, 2)", lambda: resnet.BasicBlock(16, 24, 2, _downsample(16, 24, 2))),
    ("residual", "bottleneck", "(4)", lambda: resnet.Bottleneck(16, 4)),
    (
        "residual",
        "bottleneck",
        "(8, 2)",
        lambda: resnet.Bottleneck(16, 8, 2, _downsample(16, 32, 2)),
    ),
    ("residual", "padded", "(24, 2)", lambda: Padded(24, 2)),
    ("residual", "projected", "(24, 2)", lambda: Projected(16, 24, 2)),
    ("residual", "plain", "(24, 2)", lambda: Plain(16, 24, 2)),
    ("separable", "depthwise_separable", "(24, 5x5, 2)", lambda: separable(16, 24, 5, 2)),
    ("separable", "full_conv", "(24, stride=2)", lambda: full_conv(16, 24, 3, 2)),
    ("shuffle", "branch", "(16, 2)", lambda: ShuffleBranch(16, 2)),
    ("shuffle", "shuffle_unit", "", lambda: models.shufflenetv2.InvertedResidual(16, 16, 1)),
    (
        "shuffle",
        "shuffle_downsampling",
        "(32)",
        lambda: models.shufflenetv2.InvertedResidual(16, 32, 2),
    ),
    (
        "squeeze_excite",
        "squeeze_excite",
        "(4)",
        lambda: models.efficientnet.SqueezeExcitation(16, 4),
    ),
]


# Parts of whole nets, which are compared with torchvision's.
PARTS = {("blocks.resnet_stages", "resnet_stages")}


def test_every_block_is_compared() -> None:
    assert {(f"blocks.{file}", block) for file, block, *_ in CASES} == NAMES - PARTS
    assert PARTS <= NAMES


def test_every_block_says_what_it_is() -> None:
    for family in FAMILIES:
        assert "arXiv:" in family.doc
        for entry in family.entries:
            assert entry.kind == "block"
            assert entry.doc.endswith("."), f"{family.name}.{entry.name}"


@pytest.mark.parametrize(("file", "block", "arguments", "theirs"), CASES)
def test_block_computes_what_its_source_does(
    file: str, block: str, arguments: str, theirs: Callable[[], nn.Module], tmp_path: Path
) -> None:
    (tmp_path / "net.net").write_text(
        f"from blocks.{file} import {block}\n\n"
        f"net a {{\n    input x: [16, H=12, W=10]\n    {block}{arguments or '()'}\n}}\n"
    )
    program = load_program(str(tmp_path / "net.net"))
    x = torch.randn(6, 16, 12, 10, generator=torch.Generator().manual_seed(4))
    wanted = settle(theirs(), [{"x": x}])
    ours = build(program)
    # Names are those of the spec here; what belongs together stands at the same place.
    state = wanted.state_dict()
    assert [v.shape for v in ours.state_dict().values()] == [v.shape for v in state.values()]
    ours.load_state_dict(dict(zip(ours.state_dict(), state.values(), strict=True)))
    for mode in (True, False):
        with torch.no_grad():
            expected = wanted.train(mode)(x)
            assert largest_difference(ours.train(mode)(x), expected) <= 1e-5
