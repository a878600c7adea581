"""The body of `forward`: straight lines, nested calls where they read well, meaningful names.

On entry, the steps of a function are units, one for each module call, functional call or merge. On
exit, every value that is read more than once, or later, has a name; the others are written where
they are read, or are the running value ``x``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netlang.backends.torch.emit.running_names import RUNNING, RunningNames
from netlang.backends.torch.emit.settled import settled
from netlang.backends.torch.emit.units import Unit
from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.python.printer import flat, width
from netlang.backends.torch.python.traverse import map_expression, walk
from netlang.backends.torch.python.tree import (
    Assign,
    Binary,
    Constant,
    Expression,
    For,
    If,
    ListDisplay,
    Name,
    Operand,
    Overwrite,
    Statement,
    TupleDisplay,
    dotted,
)
from netlang.ir.program import INPUT, Function, Ref

__all__ = ["Writer"]

_DEEPEST = 3
_LONGEST_COMMENT = 44
# The indentation of a method's body and ``out = ``.
_BEFORE = len("        return ")


@dataclass(frozen=True, slots=True)
class _Pending:
    """A value without a name so far."""

    ref: Ref
    value: Expression
    unit: Unit
    place: int
    depth: int


class Writer:
    """Writes all statements before the return."""

    def __init__(
        self,
        function: Function,
        units: Sequence[Unit],
        inputs: Sequence[str],
        taken: PythonScope,
        *,
        shapes: bool,
    ) -> None:
        self._function, self._taken, self._shapes = function, taken, shapes
        self._same: dict[Ref, Ref] = {}
        self._units = [unit for unit in units if not self._is_alias(unit)]
        self._made = {Ref(unit.result): unit for unit in self._units}
        self._uses = self._all_uses()
        self._names = {Ref(INPUT, index): name for index, name in enumerate(inputs)}
        self._holds = {name: ref for ref, name in self._names.items()}
        self._output_names = self._named_outputs() if len(function.outputs) > 1 else {}
        self._learned: dict[Ref, Expression] = {}
        self._ports: dict[str, str] = {}
        self._pending: _Pending | None = None
        self._lines: list[tuple[bool, Statement]] = []
        self._running = RunningNames(self._needed)
        self._lists = frozenset(
            place
            for place, unit in enumerate(self._units)
            if any(isinstance(part, ListDisplay) for part in walk(unit.value))
        )

    # --- what is read where -------------------------------------------------------------------

    def _is_alias(self, unit: Unit) -> bool:
        """An identity: the value keeps its existing name."""
        if unit.value != Operand(0):
            return False
        self._same[Ref(unit.result)] = self.root(unit.operands[0])
        return True

    def root(self, ref: Ref) -> Ref:
        """The value that `ref` stands for, skipping identities."""
        return self._same.get(ref, ref)

    def _all_uses(self) -> dict[Ref, list[int]]:
        uses: dict[Ref, list[int]] = {}
        for place, unit in enumerate(self._units):
            for ref in unit.operands:
                uses.setdefault(self.root(ref), []).append(place)
        for output in self._function.outputs:
            uses.setdefault(self.root(output.ref), []).append(len(self._units))
        return uses

    def _named_outputs(self) -> dict[Ref, str]:
        return {self.root(output.ref): output.name for output in self._function.outputs}

    # --- statements ---------------------------------------------------------------------------

    def run(self) -> None:
        """Write every unit. The last value may still be without a name."""
        for place, unit in enumerate(self._units):
            if unit.loop is not None:
                self._write_loop(place, unit, unit.loop)
            elif unit.operands:
                self._write(place, unit)
            else:
                self._learned[Ref(unit.result)] = unit.value

    def last(self, ref: Ref) -> tuple[Expression, str]:
        """The only output, which may be the last value written, and its shape."""
        pending, root = self._pending, self.root(ref)
        if pending is not None and pending.ref == root and self._uses[root] == [len(self._units)]:
            self._pending = None
            return pending.value, self._comment(pending.unit)
        self.flush()
        return self.named(ref), ""

    def named(self, ref: Ref) -> Expression:
        """A value by the name that it gets when flushed; a learned tensor as it is."""
        root = self.root(ref)
        return self._learned.get(root) or Name(self._names[root])

    def statements(self) -> Iterator[Statement]:
        """The statements, each with a condition if it is there in training alone."""
        for auxiliary, line in self._lines:
            yield If(dotted("self.training"), (line,)) if auxiliary else line

    def _write(self, place: int, unit: Unit) -> None:
        operands = [self.root(ref) for ref in unit.operands]
        nested = self._pending if self._nests(unit, operands) else None
        if nested is None:
            self.flush()
        values = {
            index: nested.value if nested is not None and ref == nested.ref else self.named(ref)
            for index, ref in enumerate(operands)
        }
        value = settled(_over(unit.value, values), self._may_overwrite(unit, operands))
        self._pending = None
        depth = nested.depth + 1 if nested is not None else 1
        made = _Pending(Ref(unit.result), value, unit, place, depth)
        if len(unit.types) > 1:
            self._unpack(made)
        else:
            self._pending = made

    def _write_loop(self, place: int, unit: Unit, loop: tuple[str, Expression]) -> None:
        """Modules of one kind in succession, on the names of what the first of them reads."""
        self.flush()
        given = [self.named(self.root(ref)) for ref in unit.operands]
        if len(given) == 1:
            name = self._name(Ref(unit.result), unit, place, unit.value)
            if given[0] != Name(name):
                self._lines.append((unit.auxiliary, Assign(Name(name), given[0])))
            given = [Name(name)]
        names = [each.id for each in given if isinstance(each, Name)]
        for index, name in enumerate(names):
            self._hold(name, Ref(unit.result, index))
        target = given[0] if len(given) == 1 else TupleDisplay(tuple(given))
        step = Assign(target, _over(unit.value, dict(enumerate(given))), self._comment(unit))
        self._lines.append((unit.auxiliary, For(*loop, (step,))))

    def _may_overwrite(self, unit: Unit, operands: Sequence[Ref]) -> bool:
        """Whether nothing else reads the input and the backward pass doesn't need it."""
        if not operands or not any(isinstance(part, Overwrite) for part in walk(unit.value)):
            return False
        producer = self._made.get(operands[0])
        return producer is not None and producer.overwritable and len(self._uses[operands[0]]) == 1

    def _nests(self, unit: Unit, operands: Sequence[Ref]) -> bool:
        """Whether the value written last reads well nested in this step."""
        pending = self._pending
        if pending is None or operands.count(pending.ref) != 1:
            return False
        if len(self._uses[pending.ref]) != 1 or unit.auxiliary != pending.unit.auxiliary:
            return False
        if pending.ref in self._output_names:
            return False
        read = [p for p in walk(unit.value) if p == Operand(operands.index(pending.ref))]
        fits = len(flat(pending.value)) + len(flat(_over(unit.value, {}))) <= width() - _BEFORE
        deepest = _DEEPEST if unit.light else 2 if isinstance(unit.value, Binary) else 0
        return len(read) == 1 and fits and pending.depth < deepest

    def flush(self) -> None:
        """Give the value written last a name."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        name = self._name(pending.ref, pending.unit, pending.place, pending.value)
        self._hold(name, pending.ref)
        self._line(pending.unit, Name(name), pending.value)

    def _unpack(self, made: _Pending) -> None:
        """Several outputs, each with a name."""
        names: list[str] = []
        for index in range(len(made.unit.types)):
            ref = Ref(made.unit.result, index)
            if not self._uses.get(ref):
                names.append("_")
                continue
            names.append(self._name(ref, made.unit, made.place, made.value))
            self._hold(names[-1], ref)
        self._line(made.unit, TupleDisplay(tuple(map(Name, names))), made.value)

    def _hold(self, name: str, ref: Ref) -> None:
        self._names[ref] = name
        self._holds[name] = ref

    def _line(self, unit: Unit, target: Expression, value: Expression) -> None:
        self._lines.append((unit.auxiliary, Assign(target, value, self._comment(unit))))

    def _comment(self, unit: Unit) -> str:
        """The shape of a result, where it is one that a reader takes in at a glance."""
        shown = str(unit.types[0]) if self._shapes and len(unit.types) == 1 else ""
        return shown if len(shown) <= _LONGEST_COMMENT else ""

    # --- names --------------------------------------------------------------------------------

    def _name(self, ref: Ref, unit: Unit, place: int, value: Expression) -> str:
        """A name for the output: the label if the value is kept, else the running name."""
        if ref in self._output_names:
            return self._fresh(self._output_names[ref], place)
        aside = self._uses[ref] != [place + 1] and not self._goes_on(ref, value)
        aside = aside or self._is_listed(ref)
        callee = self._function.nodes[unit.result].callee
        if isinstance(callee, Function) and len(callee.outputs) > 1:
            return self._port_name(callee.outputs[ref.output].name, unit, place)
        if aside and not unit.path.replace(".", "").isdigit():
            name = unit.path
            if ref.output and not isinstance(callee, Function):
                name = f"{unit.path}_{callee.output_names[ref.output]}"
            return self._fresh(name.replace(".", "_"), place)
        return self._running.first_free(place)

    def _port_name(self, output: str, unit: Unit, place: int) -> str:
        """The name of one of several outputs: again the same, once nothing reads what it held."""
        known = self._ports.get(output)
        if known is not None and not unit.auxiliary and self._needed(known) <= place:
            return known
        name = self._fresh(output, place)
        if not unit.auxiliary:
            self._ports[output] = name
        return name

    def _fresh(self, text: str, place: int) -> str:
        """A name that isn't the running name of a value which is still read."""
        name = self._taken.fresh(text)
        while self._needed(name) > place:
            name = self._taken.fresh(text)
        return name

    def _is_listed(self, ref: Ref) -> bool:
        """Whether a value is read as one of several in a list."""
        return not self._lists.isdisjoint(self._uses[ref])

    def _goes_on(self, ref: Ref, value: Expression) -> bool:
        """Whether a branch with a name of its own ends here."""
        read = {part.id for part in walk(value) if isinstance(part, Name)}
        return len(self._uses[ref]) == 1 and any(name in read for name in RUNNING[1:])

    def _needed(self, name: str) -> int:
        """Where the value held by a name is read last; -1 if it holds none that is read."""
        ref = self._holds.get(name)
        return self._uses.get(ref, [-1])[-1] if ref is not None else -1


def _over(part: Expression, values: Mapping[int, Expression]) -> Expression:
    """A step's expression with its operands filled in; ``x`` for missing ones."""

    def change(inner: Expression) -> Expression:
        if isinstance(inner, Operand):
            return values.get(inner.index, Name("x"))
        return Constant(True) if isinstance(inner, Overwrite) and not values else inner

    return map_expression(part, change)
