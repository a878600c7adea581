"""The arithmetic of a layer, of a block or scope, or of a whole net, at given sizes.

On exit, all sizes are numbers, the formula of each line gives its value, and the values equal those
of `netlang.analysis.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from netlang.analysis.constraints import checked_sizes
from netlang.analysis.cost import Costs, Totals, at_sizes, total
from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.fields.net import receptive_field
from netlang.analysis.fields.recurrence import recurrence
from netlang.analysis.fields.walk import Fields
from netlang.analysis.locate import LocatedStep, known_paths, locate, paths_of
from netlang.analysis.rows import Row, Tied, deployed_rows, scope_rows, tied_of
from netlang.diagnostics.errors import NetlangError
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim, Expr, evaluate
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.ir.types import TensorType, Types
from netlang.ops.given import derivation
from netlang.records import Record, names_of, replace
from netlang.source import Span

__all__ = ["LayerArithmetic", "PartArithmetic", "PartRow", "explain", "unknown_path"]

# Paths that a misspelt one is compared with.
MOST_CANDIDATES = 5_000


class LayerArithmetic(Record):
    """One operator: its types, its arithmetic line by line, and its receptive field.

    `shares` is the path of the step whose weights it applies, if it has none of its own, and `tied`
    says which single weights are those of other steps. `field` may be empty; `field_reads` says in
    words what an element of the output reads.
    """

    path: str
    op: Op
    span: Span
    inputs: Types
    outputs: Types
    lines: tuple[Line, ...]
    field: tuple[Line, ...]
    field_reads: tuple[str, ...]
    shares: str | None
    tied: Tied


class PartRow(Record):
    """A row of a part's table: an operator with its lines, or a block or scope without lines."""

    row: Row
    lines: Mapping[str, Line]
    outputs: Types


class PartArithmetic(Record):
    """A net, block or scope: its rows and their sums.

    The figures of a row are those of all its applications; its lines are those of one.
    `receptive_field` is that of the net's outputs, or of what the part's last step makes; None if
    that has no places.
    """

    path: str
    callee: Function | None
    sizes: Mapping[str, int]
    parts: tuple[PartRow, ...]
    totals: Totals
    receptive_field: ReceptiveField | None


def explain(
    program: Program,
    path: str | None = None,
    sizes: Mapping[str, int] | None = None,
    batch: int = 1,
) -> LayerArithmetic | PartArithmetic:
    """The arithmetic of the step or scope at `path`, or of the net.

    Raises `NetlangError` for a path that the net doesn't have, and for sizes at which it can't run.
    """
    complete = checked_sizes(program, sizes, batch)
    costs = Costs(at_sizes(complete), sizes=complete)
    if path is None:
        rows = deployed_rows(costs, program.net, fold=True)
        totals = costs.of(program.net).deployed
        field = receptive_field(program, complete)
        parts = _parts(rows, complete)
        return PartArithmetic(program.name, program.net, complete, parts, totals, field)
    place = locate(program.net, path)
    if place is None:
        raise unknown_path(program, path)
    if place.node is None:
        rows = scope_rows(costs, place.function, place.first, place.label)
        rows = tuple(_below(row, place.outer) for row in rows)
        totals = total((1, row.totals) for row in rows if row.depth == 0)
        field = _field_at(program, place, complete)
        return PartArithmetic(path, None, complete, _parts(rows, complete), totals, field)
    if isinstance(place.node.callee, Op):
        return _layer(program, place, complete)
    rows = deployed_rows(costs, place.node.callee, fold=True)
    rows = tuple(_below(row, path) for row in rows)
    totals = costs.of(place.node.callee).deployed
    field = _field_at(program, place, complete)
    parts = _parts(rows, complete)
    return PartArithmetic(path, place.node.callee, complete, parts, totals, field)


def _field_at(
    program: Program, place: LocatedStep, sizes: Mapping[str, int]
) -> ReceptiveField | None:
    """What the first output of a block, or of a scope's last step, reads of the net's inputs."""
    fields = Fields(program, sizes)
    inputs = fields.at((*place.calls, (place.function, place.number)))
    walk = fields.walk_of(place.function, ())
    last = walk.flow.steps[walk.flow.place(place.number)].node
    return fields.figure(walk.node(last, inputs, walk.flow.input_types(last))[:1])


def unknown_path(program: Program, path: str) -> NetlangError:
    """The error for a path that the net doesn't have, with the one that may be meant."""
    from netlang.advice.similar import nearest
    from netlang.diagnostics.language.names import UnknownPath

    match = nearest(path, known_paths(program.net, MOST_CANDIDATES))
    match = _with_numbers(program, path, match) if match else None
    numbered = None if match else _by_operator(program, path)
    if match:
        advice = f"did you mean `{match}`?"
    elif numbered:
        advice = numbered
    else:
        advice = f"`netlang summary {program.name}` shows the paths of its steps"
        parts = path.split(".")
        for length in range(len(parts) - 1, 0, -1):
            if locate(program.net, ".".join(parts[:length])):
                there, rest = ".".join(parts[:length]), ".".join(parts[length:])
                advice = f"`{there}` is there, but has no `{rest}`"
                break
    return NetlangError(UnknownPath(span=None, path=path, net=program.name, advice=advice))


