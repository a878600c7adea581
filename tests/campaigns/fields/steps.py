"""Single steps of random nets, for a shape: the operators themselves say what fits (`Op.infer`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from netlang.ir.op import Op, Rejection
from netlang.ir.types import TensorType
from netlang.ops import operator
from tests.campaigns.generator.draw import Draw

__all__ = ["KEEPING", "SPATIAL", "Made", "Maker", "Shape", "step_of"]

MOST_ELEMENTS = 3000
# Places that are left, so that there are some inside.
LEAST = 7
# Of a recurrence: what is left of a gradient after more of them is rounding.
MOST_STEPS = 60
Shape = tuple[int, ...]
# Arguments that are written as lists; others of several numbers are sizes: 3x5.
_LISTS = ("shape", "axes", "size", "out", "at", "shift")


def _written(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if name == "formula" else value
    if isinstance(value, tuple):
        texts = map(str, value)
        return f"[{', '.join(texts)}]" if name in _LISTS else "x".join(texts)
    return str(value)


def step_of(
    name: str,
    inputs: tuple[Shape, ...],
    arguments: Mapping[str, object] = MappingProxyType({}),
    *,
    small: bool = False,
) -> tuple[str, Shape] | None:
    """A step as text with the shape that it makes; None where it doesn't fit.

    One axis of it has at least `LEAST` places if one has before it, unless it may be `small`.
    """
    found = operator(name)
    assert found is not None
    if not found.arity.accepts(len(inputs)):
        return None
    make: Callable[..., Op] = found
    try:
        op = make(**arguments)
        (*_, made) = op.infer(tuple(TensorType(shape) for shape in inputs)).outputs[:1]
    except Rejection:
        return None
    shape = tuple(int(str(size)) for size in made.shape)
    elements = 1
    for size in shape:
        elements *= size
    if elements > MOST_ELEMENTS or (not small and max(shape) < LEAST <= max(map(max, inputs))):
        return None
    listed = ", ".join(f"{key}={_written(key, value)}" for key, value in arguments.items())
    return f"{name}({listed})" if listed else name, shape


Made = tuple[str, Shape] | None
Maker = Callable[[Draw, Shape], Made]


def _conv(draw: Draw, x: Shape) -> Made:
    rank = len(x) - 1
    kernel = draw.per_axis([draw.whole(1, 4) for _ in range(rank)])
    channels = draw.pick([1, 2, 4])
    groups = draw.pick([g for g in (1, 1, 1, 2, 4) if x[0] % g == 0 and channels % g == 0] or [1])
    pad: object = draw.pick([0, 0, 1, 1, 2, 3])
    return step_of(
        "conv",
        (x,),
        {
            "out": channels,
            "kernel": _spread(kernel, rank),
            "stride": draw.pick([1, 1, 1, 2, 3]),
            "pad": pad,
            "dilation": draw.pick([1, 1, 1, 2, 3]),
            "groups": groups,
        },
    )


def _spread(value: object, rank: int) -> object:
    """A size of one axis is written as a number."""
    return value[0] if isinstance(value, tuple) and rank == 1 else value


def _conv_transpose(draw: Draw, x: Shape) -> Made:
    stride = draw.pick([1, 2, 2, 3])
    return step_of(
        "conv_transpose",
        (x,),
        {
            "out": draw.pick([1, 2, 4]),
            "kernel": draw.whole(1, 4),
            "stride": stride,
            "pad": draw.pick([0, 0, 1, 2]),
            "output_pad": draw.whole(0, stride - 1),
            "dilation": draw.pick([1, 1, 2]),
        },
    )


def _pool(draw: Draw, x: Shape) -> Made:
    name = draw.pick(["maxpool", "avgpool"])
    kernel = draw.whole(1, 3)
    more: dict[str, object] = {"dilation": draw.pick([1, 1, 2])} if name == "maxpool" else {}
    return step_of(
        name,
        (x,),
        {
            "kernel": kernel,
            "stride": draw.pick([1, 2, 3]),
            "pad": draw.whole(0, kernel // 2),
            "ceil": draw.chance(0.3),
            **more,
        },
    )


def _upsample(draw: Draw, x: Shape) -> Made:
    rank = len(x) - 1
    mode = draw.pick(["nearest", "linear" if rank == 1 else draw.pick(["bilinear", "bicubic"])])
    sized: dict[str, object] = (
        {"scale": draw.whole(2, 3)}
        if draw.chance(0.5)
        else {"size": tuple(draw.whole(2, 2 * size) for size in x[1:])}
    )
    align = {"align_corners": True} if mode != "nearest" and draw.chance(0.3) else {}
    return step_of("upsample", (x,), {**sized, "mode": mode, **align})


def _adaptive(draw: Draw, x: Shape) -> Made:
    out = tuple(draw.whole(1, size) for size in x[1:])
    return step_of(
        draw.pick(["adaptive_avgpool", "adaptive_maxpool"]), (x,), {"out": _spread(out, len(out))}
    )


def _slice(draw: Draw, x: Shape) -> Made:
    axis = draw.whole(0, len(x) - 1)
    start = draw.whole(0, max(0, x[axis] // 3))
    stop = {"stop": draw.whole(start + 1, x[axis])} if draw.chance(0.4) else {}
    return step_of(
        "slice", (x,), {"start": start, **stop, "axis": axis, "step": draw.pick([1, 1, 2, 3])}
    )


def _crop(draw: Draw, x: Shape) -> Made:
    return step_of(
        "crop", (x,), {"size": tuple(draw.whole((size + 1) // 2, size) for size in x[1:])}
    )


def _pad(draw: Draw, x: Shape) -> Made:
    return step_of("pad", (x,), {"before": draw.whole(0, 3), "after": draw.whole(0, 3)})


def _norm(draw: Draw, x: Shape) -> Made:
    kind = draw.pick(["group", "instance", "layer", "bn", "lrn", "l2", "softmax"])
    axis = draw.whole(0, len(x) - 1)
    if min(x) < 3 and kind != "bn":
        # Of one element, or two, a norm leaves nothing that a gradient could tell.
        return None
    if kind == "group":
        return step_of(
            "group_norm", (x,), {"groups": draw.pick([g for g in (1, 2, 4) if x[0] % g == 0])}
        )
    if kind == "layer":
        axes = sorted(draw.shuffled(range(len(x)))[: draw.whole(1, len(x))])
        return step_of("layer_norm", (x,), {"axes": tuple(axes)})
    if kind in ("l2", "softmax"):
        return step_of("l2_normalize" if kind == "l2" else "softmax", (x,), {"axis": axis})
    if kind == "lrn":
        return step_of("local_response_norm", (x,), {"size": draw.whole(1, 3)})
    return step_of("instance_norm" if kind == "instance" else "batch_norm", (x,))


def _pointwise(draw: Draw, x: Shape) -> Made:
    return step_of(draw.pick(["relu", "gelu", "identity", "tanh"]), (x,))


def _transpose(draw: Draw, x: Shape) -> Made:
    return step_of("transpose", (x,), {"axes": tuple(draw.shuffled(range(len(x))))})


def _reshape(draw: Draw, x: Shape) -> Made:
    """Neighbouring axes joined, or one split."""
    axis = draw.whole(0, len(x) - 1)
    if draw.chance(0.5) and len(x) > 1:
        axis = min(axis, len(x) - 2)
        return step_of(
            "reshape", (x,), {"shape": (*x[:axis], x[axis] * x[axis + 1], *x[axis + 2 :])}
        )
    factors = [n for n in range(2, x[axis]) if x[axis] % n == 0]
    if not factors or len(x) > 4:
        return None
    below = draw.pick(factors)
    return step_of("reshape", (x,), {"shape": (*x[:axis], x[axis] // below, below, *x[axis + 1 :])})


def _shuffle(draw: Draw, x: Shape) -> Made:
    if draw.chance(0.5):
        return step_of("pixel_shuffle", (x,), {"factor": 2})
    return step_of("channel_shuffle", (x,), {"groups": draw.pick([1, 2, 4])})


def _linear(draw: Draw, x: Shape) -> Made:
    return step_of("linear", (x,), {"out": draw.whole(1, 4)})


def _maxout(draw: Draw, x: Shape) -> Made:
    return step_of("maxout", (x,), {"pieces": 2})


def _whole(draw: Draw, x: Shape) -> Made:
    """What reads everything along an axis."""
    if len(x) == 2 and draw.chance(0.5):
        if draw.chance(0.5):
            return step_of("multi_head_attention", (x,), {"heads": 1})
        if x[0] > MOST_STEPS:
            return None
        return step_of("gru", (x,), {"hidden": 2, "bidirectional": draw.chance(0.5)})
    return step_of("global_avgpool", (x,))


SPATIAL: tuple[Maker, ...] = (
    _conv, _conv, _conv, _conv, _conv, _conv_transpose, _conv_transpose, _pool, _pool, _upsample,
    _upsample, _adaptive, _slice, _crop, _pad, _norm, _norm, _pointwise, _transpose, _reshape,
    _shuffle, _linear, _maxout, _whole,
)  # fmt: skip
KEEPING: tuple[Maker, ...] = (_norm, _pointwise, _conv, _conv, _pad, _slice)
