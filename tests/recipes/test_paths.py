"""Paths that nothing is wrong with; `errors` has those that something is wrong with."""

from __future__ import annotations

import pytest

from netlang.elaborate import Library
from netlang.recipes import examine_recipe
from netlang.source import Source

IMAGE = "input image: [3, H=224, W=224]\n    conv(8, 3x3) -> gap -> flatten -> linear(10)"
FOLDER = 'image_folder("birds")'
SIGNAL = "input signal: [40]\n    linear(10)"

RIGHT = [
    (IMAGE, FOLDER, "random_resized_crop(224) -> mixup", None),
    (IMAGE, FOLDER, "resize(96x128) -> rotate(-10..10) -> hflip", "resize(96x128)"),
    (IMAGE, FOLDER, "random_crop(64, pad=8)", "ten_crop(64)"),
    (IMAGE, FOLDER, "random_resized_crop(224)", "multi_scale([3, 640])"),
    (
        IMAGE,
        FOLDER,
        "random_resized_crop(224)",
        "multi_scale([256, 288]) -> ten_crop(224)",
    ),
    (SIGNAL, "mnist1d", "translate(0.1) -> scale(0.9..1.1) -> noise(0.1) -> mixup", None),
]


@pytest.mark.parametrize(("net", "data", "augment", "test"), RIGHT)
def test_right(net: str, data: str, augment: str, test: str | None) -> None:
    last = f"test: {test}" if test else ""
    text = f"""net small {{
    {net}
}}
train sketch {{
    model: small()
    data: {data}
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 100
    steps: 10
    augment: {augment}
    {last}
}}
"""
    module = Library().module(Source("sketch.net", text), None)
    assert [each.message for each in examine_recipe(module, "sketch")] == []