def _with_numbers(program: Program, path: str, match: str) -> str:
    """`match` with the numbers of `path`, if there is such a step; equal steps share one entry.

    So `layer3.7.conv` becomes `layer3.7.conv3`, although `layer3.1.conv3` represents it.
    """
    ours, theirs = path.split("."), match.split(".")
    if len(ours) != len(theirs):
        return match
    pairs = zip(ours, theirs, strict=True)
    numbered = ".".join(a if a.isdecimal() and b.isdecimal() else b for a, b in pairs)
    return numbered if locate(program.net, numbered) else match


def _by_operator(program: Program, path: str) -> str | None:
    """For `conv1` where no step has a label, the path of the first `conv`, which may be meant."""
    name = path.rstrip("0123456789_")
    found = list(islice(paths_of(program.net, name, MOST_CANDIDATES), 1_000))
    if not found:
        return None
    if len(found) == 1:
        return f"did you mean `{found[0]}`, the only `{name}`?"
    number = min(max(int(path.removeprefix(name).strip("_") or 1), 1), len(found))
    return f"did you mean `{found[number - 1]}`, the `{name}` number {number} of {len(found)}?"


def _below(row: Row, outer: str) -> Row:
    return replace(row, path=f"{outer}.{row.path}") if outer else row


# --- in numbers ---------------------------------------------------------------------------------


def _numbers(types: Types, sizes: Mapping[str, int]) -> Types:
    return tuple(_number(type, sizes) for type in types)


def _number(type: TensorType, sizes: Mapping[str, int]) -> TensorType:
    batch = None if type.batch is None else evaluate(type.batch, sizes)
    return replace(type, shape=tuple(evaluate(size, sizes) for size in type.shape), batch=batch)


def _operator(op: Op, sizes: Mapping[str, int]) -> Op:
    """The operator with numbers for the sizes among its arguments (`reshape` to ``[C, H*W]``)."""
    changes = {
        name: tuple(_size(item, sizes) for item in value)
        for name in names_of(op)
        if isinstance(value := getattr(op, name), tuple)
        and any(isinstance(item, Expr) for item in value)
    }
    return replace(op, **changes) if changes else op


def _size(size: Dim, sizes: Mapping[str, int]) -> int:
    return evaluate(size, sizes)


# --- one layer ----------------------------------------------------------------------------------


def _layer(program: Program, place: LocatedStep, sizes: Mapping[str, int]) -> LayerArithmetic:
    node, number, function = place.node, place.number, place.function
    assert node is not None
    assert isinstance(node.callee, Op)
    symbolic = function.input_types(node)
    inputs, outputs = _numbers(symbolic, sizes), _numbers(node.types, sizes)
    lines = tuple(derivation(_operator(node.callee, sizes), inputs))
    fields = Fields(program, sizes)
    states = fields.at((*place.calls, (function, number)))
    field = recurrence(fields, node.callee, states, symbolic, node.types[0])
    return LayerArithmetic(
        path=place.path,
        op=node.callee,
        span=node.span,
        inputs=inputs,
        outputs=outputs,
        lines=(*_with_flops(lines), _memory(outputs)),
        field=field.lines,
        field_reads=field.reads,
        shares=node.module if node.reuses else None,
        tied=tied_of(node),
    )


def _with_flops(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    found = []
    for line in lines:
        found.append(line)
        if line.what == "MACs":
            found.append(Line("FLOPs", f"2*{line.value}", 2 * line.value))
    return tuple(found)


def _memory(outputs: Types) -> Line:
    from netlang.ops.derive import elements, sum_of

    terms = ((*elements(output), output.dtype.size) for output in outputs)
    kinds = ", ".join(dict.fromkeys(output.dtype.value for output in outputs))
    return sum_of("memory", *terms, note=f"bytes of the output in {kinds}")


# --- many layers --------------------------------------------------------------------------------


def _parts(rows: tuple[Row, ...], sizes: Mapping[str, int]) -> tuple[PartRow, ...]:
    return tuple(_of_row(row, sizes) for row in rows)


def _of_row(row: Row, sizes: Mapping[str, int]) -> PartRow:
    outputs = _numbers(row.types, sizes)
    if not isinstance(row.callee, Op):
        return PartRow(row, {}, outputs)
    lines = tuple(derivation(_operator(row.callee, sizes), _numbers(row.inputs, sizes)))
    return PartRow(row, {line.what: line for line in lines}, outputs)
