"""Merges, in braces and of tuples: the branches are made to the types that the operator needs."""

from __future__ import annotations

from netlang.ir.types import TensorType
from netlang.ops.adaptive_pool import GlobalAvgpool
from netlang.ops.layout import Flatten, Reshape
from netlang.ops.linear import Linear
from netlang.ops.merge import Concat
from netlang.ops.spatial import product
from tests.campaigns.generator.body import Body, as_path, indented
from tests.campaigns.generator.expressions import condition
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.rules import JOINS, SOURCES, Join, regions, windows
from tests.campaigns.generator.spec import LONGEST
from tests.campaigns.generator.steps import (
    Chosen,
    application,
    apply,
    kept,
    outputs_of,
    path_to,
)  # fmt: skip

__all__ = [
    "attended", "joined_to", "merge_braces", "merge_tuple", "one_branch", "boxed", "scaled",
    "unpooled_back", "widened",
]  # fmt: skip

BRACED = ("add", "sub", "mul", "max", "min", "concat", "matmul")


def _join(body: Body, names: tuple[str, ...]) -> tuple[Join, tuple[Value, ...]] | None:
    """A join that the current value admits and its values; the result must stay small."""
    x = body.value
    first = ("multi_head_attention",) if body.draw.chance(0.8) else ("gaussian_sample",)
    preferred = tuple(name for name in first if name in names and body.draw.chance(0.9))
    for name in (*preferred, *body.draw.shuffled(names)):
        found = JOINS[name](body.draw, x)
        if found is None:
            continue
        others = tuple(Value(type_, x.below) for type_ in found.others)
        values = outputs_of(body, found.op, (x, *others))
        if body.spec.small(tuple(value.type for value in values)):
            return found, others
    return None


def merge_braces(body: Body) -> bool:
    """`add { ...; identity }`."""
    found = _join(body, BRACED)
    if found is None:
        return False
    join, others = found
    types = [body.value, *others]
    if not join.ordered:
        types = body.draw.shuffled(types)
    lines: list[str] = []
    for index, value in enumerate(types):
        lines += _branch(body, value, index == 0)
    values = outputs_of(body, join.op, tuple(types))
    mark = _scope_label(body)
    body.spec.used(f"merge {join.op.name}")
    body.spec.left -= 1
    head = application(body, join.op)
    body.lines_of([f"{mark}{head} {{", *indented(lines), "}"])
    body.joinable = True
    body.current = values
    return True


def _scope_label(body: Body) -> str:
    """A labelled merge is a scope: branches have their own labels inside."""
    if body.repeated or not body.draw.chance(0.25):
        return ""
    body.spec.used("labelled merge")
    mark, _ = body.new_label(plain=True)
    return f"{mark}: "


def _branch(body: Body, wanted: Value, first: bool) -> list[str]:
    """One branch from the current value to the type wanted: identity, a step, or a scope."""
    same = wanted.type == body.value.type
    if same and body.draw.chance(0.08):
        body.spec.used("here")
        return ["here"]
    if same and body.draw.chance(0.35):
        body.spec.used("identity branch")
        body.spec.operators.add("identity")
        return ["identity"]
    # The first branch reads the current value, so that it is never lost.
    if same and not first and (label := _readable(body, wanted.type)) and body.draw.chance(0.8):
        body.spec.used("branch of a label")
        return [label]
    inner = body.child()
    # Labels in branches would be those of the scope around, so branches have none.
    inner.repeated = True
    if same and body.draw.chance(0.3):
        apply(inner, kept(inner))
    for chosen in path_to(inner, wanted.type):
        apply(inner, chosen)
    if len(inner.lines) > 1:
        return as_path(inner.lines)
    if same and body.draw.chance(0.15):
        body.spec.used("conditional branch")
        return [f"if {condition(body, True)} {{ {inner.lines[0]} }}"]
    if same and body.draw.chance(0.1):
        body.spec.used("conditional branch")
        return [f"if {condition(body, False)} {{ relu }} else {{ {inner.lines[0]} }}"]
    return inner.lines


def _readable(body: Body, wanted: TensorType) -> str | None:
    """A visible label of a type."""
    found = [
        read
        for read, labelled in body.labels.items()
        if len(labelled.values) == 1 and labelled.values[0].type == wanted
    ]
    return body.draw.pick(found) if found else None


def one_branch(body: Body) -> bool:
    """A merge that has one branch is no merge."""
    if not body.value.type.dtype.is_float:
        return False
    inner = body.child(repeated=True)
    apply(inner, kept(inner))
    body.spec.used("merge of one branch", "conditional branch")
    name = body.draw.pick(("add", "max", "concat", "mul"))
    other = f"if {condition(body, False)} {{ relu }}"
    body.lines_of([f"{name} {{", *indented([*as_path(inner.lines), other]), "}"])
    body.joinable = True
    return True


def merge_tuple(body: Body) -> bool:
    """`a: relu`, `b: conv(8, 1x1)`, `(a, b) -> add`."""
    if body.repeated:
        return False
    return _joined(body, tuple(JOINS))


def _joined(body: Body, names: tuple[str, ...]) -> bool:
    """The current value and others as a tuple into one of the joins that `names` tells."""
    found = _join(body, names)
    if found is None:
        return False
    join, others = found
    apply(body, kept(body), label=True)
    first, x = body.hold(), body.value
    reads = [first]
    for wanted in others:
        body.start(first, (x,))
        reads.append(joined_to(body, wanted.type))
    body.spec.used("tuple", f"merge {join.op.name}")
    body.spec.left -= 1
    values = outputs_of(body, join.op, (x, *others))
    text = application(body, join.op)
    if others and body.draw.chance(0.2):
        body.spec.used("here")
        reads[-1] = "here"
    body.line(f"({', '.join(reads)}) -> {text}")
    body.joinable = True
    body.current = values
    return True


