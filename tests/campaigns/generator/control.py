"""Scopes, conditionals and loops."""

from __future__ import annotations

from collections.abc import Callable

from netlang.ops.conv import Conv
from tests.campaigns.generator.body import Body, indented
from tests.campaigns.generator.expressions import condition, whole
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.rules.pointwise import PLAIN
from tests.campaigns.generator.steps import apply, choose, kept, outputs_of

__all__ = ["asserted", "conditional", "counted_loop", "repeat", "scope", "table_loop", "width_loop"]


def _some_steps(inner: Body, most: int, keep: bool) -> None:
    for _ in range(inner.draw.whole(1, most)):
        apply(inner, kept(inner) if keep else choose(inner, inner.repeated))


def scope(body: Body) -> bool:
    """`name: { ... }`, or braces alone, which change nothing."""
    inner = body.child()
    labelled = not body.repeated and body.draw.chance(0.6)
    if not labelled and body.draw.chance(0.5):
        inner.repeated = True
    _some_steps(inner, 3, keep=False)
    if not labelled:
        body.spec.used("unlabelled scope")
        body.lines_of(["{", *indented(inner.lines), "}"])
        body.labels.update(inner.labels)
    else:
        body.spec.used("labelled scope")
        mark, read = body.new_label(plain=True)
        body.lines_of([f"{mark}: {{", *indented(inner.lines), "}"])
        body.labels[read] = Labelled(inner.current)
        for name, value in inner.labels.items():
            if name not in body.labels and name.replace(".", "").isidentifier():
                body.labels[f"{read}.{name}"] = Labelled(value.values)
                body.spec.used("label of a scope")
    body.joinable = True
    body.current = inner.current
    return True


def conditional(body: Body) -> bool:
    """`if ... { } else if ... { } else { }`, one side of which is taken."""
    taken = body.draw.whole(0, 2)
    lines: list[str] = []
    end = body.current
    count = body.draw.whole(max(1, taken + 1), 3)
    body.spec.used("if", *(("else if",) if count > 2 else ()), *(("else",) if count > 1 else ()))
    for side in range(count):
        inner = body.child(repeated=True, dead=side != taken)
        left = body.spec.left
        _some_steps(inner, 2, keep=False)
        head = f"if {condition(body, side == taken)} " if side < max(2, taken) - 0 else ""
        if side == count - 1 and count > 1 and (side == taken or taken < side):
            head = ""
        if side == taken:
            end = inner.current
        else:
            body.spec.left = left
        opening = f"{head}{{"
        if side == 0:
            lines.append(f"if {condition(body, side == taken)} {{")
        else:
            lines[-1] = f"}} else {opening}"
        lines += [*indented(inner.lines), "}"]
    body.lines_of(lines)
    body.joinable = False
    body.current = end
    return True


def repeat(body: Body) -> bool:
    """`repeat n { ... }` of steps that leave the type as it is; none of them has a label."""
    count = body.draw.pick((0, 1, 2, 2, 3))
    inner = body.child(repeated=True, dead=count == 0)
    left = body.spec.left
    _some_steps(inner, 2, keep=True)
    body.spec.left = left - count * (left - body.spec.left)
    body.spec.used("repeat")
    body.lines_of([f"repeat {whole(body, count)} {{", *indented(inner.lines), "}"])
    return True


def counted_loop(body: Body) -> bool:
    """`for i in range(n) { stage{i}: ... }`."""
    draw, variable = body.draw, body.spec.name("i")
    count = draw.whole(1, 3)
    inner = body.child(loops=(*body.loops, variable))
    left = body.spec.left
    _some_steps(inner, 2, keep=True)
    body.spec.left = left - count * (left - body.spec.left)
    body.spec.used("for")
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{variable} in range({count})",
        lambda: f"{variable} in range(1, {count + 1})",
        lambda: f"{variable} in {list(range(count))}",
        lambda: f"{variable} in range({2 * count}, 0, -2)",
        lambda: (
            f"{variable} in {tuple(range(3, 3 + count))}" if count > 1 else f"{variable} in [4]"
        ),
    )
    body.lines_of([f"for {draw.pick(forms)()} {{", *indented(inner.lines), "}"])
    return True


