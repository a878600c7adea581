"""An expansion as text that is itself a spec: one net, no blocks, every label and argument written.

Comments carry what the language can't express: shapes, and the origin of each argument. When
compiled, the text gives the same layers, keys and figures. Two things are written differently:
training outputs of blocks have names without dots, and a value that a block makes but nothing reads
becomes an output called `unused0`, since every step must lead somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netlang.analysis.expand import LONGEST, ExpandedStep, ExpandedValue, Expansion, Tap
from netlang.analysis.origins import GivenParameter, Origin
from netlang.analysis.render.literal import braces_defined, label, literal, reference
from netlang.diagnostics.texts import visible
from netlang.ir.arguments import signature
from netlang.ir.constraints import Constraint
from netlang.ir.dims import Expr, Symbol, symbols_of
from netlang.ir.length import too_many
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.records import names_of
from netlang.source import Span

__all__ = ["render_spec"]

# Longer expressions in comments are cut: the place says where to read them.
LONGEST_TEXT = 60
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render_spec(expansion: Expansion, *, comments: bool = True) -> str:
    """The text without a final line break; without `comments`, as short as it can be.

    Raises `NetlangError` for an expansion with repeats.
    """
    program = expansion.program
    if expansion.has_repeats:
        raise too_many(program, expansion.count, LONGEST, "`--format json` has repeats once")
    asserts = _asserts(expansion)
    names = _Names(expansion)
    lines = [f"# {line}" for line in _heading(expansion)] if comments else []
    lines += braces_defined(names.labels.values())
    lines.append(f"net {program.name} {{")
    lines += _indented(_inputs(program))
    lines += _indented(_sizes(expansion, asserts))
    lines += _indented(f"assert {constraint}" for constraint in asserts)
    for step in expansion.steps:
        if comments:
            lines += ["", *_indented(_comments(step))]
        lines.append(f"    {_step(step, names)}")
    lines += [""] * comments
    lines += _indented(_outputs(expansion, names))
    return "\n".join(visible(line) for line in [*lines, "}"])


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
    """Names for the sizes in arguments and asserts."""
    needed: set[str] = set()
    for constraint in asserts:
        needed.update(symbols_of(constraint.left), symbols_of(constraint.right))
    operators = {id(step.op): step.op for step in expansion.steps}  # calls of a block share them
    for op in operators.values():
        for value in (getattr(op, name) for name in names_of(op)):
            items = value if isinstance(value, tuple) else (value,)
            needed.update(name for item in items for name in _symbols(item))
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
    """The conditions that no operator implies: those that the spec asserts."""
    conditions = [condition.constraint for condition in expansion.program.conditions]
    if not conditions:
        return ()
    brought: set[Constraint] = set()
    for step in expansion.steps:
        brought.update(step.op.infer(step.input_types).constraints)
    return tuple(dict.fromkeys(c for c in conditions if c not in brought))


# --- steps --------------------------------------------------------------------------------------


def _comments(step: ExpandedStep) -> Iterator[str]:
    shapes = ", ".join(map(str, step.input_types)) or "nothing"
    yield f"# {_expression(step.span)} at {_place(step.span)}"
    yield f"#   {shapes} -> {', '.join(map(str, step.types))}"
    yield from (f"#   {line}" for line in _origins(step))


def _step(step: ExpandedStep, names: _Names) -> str:
    own = len(step.inputs) - len(step.op.given)
    given = dict(zip(step.op.given, map(names.path, step.inputs[own:]), strict=True))
    weights = [f"{name}={_quoted(path)}" for name, path in {**given, **step.tied}.items()]
    action = f"reuse {label(step.module)}" if step.reuses else names.call(step.op, weights)
    source = names.source(step.inputs[:own])
    made = f"{names.labels[step.path]}: {action}"
    return f"{source} -> {made}" if source else made


class _Names:
    """The names of values in the text."""

    def __init__(self, expansion: Expansion) -> None:
        self._inputs = [port.name for port in expansion.program.net.inputs]
        self._steps = {step.path: step for step in expansion.steps}
        self.labels = {path: label(path) for path in self._steps}
        # By identity: calls of a block share its operators.
        self._arguments: dict[int, list[str]] = {}

    def path(self, value: ExpandedValue) -> str:
        """The label of a value; one of several outputs has a name of its own."""
        if value.step is None:
            return self._inputs[value.output]
        step = self._steps[value.step]
        several = len(step.types) > 1
        return f"{step.path}.{step.op.output_names[value.output]}" if several else step.path

    def source(self, values: tuple[ExpandedValue, ...]) -> str:
        """The start of a path."""
        paths = [self.path(value) for value in values]
        if len(paths) > 1:
            return f"({', '.join(map(reference, paths))})"
        return reference(paths[0]) if paths else ""

    def call(self, op: Op, weights: list[str]) -> str:
        """A layer with its arguments."""
        found = self._arguments.get(id(op))
        if found is None:
            found = self._arguments[id(op)] = [*_arguments(op)]
        return f"{op.name}({', '.join([*found, *weights])})"


def _origins(step: ExpandedStep) -> Iterator[str]:
    """Arguments from elsewhere one by one, the others together.

    An argument that isn't written and has no value to show is left out: it follows from others.
    """
    unwritten = [name for name, origin in step.origins.items() if origin.span is None]
    defaults = [name for name in unwritten if getattr(step.op, name) is not None]
    here = [name for name, origin in step.origins.items() if origin.is_here]
    if here:
        yield f"{', '.join(here)}: written here"
    for name, origin in step.origins.items():
        if name not in here and name not in unwritten:
            yield f"{name}: {_origin(origin)}"
    if defaults:
        yield f"{', '.join(defaults)}: default of {step.op.name}"


def _quoted(path: str) -> str:
    """A label in an expression: in quotes unless it reads as a name."""
    return path if all(part.isidentifier() for part in path.split(".")) else f'"{path}"'


def _arguments(op: Op) -> Iterator[str]:
    for item in signature(type(op)):
        value: object = getattr(op, item.name)
        if value is not None and item.name not in op.given:
            yield f"{item.name}={literal(value, item)}"


def _origin(origin: Origin) -> str:
    assert origin.span is not None
    ahead = f"in `{origin.partial}` " if origin.partial else ""
    given = "".join(f"; {_given(each)}" for each in origin.through)
    more = "; and more" if origin.more else ""
    return f"{_clipped(origin.text)} {ahead}at {_place(origin.span)}{given}{more}"


def _given(given: GivenParameter) -> str:
    how = "default" if given.is_default else "given"
    value = _shown(given.value)
    text = _expression(given.span)
    said = f" as `{text}`" if text != value else ""
    more = "".join(f", {_given(each)}" for each in given.through)
    return f"`{given.name}` = {value} {how}{said} at {_place(given.span)}{more}"


def _shown(value: object) -> str:
    """A value in a comment; layers are shown by name."""
    if isinstance(value, tuple):
        return _clipped(_begun(value))
    plain = isinstance(value, (bool, int, float, str, Expr))
    return _clipped(literal(value) if plain else str(value))


def _begun(value: tuple[object, ...]) -> str:
    """A list, or the beginning of it that is shown."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > LONGEST_TEXT:
            break
    return text


