"""Rules of the operators that read boxes beside an image."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.region import RoiAlign, RoiPool
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import channels

__all__ = ["REGIONS", "region"]

REGIONS = ("roi_align", "roi_pool")


def region(draw: Draw, x: Value) -> Op | None:
    """A map of every box of an image; the boxes are a second value, [K, 4]."""
    if channels(x) is None or x.type.rank != 3:
        return None
    out = draw.per_axis([draw.whole(1, 3), draw.whole(1, 3)])
    scale = draw.near(2.0, 3)
    if draw.chance(0.5):
        return RoiPool(out=out, scale=scale)
    return RoiAlign(out=out, scale=scale, sampling_ratio=draw.whole(1, 3), aligned=draw.chance(0.5))
