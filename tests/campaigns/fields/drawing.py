"""Random nets that are hard on receptive fields: short, of small values, with every rule in reach.

Steps are drawn until one fits what stands before it, as `tests.campaigns.fields.steps` says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.campaigns.fields.moving import MOVING, formula_of_two, reduced
from tests.campaigns.fields.steps import KEEPING, SPATIAL, Made, Shape, step_of
from tests.campaigns.fields.windows import in_windows
from tests.campaigns.generator.draw import Draw
from tests.campaigns.subject import Spec

__all__ = ["drawn"]

MOST_OUTPUTS = 300
NAME = "drawn"
_LINE = re.compile(r"\(([^)]*)\) -> (\w+): ")


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
    if roll < 0.44:
        return _beside(text, draw)
    if roll < 0.47:
        return _where(text, draw)
    if roll < 0.50:
        return _of_itself(text, draw)
    if roll < 0.54:
        return _windows(text, draw)
    made = draw.pick(MOVING if roll < 0.66 else SPATIAL)(draw, shape)
    if made is None:
        return False
    text.add(f"({source})", *made)
    return True


def _branches(text: _Text, draw: Draw) -> Iterator[tuple[str, Shape]]:
    """Some values that come from the last one, itself and earlier ones among them."""
    source, shape = text.values[-1]
    yield source, shape
    for _ in range(draw.whole(1, 3)):
        made = draw.pick(SPATIAL)(draw, shape)
        if made is not None:
            text.add(f"({source})", *made)
            yield text.values[-1]
    yield from draw.shuffled(text.values[:-1])[:2]


def _joined(text: _Text, draw: Draw, name: str, **arguments: int) -> bool:
    """The branches that fit to the first of them."""
    found = draw.shuffled(list(_branches(text, draw)))
    picked = found[:1]
    made: Made = None
    for other in found[1:]:
        shapes = tuple(shape for _, shape in (*picked, other))
        if (both := step_of(name, shapes, arguments)) is not None:
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
    return _joined(text, draw, draw.pick(["add", "mul", "max", "min", "sub", "div"]))


def _split(text: _Text, draw: Draw) -> bool:
    source, shape = text.values[-1]
    axis = draw.pick([0, 0, len(shape) - 1])
    size = (shape[axis] + 1) // 2
    made = step_of("split", (shape,), {"size": size, "axis": axis})
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


def _beside(text: _Text, draw: Draw) -> bool:
    """A value with its own mean, sum, maximum or minimum, as gates and norms by hand have it."""
    source, shape = text.values[-1]
    made = reduced(draw, shape, keep=True)
    if made is None:
        return False
    text.add(f"({source})", *made)
    text.add(f"({source}, {text.values[-1][0]})", draw.pick(["add", "sub", "mul", "div"]), shape)
    return True


def _where(text: _Text, draw: Draw) -> bool:
    """Of two values by a third: the value itself, what is made of it, earlier ones."""
    source, shape = text.values[-1]
    name = draw.pick(["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"])
    alike = [label for label, other in _branches(text, draw) if other == shape]
    one, two, three = (draw.pick(alike) for _ in range(3))
    compared = f"({three}) -> {{}}: {name}(to=0.5)"
    if draw.chance(0.5):
        compared = f"({three}, {source}) -> {{}}: {name}"
    label = f"c{len(text.values)}"
    text.lines.append(compared.format(label))
    text.add(f"({label}, {one}, {two})", "where", shape)
    return True


def _of_itself(text: _Text, draw: Draw) -> bool:
    """A sum of products of a value with itself, or attention of its places to each other."""
    source, shape = text.values[-1]
    if len(shape) not in (2, 3):
        return False
    if draw.chance(0.5):
        made = step_of("einsum", (shape, shape), {"formula": formula_of_two(draw, shape)})
        given = f"({source}, {source})"
    else:
        heads = draw.pick([h for h in (1, 2, 3, 4) if shape[-1] % h == 0])
        made = step_of("attention", (shape,) * 3, {"heads": heads, "causal": draw.chance(0.5)})
        given = f"({source}, {source}, {source})"
    if made is None:
        return False
    text.add(given, *made)
    return True


def _windows(text: _Text, draw: Draw) -> bool:
    """What is between the places of windows, or of grids, written in steps."""
    steps = in_windows(draw, text.values[-1][1])
    for step, shape, times in steps or ():
        text.add(f"({', '.join([text.values[-1][0]] * times)})", step, shape)
    return bool(steps)


def _unpool(text: _Text, draw: Draw) -> bool:
    """A pool, perhaps a window, and the way back by its places."""
    source, shape = text.values[-1]
    kernel, stride = draw.whole(2, 3), draw.whole(2, 3)
    windows = {"kernel": kernel, "stride": stride}
    pool = step_of("maxpool", (shape,), {**windows, "return_indices": True})
    if pool is None or len(shape) > 3:
        return False
    label = f"p{len(text.values)}"
    text.lines.append(f"({source}) -> {label}: {pool[0]}")
    text.add(f"({label}.output)", "identity", pool[1])
    if draw.chance(0.4) and (made := KEEPING[2](draw, pool[1])) and made[1] == pool[1]:
        text.add(f"({text.values[-1][0]})", *made)
    sizes = ", ".join(map(str, shape[1:]))
    step = f"max_unpool(kernel={kernel}, stride={stride}, size=[{sizes}])"
    if step_of("conv_transpose", (pool[1],), {"out": 1, **windows}) is None:
        return False
    text.add(f"({text.values[-1][0]}, {label}.indices)", step, shape)
    return True


def _repeat(text: _Text, draw: Draw) -> bool:
    """A few steps that keep the shape, repeated, or as a block that is used more than once."""
    source, shape = text.values[-1]
    steps, now = [], shape
    for _ in range(draw.whole(1, 3)):
        made = draw.pick(KEEPING)(draw, now)
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
