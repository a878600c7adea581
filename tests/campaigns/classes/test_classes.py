"""A short run of the campaign, and the classes of some bundled nets and of the saved examples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from netlang.backends.torch import emit
from netlang.elaborate import load_program
from tests.campaigns.classes.alone import noting
from tests.campaigns.classes.campaign import CAMPAIGN, checked
from tests.campaigns.counts import of
from tests.campaigns.running import run_here

pytestmark = pytest.mark.filterwarnings("ignore")

BUNDLED = ("resnet18", "mobilenet_v2", "efficientnet_b0", "densenet121", "nin")

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
    cbr(4, 1x1) -> cbr(4, 3x3, pad=1) -> cbr(4, 1x3, pad=same)
}
"""


def test_classes_of_twenty_specs_are_right() -> None:
    state = run_here(CAMPAIGN, 20, 0)
    assert state.failures == []
    assert of(state.counts, "classes")["compared"] > 10


@pytest.mark.parametrize("name", BUNDLED)
def test_classes_of_bundled_nets_are_right(name: str) -> None:
    with noting() as noted:
        program = load_program(name)
    wrong, counts = checked(program, noted, Random(3), tries=3)
    assert wrong == []
    assert Counter(counts)["classes: compared"] > 0


def _written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "a.net"
    path.write_text(text, encoding="utf-8")
    with noting() as noted:
        program = load_program(str(path))
    wrong, _ = checked(program, noted, Random(1), tries=20)
    assert wrong == []
    return emit(program)


def test_numbers_that_are_equal_by_chance_are_told_apart(tmp_path: Path) -> None:
    text = _written(tmp_path, GATE)
    assert text.count("max(32, round_to(width / 2, 8))") == 3
    assert "in_channels // 2" not in text


def test_a_kernel_is_one_argument(tmp_path: Path) -> None:
    text = _written(tmp_path, KERNELS)
    assert "CBR(4, (1, 3)" in text
