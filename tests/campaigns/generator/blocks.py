"""Blocks: defined where they are first called, in the file or in one that it imports."""

from __future__ import annotations

from collections.abc import Callable

from netlang.ir.types import DType
from tests.campaigns.generator.body import Body, indented
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.rules.pointwise import PLAIN
from tests.campaigns.generator.spec import Block, File, Owner, Parameter
from tests.campaigns.generator.steps import apply, choose, kept, path_to

__all__ = ["Grow", "arguments_of", "definition", "call_block", "call_net", "call_pair"]

Grow = Callable[[Body, int], None]
DEEPEST = 3


def _docstring(body: Body) -> list[str]:
    if body.draw.chance(0.8):
        return []
    body.spec.used("docstring")
    return ['"""What it is for."""']


def definition(owner: Owner, name: str, lines: list[str]) -> str:
    parameters = sorted(owner.parameters, key=lambda each: each.default is not None)
    texts = [
        each.name if each.default is None else f"{each.name}={each.default}" for each in parameters
    ]
    head = f"block {name}({', '.join(texts)}) {{" if texts else f"block {name} {{"
    return "\n".join([head, *indented(lines), "}"])


def arguments_of(body: Body, block: Block) -> str:
    """A call with the arguments that it needs, by position or name, some defaults given too."""
    ordered = sorted(block.parameters, key=lambda each: each.default is not None)
    if ordered and body.draw.chance(0.15):
        body.spec.used("spread")
        needed = [each for each in ordered if each.default is None] or ordered[:1]
        return f"(*[{', '.join(_given(body, each) for each in needed)}])"
    texts: list[str] = []
    for parameter in ordered:
        by_place = body.draw.chance(0.4) and len(texts) < 1
        if parameter.default is None or body.draw.chance(0.4):
            text = _given(body, parameter)
            texts.append(
                text if by_place and _first(block, parameter) else f"{parameter.name}={text}"
            )
    return f"({', '.join(texts)})" if texts else ""


def _first(block: Block, parameter: Parameter) -> bool:
    ordered = sorted(block.parameters, key=lambda each: each.default is not None)
    return ordered[0] is parameter


def _given(body: Body, parameter: Parameter) -> str:
    """The value of an argument; an activation may be any other."""
    if parameter.is_layer and body.draw.chance(0.5):
        other = body.draw.pick(PLAIN)
        body.spec.operators.add(other)
        return other
    return parameter.given


def _imported(body: Body, name: str) -> str:
    """How a block of the other file is called here."""
    if body.owner.home is not body.spec.main or body.spec.helper is None:
        return name
    if not any(block.name == name for block in body.spec.helper.blocks):
        return name
    body.spec.used("import")
    line = next((x for x in body.spec.main.imports if x.split()[3] == name), None)
    if line is None:
        line = f"from helper import {name}"
        if body.draw.chance(0.4):
            body.spec.used("import as")
            line += f" as {body.spec.name('other')}"
        body.spec.main.imports.append(line)
    return line.split()[-1]


def call_block(body: Body, grow: Grow) -> bool:
    """A block of one input: one that is there already and takes this, or a new one."""
    if body.dead or body.nested > DEEPEST:
        return False
    homes = [body.owner.home, *([body.spec.helper] if body.spec.helper else [])]
    known = [
        block
        for home in homes
        for block in home.blocks
        if block.takes == body.current and not (block.has_auxiliary and body.repeated)
    ]
    if known and body.draw.chance(0.7):
        block = body.draw.pick(known)
        body.spec.used("block called again")
    else:
        block = _new_block(body, grow)
    _apply_block(body, block)
    if block.gives == block.takes and not block.has_auxiliary and body.draw.chance(0.5):
        body.spec.used("block called again")
        _apply_block(body, block)
    return True


def _apply_block(body: Body, block: Block) -> None:
    body.spec.used("block")
    text = f"{_imported(body, block.name)}{arguments_of(body, block)}"
    several = len(block.gives) > 1
    if several or (body.draw.chance(0.4) and not body.repeated):
        mark, read = body.new_label(plain=True)
        before = tuple(value.type for value in body.current)
        body.step(f"{mark}: {text}", block.gives)
        fits = None if block.has_auxiliary else before
        body.labels[read] = Labelled(block.gives, fits, block.outputs)
        if several:
            body.spec.used("named outputs of a block")
            index = body.draw.whole(0, len(block.gives) - 1)
            body.start(f"{read}.{block.outputs[index]}", (block.gives[index],))
    else:
        body.step(text, block.gives)


def _home(body: Body) -> File:
    if body.owner.home is body.spec.main and body.draw.chance(0.25):
        if body.spec.helper is None:
            body.spec.helper = File("helper")
        return body.spec.helper
    return body.owner.home


