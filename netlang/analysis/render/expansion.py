"""An expansion as text that is itself a spec: one net, no blocks, every label and argument written.

Comments carry what the language has no place for: shapes, and where each argument came from.
Compiled, the text gives the same layers, keys and figures. Two things are told otherwise: outputs
of blocks for training have names without dots, and a value that a block makes in vain becomes an
output called `unused0`, as no step may lead nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from netlang.analysis.expand import Expansion, Step, Tap, Value
from netlang.analysis.origins import Given, Origin
from netlang.analysis.render.describe import printable
from netlang.analysis.render.literal import label, literal, reference
from netlang.ir.arguments import signature
from netlang.ir.constraints import Constraint
from netlang.ir.dims import Dim, Expr, Symbol, symbols_of
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.ir.types import TensorType
from netlang.source import Span

__all__ = ["render_spec"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render_spec(expansion: Expansion) -> str:
    """The text, its last line without a line break; the expansion must not be folded."""
    program = expansion.program
    asserts = _asserts(expansion)
    lines = [f"# {line}" for line in _heading(expansion)]
    if any("_brace}" in label(step.path) for step in expansion.steps):
        lines += ['opening_brace = "{"', 'closing_brace = "}"']
    lines.append(f"net {program.name} {{")
    lines += _indented(_inputs(program))
    lines += _indented(_sizes(expansion, asserts))
    lines += _indented(f"assert {constraint}" for constraint in asserts)
    for step in expansion.steps:
        lines.append("")
        lines += _indented(_step(step))
    lines.append("")
    lines += _indented(_outputs(expansion))
    return "\n".join(printable(line) for line in [*lines, "}"])


def _indented(lines: Iterator[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _heading(expansion: Expansion) -> Iterator[str]:
    program = expansion.program
    yield f"{program.name}, expanded from {program.net.span.source.name}"
    for name, span in program.written:
        value = program.net.arguments.get(name)
        yield f"  {name} = {_shown(value)}: {_expression(span)} at {_place(span)}"


# --- the net as declared ------------------------------------------------------------------------


def _inputs(program: Program) -> Iterator[str]:
    defaults = dict(program.defaults)
    for port in program.net.inputs:
        sizes = []
        for size in port.type.shape:
            text = str(size)
            # The default of a size stands where it is declared first.
            sizes.append(f"{text}={defaults.pop(text)}" if text in defaults else text)
        dtype = "" if port.type.dtype.value == "float32" else port.type.dtype.value
        yield f"input {port.name}: {dtype}[{', '.join(sizes)}]"


def _sizes(expansion: Expansion, asserts: tuple[Constraint, ...]) -> Iterator[str]:
    """Names for the sizes that arguments and asserts speak of."""
    needed = {name for each in asserts for dim in (each.left, each.right) for name in symbols_of(dim)}
    for step in expansion.steps:
        for value in vars(step.op).values():
            if isinstance(value, tuple):
                needed.update(name for item in value for name in _symbols(item))
    places = _places(expansion.program.net)
    yield from (f"{name} = {places[name]}" for name in places if name in needed)


def _symbols(item: object) -> Iterator[str]:
    return symbols_of(item) if isinstance(item, Expr) else iter(())


def _places(net: Function) -> dict[str, str]:
    """Every symbolic size as the axis of an input."""
    found: dict[str, str] = {}
    for port in net.inputs:
        for axis, size in enumerate(port.type.shape):
            if isinstance(size, Expr) and size.is_atom and isinstance(size.terms[0][1][0], Symbol):
                found.setdefault(str(size), f"{port.name}.shape[{axis}]")
    return found


def _asserts(expansion: Expansion) -> tuple[Constraint, ...]:
    """The conditions that no operator brings along: those that the spec asserts."""
    brought = set()
    for step in expansion.steps:
        brought.update(step.op.infer(step.input_types).constraints)
    conditions = (condition.constraint for condition in expansion.program.conditions)
    return tuple(dict.fromkeys(c for c in conditions if c not in brought))


# --- steps --------------------------------------------------------------------------------------


def _step(step: Step) -> Iterator[str]:
    shapes = ", ".join(map(str, step.input_types)) or "nothing"
    yield f"# {_expression(step.span)} at {_place(step.span)}"
    yield f"#   {shapes} -> {', '.join(map(str, step.types))}"
    for name, origin in step.origins.items():
        if origin.span is not None:
            yield f"#   {name}: {_origin(origin)}"
    defaults = [name for name, origin in step.origins.items() if origin.span is None]
    if defaults:
        yield f"#   {', '.join(defaults)}: default of {step.op.name}"
    source = ", ".join(_value(value) for value in step.inputs)
    if len(step.inputs) > 1:
        source = f"({', '.join(_item(value) for value in step.inputs)})"
    action = f"reuse {label(step.module)}" if step.reuses else _call(step.op)
    yield f"{source} -> {label(step.path)}: {action}" if source else f"{label(step.path)}: {action}"


def _call(op: Op) -> str:
    arguments = []
    for item in signature(type(op)):
        value: object = getattr(op, item.name)
        if value is not None:
            arguments.append(f"{item.name}={literal(value, item)}")
    return f"{op.name}({', '.join(arguments)})"


def _path_of(value: Value, expansion_types: int = 1) -> str:
    return value.step or ""


def _origin(origin: Origin) -> str:
    assert origin.span is not None
    ahead = f"in `{origin.partial}` " if origin.partial else ""
    given = "".join(f"; {_given(each)}" for each in origin.through)
    return f"{_clipped(origin.text)} {ahead}at {_place(origin.span)}{given}"


def _given(given: Given) -> str:
    how = "default" if given.is_default else "given"
    value = _shown(given.value)
    text = _expression(given.span)
    said = f" as `{text}`" if text != value else ""
    more = "".join(f", {_given(each)}" for each in given.through)
    return f"`{given.name}` = {value} {how}{said} at {_place(given.span)}{more}"
