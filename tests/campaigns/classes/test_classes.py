"""A short run of the campaign, and the classes of some bundled nets and of the saved examples."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from netlang.backends.torch import emit
from netlang.elaborate import block_program, load_program, resolve
from tests.campaigns.classes.alone import noting
from tests.campaigns.classes.campaign import CAMPAIGN, checked
from tests.campaigns.counts import of
from tests.campaigns.running import run_here

# Nets, with how many other arguments each class is given; of many classes, one. Of those whose
# blocks repeat most, the long run has the usual depth.
BUNDLED = {
    "resnet18": 3, "mobilenet_v2": 1, "efficientnet_v1(1.0, 0.5, 224, 0.2)": 1,
    "densenet([3, 4, 2, 2])": 1, "nin": 3,
}  # fmt: skip
LARGER = ("mobilenet_v2", "efficientnet_b0", "densenet121")

GATE = """
block gate(width) {
    conv: conv(width, 3x3, pad=1) -> bn0: bn -> relu
    squeeze: conv(max(32, round_to(width / 2, 8)), 1x1) -> bn1: bn -> relu
    expand: conv(width, 1x1)
}
net a {
    input image: [64, 16, 16]
    gate(64) -> conv(128, 1x1) -> gate(128) -> conv(256, 1x1) -> gate(256)
}
"""

KERNELS = """
block cbr(out, kernel, pad=0) { conv: conv(out, kernel, pad=pad) -> relu }
net a {
    input x: [4, 8, 8]
    cbr(4, 1x1) -> cbr(4, 3x3, pad=1) -> cbr(4, 1x3, pad=PAD)
}
"""


def test_classes_of_twenty_specs_are_right() -> None:
    state = run_here(CAMPAIGN, 20, 0)
    assert state.failures == []
    assert of(state.counts, "classes")["compared"] > 10


@pytest.mark.parametrize(
    ("name", "tries"),
    [*BUNDLED.items(), *(pytest.param(name, 3, marks=pytest.mark.slow) for name in LARGER)],
)
def test_classes_of_bundled_nets_are_right(name: str, tries: int) -> None:
    with noting() as noted:
        program = load_program(name)
    wrong, counts = checked(program, noted, Random(3), tries)
    assert wrong == []
    assert Counter(counts)["classes: compared"] > 0


# Sizes that operators make of others, each read by a convolution behind.
COMPUTED = """
block shuffled(factor) {
    pixel_shuffle(factor) -> conv(4, 1x1)
    pixel_unshuffle(factor) -> conv(9, 1x1)
}
block cut(first, last, by) {
    slice(first, last, step=by) -> conv(8, 1x1)
    slice(1, -1) -> conv(8, 1x1)
}
block best(pieces) { maxout(pieces) -> conv(8, 1x1) }
block columns(kernel) {
    unfold(kernel) -> y: conv(5, 1)
}
block gated {
    half: split(in.channels // 2)
    half.1 -> gate: sigmoid
    (half.0, gate) -> mul -> conv(4, 1x1)
}
block uneven(part) {
    parts: split(part)
    parts.1 -> conv(4, 1x1)
}
net a {
    input x: [16, 8, 8]
    shuffled(2) -> conv(9, 1x1) -> shuffled(3) -> conv(10, 1x1)
    cut(1, 9, 2) -> conv(10, 1x1) -> cut(2, 8, 3) -> conv(8, 1x1)
    best(2) -> best(4) -> conv(8, 1x1)
    gated -> conv(6, 1x1) -> gated -> conv(8, 1x1)
    uneven(5) -> conv(8, 1x1) -> uneven(6) -> conv(4, 1x1)
    columns(2)
}
"""

# Sizes that windows make of others, each read by a linear map or a norm behind.
WINDOWS = """
block strided(width, kernel, stride=1) { conv(width, kernel, stride=stride, pad=1) -> linear(3) }
block pooled(kernel) { maxpool(kernel, stride=2, pad=1, ceil=true) -> linear(3) }
block grown(kernel, stride) {
    conv_transpose(2, kernel, stride=stride, pad=1) -> linear(3)
    pad(1, after=2) -> upsample(2) -> linear(4)
}
block moved(factor) {
    pixel_shuffle(factor) -> linear(3) -> conv(1, kernel=1)
}
block columns(kernel) { unfold(kernel, stride=2) -> layer_norm }
block offset {
    add {
        unit: window_offsets(8x1, dtype=float)
        identity
    }
    linear(5)
}
net a {
    input x: [4, 8, 8]
    strided(4, 3) -> strided(4, 3x2, stride=2) -> upsample(4) -> linear(8)
    pooled(3) -> pooled(2) -> linear(4)
    grown(3, 2) -> conv(4, 1x1) -> grown(4, 3) -> conv(4, 1x1) -> moved(2)
    linear(8) -> upsample(size=[8, 8]) -> conv(3, 1x1) -> offset -> columns(2)
}
"""

REPEATED = """
block same(width, spacing) {
    repeat 3 { conv(width, 3, pad=2, dilation=spacing) }
    linear(3)
}
net a {
    input x: [4, 8, 8]
    same(4, 2) -> linear(8) -> same(6, 2)
}
"""

# The channels of the input are the width by chance, and `square` keeps a width of 8 alone.
BY_CHANCE = """
block repeated(width) { repeat 3 { neg -> conv(width, 3x3, pad=1) } }
block square { repeat 3 { neg -> transpose([0, 2, 1]) -> linear(8) } }
net a {
    input x: [4, 8, 8]
    repeated(4) -> square
}
"""

# The floats that a block makes of bytes are those of the net: of its other input.
FLOATS = """
block scaled(width) { to_float -> group_norm(2) -> conv(width, 1x1) }
block scored(width) { linear(width) -> neg -> linear(2) }
net a {
    input pixels: uint8[4, 8, 8]
    input other: float64[4]
    pixels -> scaled(3)
    output image
    other -> scored(2)
    output score
}
"""

AUXILIARY = """
block two { auxiliary aux: identity }
net a { input x: [4, 8, 8]
    two -> conv(4, 3x3) }
"""

SYMBOLS = """
block places(length, width) {
    arange(length, dtype=float) -> reshape([length, 1]) -> linear(width)
}
block placed(width) {
    wide: linear(width)
    in -> place: places(in.shape[0], width)
    (wide, place) -> add
}
net a {
    input x: [L=8, 5]
    placed(4)
}
"""


@cache
def _written(text: str) -> str:
    """The module of a spec, whose classes are right."""
    with noting() as noted, TemporaryDirectory() as folder:
        path = Path(folder) / "a.net"
        path.write_text(text, encoding="utf-8")
        program = load_program(str(path))
    wrong, counts = checked(program, noted, Random(1), tries=10)
    assert wrong == []
    assert counts["classes: compared"] > 0
    assert counts["blocks: compared"] > 0
    return emit(program)


def test_sizes_that_operators_compute_keep_their_origin() -> None:
    text = _written(COMPUTED)
    assert "nn.Conv2d(in_channels // (factor * factor), 4, 1)" in text
    assert "nn.Conv2d((last - first + (by - 1)) // by, 8, 1)" in text
    assert "nn.Conv2d(in_channels // pieces, 8, 1)" in text
    assert "nn.Conv1d(in_channels * kernel * kernel, 5, 1)" in text


def test_sizes_that_windows_make_keep_their_origin() -> None:
    text = _written(WINDOWS)
    assert "nn.Linear((in_width - kernel[1] + 2) // stride + 1, 3)" in text
    assert "nn.Linear((in_width + min(1, kernel - 2) - kernel + 4) // 2, 3)" in text
    assert "nn.Linear((in_width - 1) * stride + kernel - 2, 3)" in text


def test_a_class_says_where_what_repeats_keeps_the_size(tmp_path: Path) -> None:
    _written(REPEATED)
    (tmp_path / "a.net").write_text(REPEATED, encoding="utf-8")
    block = block_program(resolve(f"{tmp_path}/a.net:same(4, 2)", "block"), ["[4, 8, 8]"])
    assert "where spacing == 2" in " ".join(emit(block).split())


def test_what_repeats_may_begin_with_another_size() -> None:
    text = _written(BY_CHANCE)
    assert "Block `square` of a.net, line 3, where in_width == 8." in text
    assert text.count("nn.Conv2d(in_channels, width, 3, padding=1)") == 1
    assert text.count("nn.Conv2d(width, width, 3, padding=1)") == 2


def test_a_class_says_which_size_a_joined_value_has() -> None:
    text = _written(WINDOWS)
    assert "Block `offset` of a.net, line 12, where in_width == 8." in text


def test_a_class_says_how_many_parts_a_split_has() -> None:
    text = " ".join(_written(COMPUTED).split())
    assert "where in_channels % 2 == 0" in text
    assert "where part < in_channels and 2 * part > in_channels" in text


def test_a_condition_that_always_holds_is_not_told() -> None:
    text = " ".join(emit(load_program("conformer")).split())
    assert "where in_channels % 2 == 0" in text
    assert 'Block `convolution` of conformer.net, line 19."""' in text


@pytest.mark.parametrize("text", [AUXILIARY, SYMBOLS, FLOATS])
def test_blocks_with_auxiliary_outputs_open_sizes_and_bytes_are_compared(text: str) -> None:
    _written(text)


def test_numbers_that_are_equal_by_chance_are_told_apart() -> None:
    text = _written(GATE)
    assert text.count("max(32, round_to(width / 2, 8))") == 3
    assert "in_channels // 2" not in text


def test_a_kernel_is_one_argument() -> None:
    text = _written(KERNELS.replace("PAD", "0x1"))
    assert "CBR(4, 3, pad=1), CBR(4, (1, 3), pad=(0, 1))" in text


def test_numbers_of_axes_that_no_parameter_gives_are_one_argument(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(KERNELS.replace("PAD", "same"))
    text = emit(load_program(str(tmp_path / "a.net")))
    assert "CBR(4, 1, 0), CBR(4, 3, 1), CBR(4, (1, 3), (0, 1))" in text
    assert "conv_padding: int | tuple[int, int]" in text