def _new_block(body: Body, grow: Grow) -> Block:
    """A block made for the current value, its statements those of any body."""
    home = _home(body)
    owner = Owner(home, False, body.value)
    inner = Body(body.spec, owner, body.current, nested=0)
    inner.dead = body.dead
    if body.owner is not owner and not body.owner.is_net:
        body.spec.used("block in a block")
    doc = _docstring(body)
    depth = body.spec.draw.whole(1, 3)
    if body.draw.chance(0.15):
        inner.start("in", inner.current)
        body.spec.used("in")
    grow(inner, depth)
    gives = inner.current
    outputs: tuple[str, ...] = ("output",)
    if not body.repeated and body.draw.chance(0.3):
        gives, outputs = _several_outputs(inner)
    auxiliary = not body.repeated and body.draw.chance(0.17)
    if auxiliary:
        body.spec.used("auxiliary output", "auxiliary of a block")
        side = inner.child(repeated=True)
        apply(side, kept(side))
        inner.tap(f"auxiliary {body.spec.name('aux')}", side.lines)
        if outputs == ("output",):
            name = body.spec.name("out")
            inner.line(f"output {name}")
            outputs = (name,)
    name = body.spec.name("block")
    block = Block(name, body.current, gives, outputs, tuple(owner.parameters), auxiliary)
    home.blocks.append(block)
    home.items.append(definition(owner, name, [*doc, *inner.lines]))
    return block


def _several_outputs(inner: Body) -> tuple[tuple[Value, ...], tuple[str, ...]]:
    """Taps at the end of a block: a path of its own each, or the current value."""
    inner.spec.used("several outputs of a block", "output")
    gives, names = [], []
    for _ in range(inner.draw.whole(1, 2)):
        side = inner.child(repeated=True)
        apply(side, choose(side, single=True))
        name = inner.spec.name("tap")
        inner.tap(f"output {name}", side.lines)
        gives.append(side.value)
        names.append(name)
    name = inner.spec.name("tap")
    inner.line(f"output {name}")
    return (*gives, inner.value), (*names, name)


def call_net(body: Body, grow: Grow) -> bool:
    """A net as a step: the shape of its input is that of the value, a symbol takes any."""
    spec, home = body.spec, body.owner.home
    if body.dead or body.nested > DEEPEST or home is not spec.main:
        return False
    name, x = spec.name("x"), body.value
    owner = Owner(home, True)
    inner = Body(spec, owner, (x,), labels={name: Labelled((x,))})
    grow(inner, body.draw.whole(1, 2))
    sizes = ", ".join(
        str(dim) if isinstance(dim, int) else f"{spec.name('S')}={spec.at_default(dim)}"
        for dim in x.type.shape
    )
    dtype = "" if x.type.dtype is DType.FLOAT32 else x.type.dtype.value
    block = Block(spec.name("net"), (x,), inner.current, ("output",), tuple(owner.parameters))
    lines = [f"input {name}: {dtype}[{sizes}]", *inner.lines]
    home.items.append(definition(owner, block.name, lines).replace("block", "net", 1))
    spec.used("net as a step")
    _apply_block(body, block)
    return True


def call_pair(body: Body, grow: Grow) -> bool:
    """A block that declares two inputs, given a tuple."""
    if body.dead or body.repeated or not body.value.type.dtype.is_float:
        return False
    x = body.value
    home = _home(body)
    owner = Owner(home, False, None)
    one, two = body.spec.name("first"), body.spec.name("second")
    labels = {one: Labelled((x,)), two: Labelled((x,))}
    inner = Body(body.spec, owner, (x,), labels=labels)
    inner.line(f"input {one}")
    inner.line(f"input {two}")
    inner.start(two, (x,))
    for chosen in path_to(inner, x.type):
        read = apply(inner, chosen, label=True)
    assert read is not None
    name = body.draw.pick(("add", "mul", "max", "min", "sub"))
    body.spec.operators.add(name)
    inner.start(f"({one}, {read}) -> {name}", (x,))
    grow(inner, 1)
    block = Block(
        body.spec.name("pair"), (x, x), inner.current, ("output",), tuple(owner.parameters)
    )
    home.blocks.append(block)
    home.items.append(definition(owner, block.name, inner.lines))
    body.spec.used("block of several inputs", "tuple", "input of a block")
    apply(body, kept(body), label=True)
    first = body.hold()
    apply(body, kept(body), label=True)
    second = body.hold()
    text = f"{_imported(body, block.name)}{arguments_of(body, block)}"
    body.line(f"({first}, {second}) -> {text}")
    body.joinable = True
    body.current = inner.current
    return True
