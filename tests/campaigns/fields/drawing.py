"""Random nets that are hard on receptive fields: short, of small values, with every rule in reach.

Steps are drawn until one fits what stands before it: the operators themselves say so (`Op.infer`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from netlang.ir.op import Rejection
from netlang.ir.types import TensorType
from netlang.ops import operator
from tests.campaigns.generator.draw import Draw
from tests.campaigns.subject import Spec

__all__ = ["drawn"]

MOST_ELEMENTS = 3000
MOST_OUTPUTS = 300
# Places that are left, so that there are some inside.
LEAST = 7
NAME = "drawn"
_LINE = re.compile(r"\(([^)]*)\) -> (\w+): ")
Shape = tuple[int, ...]
# Arguments that are written as lists; others of several numbers are sizes: 3x5.
_LISTS = ("shape", "axes", "size", "out")


@dataclass
class _Text:
    """A net as it is written: its values with their shapes, its statements, and blocks."""

    draw: Draw
    values: list[tuple[str, Shape]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def fresh(self) -> str:
        return f"v{len(self.values)}"

    def add(self, sources: str, step: str, shape: Shape) -> None:
        label = self.fresh()
        self.lines.append(f"{sources} -> {label}: {step}" if sources else f"{label}: {step}")
        self.values.append((label, shape))


def _written(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        texts = map(str, value)
        return f"[{', '.join(texts)}]" if name in _LISTS else "x".join(texts)
    return str(value)


def step_of(name: str, inputs: tuple[Shape, ...], **arguments: object) -> tuple[str, Shape] | None:
    """A step as text with the shape that it makes; None where it doesn't fit."""
    found = operator(name)
    assert found is not None
    if not found.arity.accepts(len(inputs)):
        return None
    try:
        op = found(**arguments)
        (*_, made) = op.infer(tuple(TensorType(shape) for shape in inputs)).outputs[:1]
    except Rejection:
        return None
    shape = tuple(int(str(size)) for size in made.shape)
    elements = 1
    for size in shape:
        elements *= size
    if elements > MOST_ELEMENTS or (max(shape) < LEAST and max(map(max, inputs)) >= LEAST):
        return None
    listed = ", ".join(f"{key}={_written(key, value)}" for key, value in arguments.items())
    return f"{name}({listed})" if listed else name, shape


_Made = tuple[str, Shape] | None
_Maker = Callable[[Draw, Shape], _Made]


def _conv(draw: Draw, x: Shape) -> _Made:
    rank = len(x) - 1
    kernel = draw.per_axis([draw.whole(1, 4) for _ in range(rank)])
    channels = draw.pick([1, 2, 4])
    groups = draw.pick([g for g in (1, 1, 1, 2, 4) if x[0] % g == 0 and channels % g == 0] or [1])
    pad: object = draw.pick([0, 0, 1, 1, 2, 3])
    return step_of(
        "conv", (x,), out=channels, kernel=_spread(kernel, rank), stride=draw.pick([1, 1, 1, 2, 3]),
        pad=pad, dilation=draw.pick([1, 1, 1, 2, 3]), groups=groups,
    )  # fmt: skip


def _spread(value: object, rank: int) -> object:
    """A size of one axis is written as a number."""
    return value[0] if isinstance(value, tuple) and rank == 1 else value


def _conv_transpose(draw: Draw, x: Shape) -> _Made:
    stride = draw.pick([1, 2, 2, 3])
    return step_of(
        "conv_transpose", (x,), out=draw.pick([1, 2, 4]), kernel=draw.whole(1, 4), stride=stride,
        pad=draw.pick([0, 0, 1, 2]), output_pad=draw.whole(0, stride - 1),
        dilation=draw.pick([1, 1, 2]),
    )  # fmt: skip


