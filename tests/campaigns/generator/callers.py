"""Calls of blocks that are given layers or steps, of bundled ones, and steps once more."""

from __future__ import annotations

from tests.campaigns.generator.blocks import DEEPEST, Grow, arguments_of, definition
from tests.campaigns.generator.body import Body, indented
from tests.campaigns.generator.model import Labelled
from tests.campaigns.generator.rules.pointwise import PLAIN
from tests.campaigns.generator.spec import Block, Owner
from tests.campaigns.generator.steps import apply, choose, kept

__all__ = ["call_bundled", "call_inline", "call_with_body", "call_wrapper", "reused"]


def call_wrapper(body: Body, grow: Grow) -> bool:
    """A block of another shape than its call: layers are passed to it."""
    if body.dead or not body.value.type.dtype.is_float:
        return False
    one, two = body.spec.name("act"), body.spec.name("layer")
    name = body.spec.name("twice")
    body.owner.home.items.append(f"block {name}({one}, {two}=identity) {{ {one} -> {two} }}")
    first, second = body.draw.pick(PLAIN), body.draw.pick((*PLAIN, "dropout(0.1)", "softplus(2.0)"))
    body.spec.operators.update((first, second.partition("(")[0]))
    body.spec.used("block", "block parameter", "layer passed to a block", "layer as value")
    body.spec.left -= 2
    text = body.draw.pick((f"{name}({first})", f"{name}({first}, {two}={second})"))
    body.step(text, body.current)
    return True


def call_with_body(body: Body, grow: Grow) -> bool:
    """A block that leaves a place for the steps of its caller."""
    if body.dead or body.repeated or not body.value.type.dtype.is_float:
        return False
    name = body.spec.name("around")
    merge = body.draw.pick(("add", "mul", "max", "min", "sub"))
    act = body.draw.pick(PLAIN)
    forms = (
        [f"{merge} {{", "    body", "    identity", "}", "act"],
        ["act", "body"],
        ["inner: { body }", "post: act"],
    )
    form = body.draw.whole(0, 2)
    lines = [f"block {name}(act={act}) {{", *indented(forms[form]), "}"]
    body.owner.home.items.append("\n".join(lines))
    body.spec.operators.update((act, merge, "identity") if form == 0 else (act,))
    inner = body.child(repeated=True)
    body.spec.used("block with a body", "block parameter")
    for _ in range(body.draw.whole(1, 2)):
        apply(inner, kept(inner) if form == 0 else choose(inner, single=True))
    given = "" if body.draw.chance(0.6) else f"({body.draw.pick(PLAIN)})"
    body.lines_of([f"{name}{given} {{", *indented(inner.lines), "}"])
    body.joinable = True
    body.current = inner.current
    return True


def call_inline(body: Body, grow: Grow) -> bool:
    """An inline block of steps without labels, which may take a body."""
    if body.dead or body.nested > DEEPEST:
        return False
    home, name = body.owner.home, body.spec.name("inline")
    owner = Owner(home, False, body.value)
    inner = Body(body.spec, owner, body.current, nested=body.nested + 1)
    inner.repeated = True
    for _ in range(body.draw.whole(1, 2)):
        apply(inner, choose(inner, single=True))
    lines, given = inner.lines, ""
    if body.draw.chance(0.3):
        body.spec.used("inline block with a body")
        lines = [*lines, "body"]
        side = body.child(repeated=True)
        side.current = inner.current
        apply(side, choose(side, single=True))
        inner.current = side.current
        given = "\n".join([" {", *indented(side.lines), "}"])
    parameters = tuple(owner.parameters)
    home.items.append("inline " + definition(owner, name, lines))
    body.spec.used("inline block")
    block = Block(name, body.current, inner.current, ("output",), parameters)
    text = f"{name}{arguments_of(body, block)}{given}"
    labelled = not body.repeated and body.draw.chance(0.3)
    mark, read = body.new_label(plain=True) if labelled else ("", "")
    body.lines_of((f"{mark}: {text}" if labelled else text).splitlines())
    if labelled:
        body.labels[read] = Labelled(inner.current)
    body.current = inner.current
    return True


def call_bundled(body: Body, grow: Grow) -> bool:
    """A block of the bundled library."""
    x = body.value
    first = x.type.shape[0] if x.type.rank == 3 and x.type.dtype.is_float else None
    if not isinstance(first, int) or x.type.batch is None or body.owner.home is not body.spec.main:
        return False
    line = "from blocks.squeeze_excite import squeeze_excite as se"
    if line not in body.spec.main.imports:
        body.spec.main.imports.append(line)
    body.spec.used("import", "import as", "import of the library")
    body.spec.operators.update(("global_avgpool", "conv", "relu", "sigmoid", "identity", "mul"))
    body.spec.left -= 3
    body.step(f"se({body.draw.whole(1, 4)})", body.current)
    return True


def reused(body: Body) -> bool:
    """A labelled step once more, with the weights that it has."""
    if body.dead or body.repeated or body.loops:
        return False
    if body.draw.chance(0.4):
        # A step that its own output fits.
        apply(body, kept(body), label=True)
    now = tuple(value.type for value in body.current)
    found = [
        (read, labelled)
        for read, labelled in body.labels.items()
        if labelled.fits == now and len(labelled.values) == 1
    ]
    if not found:
        return False
    read, labelled = body.draw.pick(found)
    body.spec.used("reuse")
    body.spec.left -= 1
    mark = f"{body.new_label(plain=True)[0]}: " if body.draw.chance(0.4) else ""
    body.step(f"{mark}reuse {read}", labelled.values)
    return True