def _pieces(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(item)
        yield "]"
    else:
        yield literal(value)


def _expression(span: Span) -> str:
    return _clipped(" ".join(span.text.split()))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


def _place(span: Span) -> str:
    return f"{span.source.name}:{span.location.line}"


# --- outputs ------------------------------------------------------------------------------------


def _outputs(expansion: Expansion, names: _Names) -> Iterator[str]:
    taken: set[str] = set()
    for tap in (*expansion.outputs, *_in_vain(expansion)):
        kind = "auxiliary" if tap.auxiliary else "output"
        name = _output_name(tap.name, taken)
        taken.add(name)
        yield f"{kind} {name}: {reference(names.path(tap.value))}"


def _in_vain(expansion: Expansion) -> Iterator[Tap]:
    """Values that nothing reads, which a block makes for other callers."""
    read = {value.step for step in expansion.steps for value in step.inputs}
    read.update(tap.value.step for tap in expansion.outputs)
    unread = (step for step in expansion.steps if step.path not in read)
    for index, step in enumerate(unread):
        yield Tap(f"unused{index}", ExpandedValue(step.path, 0, step.types[0]), step.auxiliary)


def _output_name(name: str, taken: set[str]) -> str:
    """The name itself, if it is a valid word that isn't taken."""
    word = re.sub(r"[^A-Za-z0-9_]", "_", name)
    word = word if _WORD.fullmatch(word) else f"output_{word}"
    while word in taken:
        word += "_"
    return word
