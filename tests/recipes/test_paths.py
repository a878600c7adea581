"""Paths that nothing is wrong with; `errors` has those that something is wrong with."""

from __future__ import annotations

import pytest

from netlang.modules.library import Library
from netlang.recipes import examine_recipe
from netlang.source import Source
from tests.work import steps_of

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


def mistakes(net: str, data: str, augment: str, test: str | None) -> list[str]:
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
    return [each.message for each in examine_recipe(module, "sketch")]


@pytest.mark.parametrize(("net", "data", "augment", "test"), RIGHT)
def test_right(net: str, data: str, augment: str, test: str | None) -> None:
    assert mistakes(net, data, augment, test) == []


@pytest.mark.parametrize(
    ("path", "most"),
    [("resize({})", 50_000), ("resize_shorter({}) -> resize({})", 50_000), (None, 5_000_000)],
)
def test_huge_images_take_no_more_work(path: str | None, most: int) -> None:
    """A path, or one with all lengths of a side, for which a bounded number is tried."""
    huge = str(10**7)
    augment, test = (
        (path.replace("{}", huge), None) if path else ("resize(8)", f"multi_scale([{huge}])")
    )
    assert mistakes(IMAGE, FOLDER, "resize(8)", test and "multi_scale([3])") == []
    assert steps_of(lambda: mistakes(IMAGE, FOLDER, augment, test)) < most