def _pool(draw: Draw, x: Shape) -> _Made:
    name = draw.pick(["maxpool", "avgpool"])
    kernel = draw.whole(1, 3)
    more: dict[str, object] = {"dilation": draw.pick([1, 1, 2])} if name == "maxpool" else {}
    return step_of(
        name, (x,), kernel=kernel, stride=draw.pick([1, 2, 3]), pad=draw.whole(0, kernel // 2),
        ceil=draw.chance(0.3), **more,
    )  # fmt: skip


def _upsample(draw: Draw, x: Shape) -> _Made:
    rank = len(x) - 1
    mode = draw.pick(["nearest", "linear" if rank == 1 else draw.pick(["bilinear", "bicubic"])])
    sized: dict[str, object] = (
        {"scale": draw.whole(2, 3)}
        if draw.chance(0.5)
        else {"size": tuple(draw.whole(2, 2 * size) for size in x[1:])}
    )
    align = {"align_corners": True} if mode != "nearest" and draw.chance(0.3) else {}
    return step_of("upsample", (x,), **sized, mode=mode, **align)


def _adaptive(draw: Draw, x: Shape) -> _Made:
    out = tuple(draw.whole(1, size) for size in x[1:])
    return step_of(
        draw.pick(["adaptive_avgpool", "adaptive_maxpool"]), (x,), out=_spread(out, len(out))
    )


def _slice(draw: Draw, x: Shape) -> _Made:
    axis = draw.whole(0, len(x) - 1)
    start = draw.whole(0, max(0, x[axis] // 3))
    stop = {"stop": draw.whole(start + 1, x[axis])} if draw.chance(0.4) else {}
    return step_of("slice", (x,), start=start, **stop, axis=axis, step=draw.pick([1, 1, 2, 3]))


def _crop(draw: Draw, x: Shape) -> _Made:
    return step_of("crop", (x,), size=tuple(draw.whole((size + 1) // 2, size) for size in x[1:]))


def _pad(draw: Draw, x: Shape) -> _Made:
    return step_of("pad", (x,), before=draw.whole(0, 3), after=draw.whole(0, 3))


def _norm(draw: Draw, x: Shape) -> _Made:
    kind = draw.pick(["group", "instance", "layer", "bn", "lrn", "l2", "softmax"])
    axis = draw.whole(0, len(x) - 1)
    if min(x) < 3 and kind != "bn":
        # Of one element, or two, a norm leaves nothing that a gradient could tell.
        return None
    if kind == "group":
        return step_of(
            "group_norm", (x,), groups=draw.pick([g for g in (1, 2, 4) if x[0] % g == 0])
        )
    if kind == "layer":
        axes = sorted(draw.shuffled(range(len(x)))[: draw.whole(1, len(x))])
        return step_of("layer_norm", (x,), axes=tuple(axes))
    if kind in ("l2", "softmax"):
        return step_of("l2_normalize" if kind == "l2" else "softmax", (x,), axis=axis)
    if kind == "lrn":
        return step_of("local_response_norm", (x,), size=draw.whole(1, 3))
    return step_of("instance_norm" if kind == "instance" else "batch_norm", (x,))


def _pointwise(draw: Draw, x: Shape) -> _Made:
    return step_of(draw.pick(["relu", "gelu", "identity", "tanh"]), (x,))


def _transpose(draw: Draw, x: Shape) -> _Made:
    return step_of("transpose", (x,), axes=tuple(draw.shuffled(range(len(x)))))


def _reshape(draw: Draw, x: Shape) -> _Made:
    """Neighbouring axes joined, or one split."""
    axis = draw.whole(0, len(x) - 1)
    if draw.chance(0.5) and len(x) > 1:
        axis = min(axis, len(x) - 2)
        return step_of("reshape", (x,), shape=(*x[:axis], x[axis] * x[axis + 1], *x[axis + 2 :]))
    factors = [n for n in range(2, x[axis]) if x[axis] % n == 0]
    if not factors or len(x) > 4:
        return None
    below = draw.pick(factors)
    return step_of("reshape", (x,), shape=(*x[:axis], x[axis] // below, below, *x[axis + 1 :]))


def _shuffle(draw: Draw, x: Shape) -> _Made:
    if draw.chance(0.5):
        return step_of("pixel_shuffle", (x,), factor=2)
    return step_of("channel_shuffle", (x,), groups=draw.pick([1, 2, 4]))


def _linear(draw: Draw, x: Shape) -> _Made:
    return step_of("linear", (x,), out=draw.whole(1, 4))


def _maxout(draw: Draw, x: Shape) -> _Made:
    return step_of("maxout", (x,), pieces=2)


def _whole(draw: Draw, x: Shape) -> _Made:
    """What reads everything along an axis."""
    if len(x) == 2 and draw.chance(0.5):
        if draw.chance(0.5):
            return step_of("multi_head_attention", (x,), heads=1)
        return step_of("gru", (x,), hidden=2, bidirectional=draw.chance(0.5))
    if len(x) == 3 and draw.chance(0.6):
        window = draw.pick([2, 3, 4])
        if draw.chance(0.6):
            return step_of(
                "window_attention", (x,), heads=1, window=window, shift=draw.whole(0, window - 1)
            )
        return step_of("multi_axis_attention", (x,), heads=1, window=window, grid=draw.chance(0.5))
    return step_of("global_avgpool", (x,))


_SPATIAL: tuple[_Maker, ...] = (
    _conv, _conv, _conv, _conv, _conv, _conv_transpose, _conv_transpose, _pool, _pool, _upsample,
    _upsample, _adaptive, _slice, _crop, _pad, _norm, _norm, _pointwise, _transpose, _reshape,
    _shuffle, _linear, _maxout, _whole,
)  # fmt: skip
_KEEPING: tuple[_Maker, ...] = (_norm, _pointwise, _conv, _conv, _pad, _slice)


def drawn(number: int) -> Spec:
    """The net of a number."""
    draw = Draw(random.Random(f"fields {number}"))
    rank = draw.pick([1, 1, 2])
    sizes = [draw.whole(60, 160)] if rank == 1 else [draw.whole(12, 22) for _ in range(2)]
    shape = (draw.pick([1, 2, 4]), *sizes)
    text = _Text(draw, [("x", shape)])
    for _ in range(draw.whole(1, 7)):
        _further(text)
    _end(text)
    return Spec(_told(text, shape), {}, NAME)


def _further(text: _Text) -> None:
    for _ in range(20):
        if _step(text, text.draw):
            return


def _step(text: _Text, draw: Draw) -> bool:
    source, shape = text.values[-1]
    roll = draw.random.random()
    if roll < 0.12:
        return _concat(text, draw)
    if roll < 0.24:
        return _add(text, draw)
    if roll < 0.30:
        return _repeat(text, draw)
    if roll < 0.34:
        return _split(text, draw)
    if roll < 0.37:
        return _matmul(text, draw)
    if roll < 0.40:
        return _unpool(text, draw)
    made = draw.pick(_SPATIAL)(draw, shape)
    if made is None:
        return False
    text.add(f"({source})", *made)
    return True


def _branches(text: _Text, draw: Draw) -> Iterator[tuple[str, Shape]]:
    """Some values that come from the last one, itself and earlier ones among them."""
    source, shape = text.values[-1]
    yield source, shape
    for _ in range(draw.whole(1, 3)):
        made = draw.pick(_SPATIAL)(draw, shape)
        if made is not None:
            text.add(f"({source})", *made)
            yield text.values[-1]
    yield from draw.shuffled(text.values[:-1])[:2]


def _joined(text: _Text, draw: Draw, name: str, **arguments: int) -> bool:
    """The branches that fit to the first of them."""
    found = draw.shuffled(list(_branches(text, draw)))
    picked = found[:1]
    made: _Made = None
    for other in found[1:]:
        shapes = tuple(shape for _, shape in (*picked, other))
        if (both := step_of(name, shapes, **arguments)) is not None:
            picked.append(other)
            made = both
    if made is None:
        return False
    text.add(f"({', '.join(label for label, _ in picked)})", *made)
    return True


def _concat(text: _Text, draw: Draw) -> bool:
    axis = 0 if draw.chance(0.85) else len(text.values[-1][1]) - 1
    return _joined(text, draw, "concat", axis=axis)


def _add(text: _Text, draw: Draw) -> bool:
    return _joined(text, draw, draw.pick(["add", "mul", "max", "sub"]))


def _split(text: _Text, draw: Draw) -> bool:
    source, shape = text.values[-1]
    axis = draw.pick([0, 0, len(shape) - 1])
    size = (shape[axis] + 1) // 2
    made = step_of("split", (shape,), size=size, axis=axis)
    if made is None or shape[axis] < 2:
        return False
    label = f"s{len(text.values)}"
    text.lines.append(f"({source}) -> {label}: {made[0]}")
    part = draw.whole(0, 1)
    kept = size if part == 0 else shape[axis] - size
    text.add(f"({label}.{part})", "identity", (*shape[:axis], kept, *shape[axis + 1 :]))
    return True


def _matmul(text: _Text, draw: Draw) -> bool:
    """A value times its transpose, and that times the value: attention by hand."""
    source, shape = text.values[-1]
    if len(shape) != 2:
        return False
    text.add(f"({source})", "transpose(axes=[1, 0])", shape[::-1])
    turned = text.values[-1][0]
    product = step_of("matmul", (shape, shape[::-1]))
    if product is None or min(shape) < 2:
        return False
    text.add(f"({source}, {turned})", *product)
    if draw.chance(0.7):
        text.add(f"({text.values[-1][0]})", "softmax(axis=-1)", product[1])
        text.add(f"({text.values[-1][0]}, {source})", "matmul", shape)
    return True


def _unpool(text: _Text, draw: Draw) -> bool:
    """A pool, perhaps a window, and the way back by its places."""
    source, shape = text.values[-1]
    kernel, stride = draw.whole(2, 3), draw.whole(2, 3)
    pool = step_of("maxpool", (shape,), kernel=kernel, stride=stride, return_indices=True)
    if pool is None or len(shape) > 3:
        return False
    label = f"p{len(text.values)}"
    text.lines.append(f"({source}) -> {label}: {pool[0]}")
    text.add(f"({label}.output)", "identity", pool[1])
    if draw.chance(0.4) and (made := _KEEPING[2](draw, pool[1])) and made[1] == pool[1]:
        text.add(f"({text.values[-1][0]})", *made)
    sizes = ", ".join(map(str, shape[1:]))
    step = f"max_unpool(kernel={kernel}, stride={stride}, size=[{sizes}])"
    if step_of("conv_transpose", (pool[1],), out=1, kernel=kernel, stride=stride) is None:
        return False
    text.add(f"({text.values[-1][0]}, {label}.indices)", step, shape)
    return True


def _repeat(text: _Text, draw: Draw) -> bool:
    """A few steps that keep the shape, repeated, or as a block that is used more than once."""
    source, shape = text.values[-1]
    steps, now = [], shape
    for _ in range(draw.whole(1, 3)):
        made = draw.pick(_KEEPING)(draw, now)
        if made is not None:
            steps.append(made[0])
            now = made[1]
    if not steps or now != shape:
        return False
    body = " -> ".join(steps)
    if draw.chance(0.4):
        body = f"{draw.pick(['add', 'max'])} {{ identity; {body} }}"
    times = draw.whole(2, 6)
    if draw.chance(0.5):
        text.add(f"({source})", f"{{ repeat {times} {{ {body} }} }}", shape)
        return True
    name = f"unit{len(text.blocks)}"
    text.blocks.append(f"block {name} {{ {body} }}")
    for _ in range(draw.whole(1, 3)):
        text.add(f"({text.values[-1][0]})", name, shape)
    return True


def _end(text: _Text) -> None:
    """A convolution of few channels, or nothing; outputs of few elements."""
    for _ in range(8):
        _, shape = text.values[-1]
        elements = 1
        for size in shape:
            elements *= size
        if elements <= MOST_OUTPUTS:
            return
        axis = 0 if shape[0] > 1 else max(range(len(shape)), key=lambda a: shape[a])
        start, stop = shape[axis] // 4, 3 * shape[axis] // 4 + (shape[axis] < 4)
        step = f"slice(start={start}, stop={stop}, axis={axis})"
        kept = (*shape[:axis], stop - start, *shape[axis + 1 :])
        text.add(f"({text.values[-1][0]})", step, kept)


def _read(text: _Text) -> list[str]:
    """The statements that lead to the output: others are refused."""
    wanted = {text.values[-1][0]}
    kept: list[str] = []
    for line in reversed(text.lines):
        sources, label = _LINE.match(line).groups()  # type: ignore[union-attr]  # written so
        if label in wanted:
            kept.append(line)
            wanted.update(source.split(".")[0].strip() for source in sources.split(","))
    return kept[::-1]


def _told(text: _Text, shape: Shape) -> str:
    sizes = ", ".join(map(str, shape))
    lines = [f"input x: [{sizes}]", *_read(text), f"output {text.values[-1][0]}"]
    body = "\n".join(f"    {line}" for line in lines)
    return "\n".join([*text.blocks, f"net {NAME} {{", body, "}", ""])
