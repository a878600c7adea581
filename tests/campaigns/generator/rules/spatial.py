"""Rules of the other operators on channels and places."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.adaptive_pool import AdaptiveAvgpool, AdaptiveMaxpool, GlobalAvgpool, GlobalMaxpool
from netlang.ops.cut import Crop, Pad
from netlang.ops.norm import InstanceNorm
from netlang.ops.response_norm import LocalResponseNorm
from netlang.ops.shuffle import ChannelShuffle, PixelShuffle
from netlang.ops.switchable_norm import SwitchableNorm
from netlang.ops.upsample import Upsample
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import channels, places, step

__all__: list[str] = []


def _regions(draw: Draw, x: Value) -> int | tuple[int, ...]:
    return draw.per_axis([draw.whole(1, 5) for _ in x.type.spatial])


@step("adaptive_avgpool")
def _adaptive_avgpool(draw: Draw, x: Value) -> Op | None:
    return AdaptiveAvgpool(out=_regions(draw, x)) if places(x) else None


@step("adaptive_maxpool")
def _adaptive_maxpool(draw: Draw, x: Value) -> Op | None:
    return AdaptiveMaxpool(out=_regions(draw, x)) if places(x) else None


@step("global_avgpool")
def _global_avgpool(draw: Draw, x: Value) -> Op | None:
    return GlobalAvgpool() if places(x) else None


@step("global_maxpool")
def _global_maxpool(draw: Draw, x: Value) -> Op | None:
    return GlobalMaxpool() if places(x) else None


@step("pad")
def _pad(draw: Draw, x: Value) -> Op | None:
    if not places(x):
        return None
    mode = draw.pick(("constant", "reflect", "replicate", "circular"))
    most = {"reflect": -1, "circular": 0}.get(mode, 3)
    limits = [min(3, max(0, draw.size(dim) + most)) for dim in x.type.spatial]
    before = [draw.whole(0, limit) for limit in limits]
    after = [draw.whole(0, limit) for limit in limits]
    return Pad(
        before=draw.per_axis(before),
        after=draw.per_axis(after) if draw.chance(0.5) else None,
        mode=mode,
        value=draw.pick((0.0, 1.0, -1.5)) if mode == "constant" else 0.0,
    )


@step("crop")
def _crop(draw: Draw, x: Value) -> Op | None:
    if not places(x):
        return None
    sizes = [draw.size(dim) for dim in x.type.spatial]
    wanted = [draw.whole(max(1, size - 3), size) for size in sizes]
    offset = [draw.whole(0, size - want) for size, want in zip(sizes, wanted, strict=True)]
    middle = draw.chance(0.5)
    return Crop(size=tuple(wanted), offset=None if middle else draw.per_axis(offset))


@step("upsample")
def _upsample(draw: Draw, x: Value) -> Op | None:
    if not places(x):
        return None
    rank = x.type.rank - 1
    modes = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}[rank]
    mode = draw.pick(("nearest", *modes))
    scale, size = None, None
    if draw.chance(0.6):
        scale = draw.per_axis([draw.whole(1, 3) for _ in range(rank)])
    else:
        size = tuple(draw.whole(1, 9) for _ in range(rank))
    corners = mode != "nearest" and draw.chance(0.4)
    return Upsample(scale=scale, size=size, mode=mode, align_corners=corners)


@step("pixel_shuffle")
def _pixel_shuffle(draw: Draw, x: Value) -> Op | None:
    count = channels(x)
    if count is None or x.type.rank != 3:
        return None
    return PixelShuffle(factor=draw.pick([r for r in (1, 2, 2, 2, 3, 3) if count % r**2 == 0]))


@step("channel_shuffle")
def _channel_shuffle(draw: Draw, x: Value) -> Op | None:
    if x.type.batch is None or x.type.rank not in (2, 3, 4):
        return None
    count = x.type.shape[0]
    return ChannelShuffle(groups=draw.pick(divisors(count))) if isinstance(count, int) else None


@step("instance_norm")
def _instance_norm(draw: Draw, x: Value) -> Op | None:
    if channels(x) is None or not places(x):
        return None
    count = 1
    for dim in x.type.spatial:
        count *= draw.size(dim)
    return InstanceNorm(eps=draw.near(1e-4), affine=draw.chance(0.5)) if count > 1 else None


@step("switchable_norm")
def _switchable_norm(draw: Draw, x: Value) -> Op | None:
    if channels(x) is None or not places(x):
        return None
    return SwitchableNorm(eps=draw.near(1e-4), momentum=draw.pick((0.0, 0.1, 1.0)))


@step("local_response_norm")
def _local_response_norm(draw: Draw, x: Value) -> Op | None:
    if not places(x) or channels(x) is None:
        return None
    return LocalResponseNorm(
        size=draw.whole(1, 6),
        alpha=draw.near(0.01, 100),
        beta=draw.near(0.75, 2),
        k=draw.near(1, 2),
    )
