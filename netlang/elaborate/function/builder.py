"""The function under construction: nodes, labels and numbers.

After every method, refs point to earlier nodes, paths are unique, a label names either a step or a
scope, and numbers run as `nn.Sequential` counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Fix, Note
from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.elaborate.function.labelled import CurrentValue, GoneOn, Labelled, LabelPath
from netlang.elaborate.function.numbers import TakenNumbers
from netlang.ir.program import INPUT, Condition, Item, Node, Output, Port, Ref, Repeat
from netlang.ir.repeats import step_number
from netlang.ir.types import TensorType, Types
from netlang.records import Draft, Record, field
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["FAILED", "CurrentValue", "FunctionBuilder", "GoneOn", "Labelled", "LabelPath"]

# What an output with a failed path reads.
FAILED = Ref(-2)


class FunctionBuilder(Draft):
    """Collects the nodes of one function."""

    name: str
    span: Span
    extent: Span | None = None
    inputs: list[Port] = field(default_factory=list)
    input_spans: dict[int, Span] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    # By their names; those of a block that is given a body, by their paths.
    outputs: dict[LabelPath, Output] = field(default_factory=dict)
    # The conditions on sizes, with the number of the node that needs each.
    conditions: list[tuple[int | None, Condition]] = field(default_factory=list)
    size: int = 0
    incomplete: bool = False
    """Whether a statement failed that may have defined labels."""
    hidden: int = 0
    """How many labels belong to inline blocks, which nothing outside of these can read."""
    labels: dict[LabelPath, Labelled] = field(default_factory=dict)
    current: CurrentValue = ()
    """What `here` means: the current value where a statement or step begins."""
    label_reads: set[Ref] = field(default_factory=set)
    gone_on: dict[LabelPath, GoneOn] = field(default_factory=dict)
    # The labelled steps whose label was refused as the name of a part of its path: once is enough.
    refused_parts: set[ast.Step] = field(default_factory=set)
    # The paths of refused steps whose type is known, but not their weights.
    stand_ins: set[str] = field(default_factory=set)
    _types: dict[int, Types] = field(default_factory=dict)
    _spans: dict[int, Span] = field(default_factory=dict)
    _counts: dict[LabelPath, int] = field(default_factory=dict)
    _steps: dict[LabelPath, Span] = field(default_factory=dict)
    _scopes: dict[LabelPath, Span] = field(default_factory=dict)
    _taken_numbers: TakenNumbers = field(default_factory=TakenNumbers)
    # Nodes by their paths, as far as they were looked for.
    _by_path: dict[str, Node] = field(default_factory=dict)
    _looked_at: int = 0

    # --- values -----------------------------------------------------------------------------

    def type_of(self, ref: Ref) -> TensorType:
        if ref.producer == INPUT:
            return self.inputs[ref.output].type
        return self._types[ref.producer][ref.output]

    def origin(self, ref: Ref) -> Span:
        """The step that made a value; for an input, its declaration."""
        if ref.producer == INPUT:
            return self.input_spans.get(ref.output, self.span)
        return self._spans[ref.producer]

    # --- numbers and labels -----------------------------------------------------------------

    def number(self, scope: LabelPath) -> str:
        """The position of the next step of a scope, which is then counted."""
        position = self._counts.get(scope, 0)
        self._counts[scope] = position + 1
        return str(position)

    def position(self, scope: LabelPath) -> int:
        """How many steps of a scope have been counted."""
        return self._counts.get(scope, 0)

    def label(self, path: LabelPath, labelled: Labelled) -> None:
        """Make a label readable; raises a diagnostic where it is taken."""
        if path in self.labels:
            self._taken(path, self.labels[path].span, labelled.span)
        self.labels[path] = labelled

    def find(self, scope: LabelPath, parts: LabelPath, root: LabelPath = ()) -> Labelled | None:
        """What a label stands for in `scope`: one of this scope, or of the nearest one around it.

        `root` is the outermost scope that is searched.
        """
        for depth in range(len(scope), len(root) - 1, -1):
            found = self.labels.get(scope[:depth] + parts)
            if found is not None:
                self.label_reads.update(found.flow or ())
                return found
        return self._output(scope, parts, root) if len(parts) > 1 else None

    def _output(self, scope: LabelPath, parts: LabelPath, root: LabelPath) -> Labelled | None:
        """An output of a labelled block by its number, or the only one by its name."""
        owner = self.find(scope, parts[:-1], root)
        return None if owner is None else owner.output(parts[-1])

    def is_label(self, scope: LabelPath, parts: LabelPath, root: LabelPath = ()) -> bool:
        """Whether `find` would find something; this doesn't count as reading it."""
        depths = range(len(root), len(scope) + 1)
        return any(scope[:depth] + parts in self.labels for depth in depths)

    @contextmanager
    def labels_of(
        self, labels: dict[LabelPath, Labelled], gone_on: dict[LabelPath, GoneOn]
    ) -> Iterator[None]:
        """Inside, other labels can be read, and new ones are among them."""
        around = self.labels, self.gone_on
        self.labels, self.gone_on = labels, gone_on
        try:
            yield
        finally:
            self.labels, self.gone_on = around

    def forget(self, scope: LabelPath, labels: int) -> None:
        """Make everything labelled in `scope` after the first `labels` labels unreadable."""
        for path in list(islice(reversed(self.labels), len(self.labels) - labels)):
            if path[: len(scope)] == scope and len(path) > len(scope):
                del self.labels[path]

    def visible(self, scope: LabelPath, root: LabelPath = ()) -> Iterator[str]:
        """The labels that can be read in `scope`, as they would be written there."""
        for path in self.labels:
            for depth in range(len(scope), len(root) - 1, -1):
                if path[:depth] == scope[:depth] and len(path) > depth:
                    yield ".".join(path[depth:])
                    break

    def claim(self, path: LabelPath, span: Span, *, scope: bool = False) -> None:
        """Reserve the path of a step or scope. Raises a diagnostic if it is taken."""
        if path in self._steps or (path in self._scopes and not scope):
            self._taken(path, self._steps.get(path) or self._scopes[path], span)
        if folded := self._taken_numbers.of_repeat(path):
            self._taken(path, folded, span)
        for depth in range(1, len(path)):
            outer = path[:depth]
            if outer in self._steps:
                raise NetlangError(
                    language.LabelInsideInstance(
                        span=span,
                        label=".".join(path),
                        instance=".".join(outer),
                        fix=_joined(span),
                        notes=(Note(self._steps[outer], "the step is here"),),
                    )
                )
            if outer not in self._scopes:
                self._scopes[outer] = span
                self._note_number(outer, span)
        (self._scopes if scope else self._steps)[path] = span
        if path[-1].isdecimal():  # most are names
            self._note_number(path, span)

    def is_free(self, path: LabelPath) -> bool:
        """Whether nothing is labelled so, and no step has a label that the path lies inside."""
        taken = path in self.labels or path in self._scopes or self._taken_numbers.of_repeat(path)
        return not taken and all(path[:end] not in self._steps for end in range(1, len(path) + 1))

    def _note_number(self, path: LabelPath, span: Span) -> None:
        number = step_number(path[-1])
        if number is not None and number >= self.position(path[:-1]):
            self._taken_numbers.label(path[:-1], number, span)

    def merge_path(self, path: LabelPath, span: Span) -> None:
        """Reserve the path of a merge, which may be the scope of its own branches."""
        if path not in self._scopes:
            self.claim(path, span)

    def _taken(self, path: LabelPath, before: Span, span: Span) -> None:
        known = (each[-1] for each in (*self.labels, *self._steps, *self._scopes))
        own = span != before and span.text == path[-1]
        fix = fixes.new_label(span, known) if own else None
        notes = (Note(before, "used here before"),)
        error = language.DuplicateLabel(span=span, label=".".join(path), notes=notes, fix=fix)
        raise NetlangError(error)

    # --- nodes ------------------------------------------------------------------------------

    def add(self, node: Node) -> tuple[Ref, ...]:
        """Add a node; returns its outputs."""
        self.items.append(node)
        producer = self.size
        self._types[producer] = node.types
        self._spans[producer] = node.span
        self.size += 1
        if len(node.types) == 1:  # most have one
            return (Ref(producer),)
        return tuple([Ref(producer, index) for index in range(len(node.types))])

    @contextmanager
    def outputs_in(self, outputs: dict[LabelPath, Output]) -> Iterator[dict[LabelPath, Output]]:
        """Inside, outputs that are declared go into `outputs`."""
        around, self.outputs = self.outputs, outputs
        try:
            yield outputs
        finally:
            self.outputs = around

    @contextmanager
    def reads_apart(self) -> Iterator[None]:
        """Inside, `label_reads` contains only what is read by label inside."""
        around, self.label_reads = self.label_reads, set()
        try:
            yield
        finally:
            around |= self.label_reads
            self.label_reads = around

    def node_at(self, path: str) -> Node:
        """The node at a path. Raises `InternalError` if none is there outside of repeats."""
        if path in self.stand_ins:
            raise NetlangError  # the step was refused, which has been reported
        for item in self.items[self._looked_at :]:
            if isinstance(item, Node):
                self._by_path[item.path] = item
        self._looked_at = len(self.items)
        if path not in self._by_path:
            raise InternalError(f"no step is at `{path}`")
        return self._by_path[path]

    def plain_nodes(self) -> Iterator[Node]:
        """The nodes outside of repeats, which a label can name."""
        return (item for item in self.items if isinstance(item, Node))

    def fold(
        self, once: tuple[BuilderMark, BuilderMark], count: int, carried: tuple[Ref, Ref],
        scope: LabelPath,
    ) -> Ref:  # fmt: skip
        """Turn all items since a mark into a `Repeat` of those up to another one.

        `carried` are the value that the items read, and the value that they make of it. Returns
        the value of the last time. Raises a diagnostic if a label has the number of a later time.
        """
        carry_in, carry_out = carried
        start, end = once
        step, size = end.position - start.position, end.size - start.size
        numbers = range(end.position, start.position + step * count)
        span = self._spans[carry_out.producer]
        if labelled := self._taken_numbers.of_label(scope, numbers):
            self._taken((*scope, str(labelled[0])), labelled[1], span)
        self._taken_numbers.fold(scope, numbers, span)
        items = tuple(self.items[start.items : end.items])
        del self.items[start.items :]
        self._looked_at = min(self._looked_at, start.items)
        repeat = Repeat(
            items, count, carry_in, carry_out, len(scope), step=step, first=start.size, size=size
        )
        self.items.append(repeat)
        self._counts[scope] = numbers.stop
        self.size = start.size + size * count
        last = Ref(carry_out.producer + size * (count - 1), carry_out.output)
        self._types[last.producer] = self._types[carry_out.producer]
        self._spans[last.producer] = self._spans[carry_out.producer]
        return last

    @property
    def labelled(self) -> int:
        """How many labels there are, read or not."""
        return len(self.labels) + self.hidden

    def mark(self, scope: LabelPath) -> BuilderMark:
        """The current position, for folding what comes after."""
        return BuilderMark(
            len(self.items), self.size, self.position(scope), self.labelled, len(self.outputs)
        )


class BuilderMark(Record):
    """A position in the construction of a function."""

    items: int
    size: int
    position: int
    labels: int
    outputs: int


def _joined(span: Span) -> Fix | None:
    """A dotted label as one word."""
    plain = all(part.isidentifier() for part in span.text.split("."))
    return fixes.replaced(span, span.text.replace(".", "_")) if plain and "." in span.text else None
