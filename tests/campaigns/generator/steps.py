"""Operators as steps: which one, how its application is written, and paths to a type wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netlang.ir.arguments import signature
from netlang.ir.dims import Expr
from netlang.ir.op import Op
from netlang.ir.types import DType, TensorType
from netlang.ops.adaptive_pool import AdaptiveAvgpool, GlobalAvgpool, GlobalMaxpool
from netlang.ops.conv import Conv
from netlang.ops.identity import Identity
from netlang.ops.layout import Transpose
from netlang.ops.linear import Linear
from netlang.ops.pool import Maxpool
from tests.campaigns.generator.body import Body
from tests.campaigns.generator.expressions import lifted, written
from tests.campaigns.generator.model import INTEGERS_BELOW, Labelled, Value
from tests.campaigns.generator.rules import STEPS
from tests.campaigns.generator.rules.pointwise import PLAIN

__all__ = [
    "Chosen", "application", "apply", "choose", "fitting", "kept", "merged", "outputs_of",
    "path_to",
]  # fmt: skip

MOST_WORK = 60_000
# Operators that admit few values, so that chance alone would seldom bring them.
PICKY = ("rnn", "lstm", "gru", "multi_head_attention", "pixel_shuffle", "embedding", "upsample")


@dataclass(frozen=True)
class Chosen:
    """An operator for a value, and the values that it gives."""

    op: Op
    values: tuple[Value, ...]


def outputs_of(body: Body, op: Op, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values that an operator gives."""
    types = op.infer(tuple(value.type for value in inputs)).outputs
    below = max((value.below for value in inputs), default=INTEGERS_BELOW)
    return tuple(Value(type_, _below(body, op, inputs, type_, below)) for type_ in types)


def _below(body: Body, op: Op, inputs: tuple[Value, ...], type_: TensorType, below: int) -> int:
    """Places of maxima are below their number; of an input of any size they have no bound."""
    if not isinstance(op, Maxpool) or type_.dtype is not DType.INT64:
        return below
    spatial = inputs[0].type.spatial
    if any(isinstance(dim, Expr) for dim in spatial):
        return 10**9
    count = 1
    for dim in spatial:
        count *= body.draw.size(dim)
    return count


def choose(body: Body, single: bool = False) -> Chosen:
    """An operator for the current value, each about equally often; `single` gives one value."""
    x, draw = body.value, body.draw
    names = draw.shuffled(tuple(STEPS))
    names.insert(0, tuple(STEPS)[(body.spec.seed + body.spec.left * 17) % len(STEPS)])
    if draw.chance(0.2):
        names.insert(0, draw.pick(PICKY))
    for name in names:
        op = STEPS[name](draw, x)
        if op is not None and (found := fitting(body, op, x, single)):
            return found
    raise AssertionError("`identity` takes every value")


def fitting(body: Body, op: Op, x: Value, single: bool) -> Chosen | None:
    """An operator for a value, if that stays small and, with `single`, gives one value."""
    values = outputs_of(body, op, (x,))
    if not body.spec.small(tuple(value.type for value in values)) or (single and len(values) > 1):
        return None
    macs = op.cost((x.type,)).macs
    return Chosen(op, values) if body.spec.at_default(macs) <= MOST_WORK else None


def kept(body: Body) -> Chosen:
    """An operator that leaves the type of the current value as it is."""
    x, draw = body.value, body.draw
    shaped = _same_size(body, x)
    if shaped and draw.chance(0.4):
        return Chosen(draw.pick(shaped), (x,))
    for name in draw.shuffled(tuple(STEPS)):
        op = STEPS[name](draw, x)
        if op is None:
            continue
        found = fitting(body, op, x, single=True)
        if found and found.values[0].type == x.type and found.values[0].below == x.below:
            return found
    return Chosen(Identity(), (x,))  # the value is larger than a step may make it


def _same_size(body: Body, x: Value) -> list[Op]:
    """Maps that keep the shape of a batch of floats."""
    found: list[Op] = []
    if not x.type.dtype.is_float or x.type.batch is None or not x.type.rank:
        return found
    first, last = x.type.shape[0], x.type.shape[-1]
    if isinstance(last, int):
        found.append(Linear(out=last, bias=body.draw.chance(0.5)))
    if x.type.rank in (2, 3, 4) and isinstance(first, int):
        k, d = body.draw.pick((1, 3)), body.draw.whole(1, 2)
        groups = first if body.draw.chance(0.3) else 1
        pad = d * (k - 1) // 2
        found.append(Conv(out=first, kernel=k, pad=pad, dilation=d, groups=groups))
        if body.draw.chance(0.3):
            found.append(Maxpool(kernel=3, stride=1, pad=1))
    return found


def path_to(body: Body, wanted: TensorType) -> list[Chosen]:
    """Steps from the current value to the type wanted, one at least."""
    x = body.value
    if x.type == wanted:
        return [kept(body)]
    return [Chosen(op, (Value(wanted, x.below),)) for op in _bridge(body, x, wanted)]