def attended(body: Body) -> bool:
    """Attention over a sequence, which is the current value or made of it."""
    x = body.value
    fixed = all(isinstance(dim, int) for dim in x.type.shape)
    if body.repeated or not x.type.dtype.is_float or x.type.batch is None or not fixed:
        return False
    count = body.draw.whole(2, 5)
    size = product(x.type.shape)
    if x.type.rank != 2:
        if not isinstance(size, int) or size % count or size // count > LONGEST:
            return False
        shaped = Reshape(shape=(count, size // count))
        apply(body, Chosen(shaped, outputs_of(body, shaped, (x,))))
    return _joined(body, ("multi_head_attention",))


def joined_to(body: Body, wanted: TensorType) -> str:
    """A path from the current value to a type, and the label of its end."""
    if body.value.type == wanted and body.draw.chance(0.3):
        apply(body, kept(body), label=False)
    *before, last = path_to(body, wanted)
    for chosen in before:
        apply(body, chosen, label=False)
    apply(body, last, label=True)
    return body.hold()


def scaled(body: Body) -> bool:
    """A learned tensor or constant merged with the current value, by label or as a branch."""
    name = "parameter" if body.draw.chance(0.2) else body.draw.pick(tuple(SOURCES))
    op = SOURCES[name](body.draw, body.value)
    if op is None or body.repeated:
        return False
    x = body.value
    body.spec.used("learned tensor" if name == "parameter" else "constant tensor")
    body.spec.left -= 2
    name = body.draw.pick(("add", "mul", "sub", "max", "min"))
    body.spec.operators.add(name)
    mark, read = body.new_label(plain=True)
    text = application(body, op)
    if body.draw.chance(0.5):
        body.spec.operators.add("identity")
        body.spec.used(f"merge {name}")
        body.lines_of([f"{name} {{", f"    {mark}: {text}", "    identity", "}"])
    else:
        apply(body, kept(body), label=True)
        before = body.hold()
        body.line(f"{mark}: {text}")
        learned = Value(op.infer(()).outputs[0])
        body.labels[read] = Labelled((learned,))
        if body.draw.chance(0.4):
            body.current = (learned,)
            apply(body, kept(body), label=True)
            read = body.hold()
        body.spec.used("tuple", f"merge {name}")
        pair = body.draw.shuffled((read, before))
        body.line(f"({', '.join(pair)}) -> {name}")
    body.joinable = True
    body.current = (x,)
    return True


def unpooled_back(body: Body) -> bool:
    """A pool that gives places, something in between, and the way back."""
    found = windows.unpooled(body.draw, body.value)
    if found is None or body.repeated or body.dead:
        return False
    pool, back = found
    x = body.value
    pooled = outputs_of(body, pool, (x,))
    mark, read = body.new_label(plain=True)
    body.spec.left -= 2
    body.spec.used("named outputs of an operator", "tuple")
    body.step(f"{mark}: {application(body, pool)}", pooled)
    body.labels[read] = Labelled(pooled, None, pool.output_names)
    body.start(f"{read}.output", pooled[:1])
    apply(body, kept(body), label=True)
    maxima = body.hold()
    text = application(body, back)
    body.line(f"({maxima}, {read}.indices) -> {text}")
    body.joinable = True
    body.current = (x,)
    return True


def boxed(body: Body) -> bool:
    """Boxes worked out of an image, and the parts of the image that they hold."""
    op = regions.region(body.draw, body.value)
    if op is None or body.repeated or body.dead:
        return False
    count = body.draw.whole(1, 3)
    apply(body, kept(body), label=True)
    image, x = body.hold(), body.value
    for made in (GlobalAvgpool(), Flatten(), Linear(out=4 * count), Reshape(shape=(count, 4))):
        values = outputs_of(body, made, body.current)
        apply(body, Chosen(made, values), label=isinstance(made, Reshape))
    boxes = (x, *body.current)
    values = outputs_of(body, op, boxes)
    text = application(body, op)
    body.spec.used("tuple")
    body.line(f"({image}, {body.hold()}) -> {text}")
    body.joinable = True
    body.current = values
    return True


def widened(body: Body) -> bool:
    """A loop that makes the branches of a concatenation."""
    x = body.value
    first = x.type.shape[0] if x.type.rank in (2, 3, 4) and x.type.dtype.is_float else None
    if not isinstance(first, int) or x.type.batch is None:
        return False
    widths = [body.draw.whole(1, 4) for _ in range(body.draw.whole(1, 3))]
    total = sum(widths) + first
    types = tuple(x.type.with_shape(width, *x.type.spatial) for width in (first, *widths))
    values = outputs_of(body, Concat(), tuple(Value(type_, x.below) for type_ in types))
    if not body.spec.small((values[0].type,)) or total > 24:
        return False
    body.spec.used("loop of branches", "for", "merge concat")
    body.spec.operators.update(("concat", "conv", "identity"))
    body.spec.left -= len(widths)
    variable = body.spec.name("w")
    lines = ["identity", f"for {variable} in {widths} {{ conv({variable}, 1) }}"]
    body.lines_of(["concat {", *indented(lines), "}"])
    body.joinable = True
    body.current = values
    return True
