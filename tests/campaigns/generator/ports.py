"""Blocks with as many inputs and outputs as a parameter says, and nets with computed outputs."""

from __future__ import annotations

from tests.campaigns.generator.body import Body, indented
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.rules.pointwise import PLAIN
from tests.campaigns.generator.spec import Owner
from tests.campaigns.generator.steps import apply, choose, kept

__all__ = ["branched", "tapped"]


def branched(body: Body) -> bool:
    """A block of n branches, whose values are merged, or go through it once more."""
    if body.dead or body.repeated or not body.value.type.dtype.is_float:
        return False
    x, draw = body.value, body.draw
    more = draw.chance(0.3)
    name = _branches(body, x, more)
    count = draw.whole(1, 3)
    reads = []
    for _ in range(count + more):
        apply(body, kept(body), label=True)
        reads.append(body.hold())
    mark, read = body.new_label(plain=True)
    # A single value is no tuple.
    values = f"({', '.join(reads)})" if len(reads) > 1 else reads[0]
    given = f"{count}, more=true" if more else f"{count}"
    body.line(f"{values} -> {mark}: {name}({given})")
    body.spec.used("computed input", "computed output", *(("input in a condition",) * more))
    again = draw.chance(0.3)
    if again and not more:
        mark, read = body.new_label(plain=True)
        body.line(f"{mark}: {name}({count})")
        body.spec.used("several values go on")
    _read_outputs(body, x, read, count)
    return True


def _branches(body: Body, x: Value, more: bool) -> str:
    """The definition: an input and an output for each branch; `more` adds an input to the first."""
    owner = Owner(body.owner.home, False, None)
    variable = body.spec.name("i")
    inner = Body(body.spec, owner, (x,), loops=(variable,), nested=1)
    inner.start(f"x{{{variable}}}", (x,))
    for _ in range(body.draw.whole(1, 2)):
        apply(inner, kept(inner))
    act = body.draw.pick(PLAIN)
    body.spec.operators.add(act)
    inner.line(f"output y{{{variable}}}: {act}")
    loop = f"for {variable} in range(n)"
    lines = [f"{loop} {{ input x{{{variable}}} }}"]
    if more:
        body.spec.operators.add("add")
        lines.append("if more { input side }")
    lines += [f"{loop} {{", *indented(inner.lines), "}"]
    if more:
        lines.append("if more { output joined: (x0, side) -> add }")
    name = body.spec.name("branches")
    head = ", ".join(
        ["n", *(["more=false"] if more else []), *(f"{p.name}={p.given}" for p in owner.parameters)]
    )
    body.owner.home.items.append("\n".join([f"block {name}({head}) {{", *indented(lines), "}"]))
    return name


def _read_outputs(body: Body, x: Value, read: str, count: int) -> None:
    """The outputs by name, by number or with a computed name, joined to one value."""
    forms = [
        body.draw.pick((f"{read}.y{number}", f"{read}.{number}", f"{read}.y{{{number}}}"))
        for number in range(count)
    ]
    body.spec.used("output by its number" if any(f.endswith(".0") for f in forms) else "output")
    if not body.loops and body.draw.chance(0.5):
        body.spec.used("number of outputs")
        body.line(f"assert len({read}) >= {count}")
    body.labels[read] = Labelled((x,) * max(2, count))
    if count == 1:
        body.start(forms[0], (x,))
        return
    merge = body.draw.pick(("add", "mul", "max", "min", "sub") if count == 2 else ("add", "max"))
    body.spec.operators.add(merge)
    body.start(f"({', '.join(forms)}) -> {merge}", (x,))


def tapped(body: Body) -> None:
    """`for i in range(n) { ...; output p{i}: ... }` in the net itself."""
    variable, tap = body.spec.name("i"), body.spec.name("p")
    count, kind = body.draw.whole(1, 2), body.draw.pick(("output", "auxiliary"))
    inner = body.child(loops=(variable,))
    apply(inner, kept(inner))
    side = inner.child(repeated=True)
    apply(side, choose(side, single=True))
    inner.tap(f"{kind} {tap}{{{variable}}}", side.lines)
    body.spec.left -= 2 * count
    body.spec.used("for", f"computed {kind}")
    body.lines_of([f"for {variable} in range({count}) {{", *indented(inner.lines), "}"])