def _bridge(body: Body, x: Value, wanted: TensorType) -> list[Op]:
    """The operators that make one type out of another."""
    if x.type.rank == wanted.rank and x.type.shape[1:] == wanted.shape[1:]:
        out = wanted.shape[0]
        assert isinstance(out, int)
        return [Conv(out=out, kernel=1, bias=body.draw.chance(0.5))]
    if all(dim == 1 for dim in wanted.shape[1:]) and x.type.shape[0] == wanted.shape[0]:
        return [body.draw.pick((GlobalAvgpool(), GlobalMaxpool(), AdaptiveAvgpool(out=1)))]
    turned = (*range(x.type.rank - 2), x.type.rank - 1, x.type.rank - 2)
    assert wanted.shape == tuple(x.type.shape[axis] for axis in turned)
    return [Transpose(axes=turned)]


# --- text -----------------------------------------------------------------------------------


def application(body: Body, op: Op) -> str:
    """An operator with its arguments, as a step is written."""
    body.spec.operators.add(op.name)
    arguments = _arguments(body, op)
    name = {"batch_norm": "bn", "global_avgpool": "gap"}.get(op.name, op.name)
    name = name if body.draw.chance(0.5) else op.name
    if arguments and body.draw.chance(0.08):
        return _partial(body, name, arguments)
    if op.name in PLAIN and body.draw.chance(0.15):
        return _passed(body, op.name)
    if not arguments:
        return name if body.draw.chance(0.85) else f"{name}()"
    return f"{name}({_together(body, arguments)})"


def _arguments(body: Body, op: Op) -> list[tuple[str, str, bool]]:
    """Name, text and whether it can stand by position, for each argument that is written."""
    found, behind = [], False
    for item in signature(type(op)):
        value = getattr(op, item.name)
        if value is None or (not item.required and value == item.default and body.draw.chance(0.8)):
            behind = True
            continue
        found.append((item.name, written(body, value), not behind))
    return found


def _together(body: Body, arguments: list[tuple[str, str, bool]]) -> str:
    positional = body.draw.whole(0, 3)
    texts = [
        text if by_place and index < positional else f"{name}={text}"
        for index, (name, text, by_place) in enumerate(arguments)
    ]
    return ", ".join(texts)


def _partial(body: Body, name: str, arguments: list[tuple[str, str, bool]]) -> str:
    """Some arguments in a layer of its own, the others where it is applied."""
    body.spec.used("partial application")
    layer = body.spec.name("layer")
    early = arguments[body.draw.whole(0, len(arguments) - 1) :]
    late = [f"{each}={text}" for each, text, _ in arguments[: len(arguments) - len(early)]]
    body.pending.append(f"{layer} = {name}({', '.join(f'{n}={t}' for n, t, _ in early)})")
    return f"{layer}({', '.join(late)})" if late else layer


def _passed(body: Body, name: str) -> str:
    """An activation that the caller passes, or that has a name of its own."""
    body.spec.used("layer as value")
    if not body.owner.is_net:
        body.spec.used("layer passed to a block")
        return lifted(body, name, name, is_layer=True)
    layer = body.spec.name("act")
    if body.draw.chance(0.4):
        body.spec.used("function of layers")
        body.owner.home.items.append(f"{layer}(i) = [tanh, {name}][i]")
        return f"{layer}(1)"
    body.owner.home.items.append(f"{layer} = {name}")
    return layer


def apply(body: Body, chosen: Chosen, label: bool | None = None) -> str | None:
    """Write a step; returns how its label is read, if it has one."""
    several = len(chosen.values) > 1
    body.spec.left -= 1
    body.reads_here = len(body.current) == 1 and not body.dead
    text = application(body, chosen.op)
    body.reads_here = False
    before = tuple(value.type for value in body.current)
    labelled = (body.draw.chance(0.25) if label is None else label) or several
    if not labelled or body.repeated:
        owned = chosen.op.weights(before)
        body.step(text, chosen.values, frozenset(each.name for each in owned))
        return None
    mark, read = body.new_label(plain=several)
    body.step(f"{mark}: {text}", chosen.values, frozenset())
    names = chosen.op.output_names if several else ()
    body.labels[read] = Labelled(chosen.values, before, names)
    if several:
        _one_of(body, read)
    return read


def merged(body: Body, names: Sequence[str], op: Op, values: tuple[Value, ...]) -> None:
    """`(a, b) -> add`, of values by their labels; the body goes on with `values`."""
    body.spec.used("tuple", f"merge {op.name}")
    body.spec.left -= 1
    body.line(f"({', '.join(names)}) -> {application(body, op)}")
    body.joinable = True
    body.current = values


def _one_of(body: Body, read: str) -> None:
    """Go on with one of several outputs."""
    body.spec.used("named outputs of an operator")
    labelled = body.labels[read]
    index = body.draw.whole(0, len(labelled.values) - 1)
    body.start(f"{read}.{labelled.outputs[index]}", (labelled.values[index],))