def width_loop(body: Body) -> bool:
    """A loop that changes the channels: over widths, pairs, or rows of a table."""
    x = body.value
    first = x.type.shape[0] if x.type.rank in (2, 3, 4) and x.type.dtype.is_float else None
    if not isinstance(first, int) or x.type.batch is None or body.dead:
        return False
    draw = body.draw
    rows = [
        (draw.whole(1, 6), draw.pick((1, 3)), draw.pick((1, 1, 2))) for _ in range(draw.whole(1, 3))
    ]
    value = x
    for width, kernel, stride in rows:
        op = Conv(out=width, kernel=kernel, stride=stride, pad=kernel // 2)
        value = outputs_of(body, op, (value,))[0]
    if not body.spec.small((value.type,)):
        return False
    body.spec.used("for")
    body.spec.operators.add("conv")
    body.spec.left -= len(rows)
    w, k, s = (body.spec.name(letter) for letter in "wks")
    head = _loop_over(body, rows, (w, k, s))
    body.lines_of([f"{head} {{", f"    conv({w}, {k}, stride={s}, pad={k} // 2)", "}"])
    body.current = (Value(value.type, x.below),)
    return True


def _loop_over(body: Body, rows: list[tuple[int, int, int]], names: tuple[str, str, str]) -> str:
    """Three variables at a time, from a table, zipped lists or numbered pairs."""
    w, k, s = names
    kind = body.draw.pick((0, 1, 1, 2))
    if kind == 0:
        body.spec.used("table", "file constant")
        table = body.spec.name("table")
        body.owner.home.items.append(f"{table} = [{', '.join(map(str, rows))}]")
        return f"for {w}, {k}, {s} in {table}"
    columns = [list(column) for column in zip(*rows, strict=True)]
    if kind == 1:
        body.spec.used("zip")
        return f"for {w}, {k}, {s} in zip({columns[0]}, {columns[1]}, {columns[2]})"
    body.spec.used("table")
    if body.draw.chance(0.5):
        body.spec.used("parts of an item")
        nested = [(width, (kernel, stride)) for width, kernel, stride in rows]
        return f"for {w}, ({k}, {s}) in {nested}"
    return f"for {w}, {k}, {s} in [{', '.join(map(str, rows))}][:]"


def table_loop(body: Body) -> bool:
    """A loop over layers, numbered or not."""
    if not body.value.type.dtype.is_float:
        return False
    layers = [body.draw.pick((*PLAIN, "leaky_relu(0.2)", "elu(alpha=0.5)")) for _ in range(2)]
    body.spec.operators.update(layer.partition("(")[0] for layer in layers)
    body.spec.used("for", "layer as value", "list of layers")
    body.spec.left -= 2
    act = body.spec.name("act")
    if body.draw.chance(0.5) and not body.repeated:
        body.spec.used("enumerate", "computed label")
        i, stage = body.spec.name("i"), body.spec.name()
        around = "".join(f"{{{loop}}}" for loop in body.loops)
        head = f"for {i}, {act} in enumerate([{', '.join(layers)}])"
        body.lines_of([f"{head} {{ {stage}{around}_{{{i}}}: {act} }}"])
    else:
        body.lines_of([f"for {act} in [{', '.join(layers)}] {{ {act} }}"])
    return True


def asserted(body: Body) -> bool:
    """`assert` on sizes that are known, and on those of the input, which then must meet it."""
    known = body.words()
    if not known:
        return False
    name, type_ = body.draw.pick(known)
    if not type_.rank:
        return False
    axis = body.draw.whole(0, type_.rank - 1)
    size = body.draw.size(type_.shape[axis])
    if not body.spec.size_asserts and not isinstance(type_.shape[axis], int):
        return False
    body.spec.used("assert in a body")
    told = ', "a size"' if body.draw.chance(0.3) else ""
    if isinstance(type_.shape[axis], int):
        body.line(f"assert {name}.shape[{axis}] == {size}{told}")
    else:
        body.line(f"assert {name}.shape[{axis}] >= {max(1, size - 3)}{told}")
    return True
