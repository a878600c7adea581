"""Writes a body: statements of steps, with labels where keys or readers ask for them.

`BodyWriter` is for one function, a net or a block: `root` is its path in the source. It is run
until no more values turn out to be read by their labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from netlang.analysis.render.literal import label as label_of
from netlang.analysis.render.literal import reference
from netlang.backends.torch.importing.steps import (
    Argument,
    BareWord,
    Dims,
    Maker,
    SourceStep,
    Value,
)
from netlang.backends.torch.importing.text.labels import TakenLabels, is_inside
from netlang.backends.torch.importing.text.lines import braced, cut, under
from netlang.backends.torch.importing.text.loops import is_loop, shortened
from netlang.backends.torch.importing.text.names import proposed
from netlang.backends.torch.importing.text.pieces import (
    AppliedText,
    Literal,
    Piece,
    Statement,
    applied,
    rendered,
)
from netlang.backends.torch.importing.tree.items import (
    Item,
    Leaf,
    Merge,
    ModuleRegion,
    result_of,
    steps_of,
)
from netlang.ops import operator
from netlang.records import Draft, field

__all__ = ["BodyWriter", "written"]

# What begins a line, if there is one of these on the line already.
_HEAVY = {
    "conv", "conv_transpose", "linear", "embedding", "attention", "lstm", "gru", "rnn",
    "multi_head_attention", "maxpool", "avgpool",
    "parameter", "constant", "full", "arange", "window_offsets", "hole",
}  # fmt: skip
_LINE = 88


@final
class BodyWriter(Draft, eq=False):
    """The names of one function, as they become known."""

    root: str
    known: Mapping[Maker, str]
    calls: Mapping[str, AppliedText]
    taken: TakenLabels
    ends: Mapping[Maker, Sequence[ModuleRegion]]
    homes: dict[SourceStep, str]
    named: set[Maker] = field(default_factory=set)
    read_regions: set[str] = field(default_factory=set)
    aliases: dict[Maker, str] = field(default_factory=dict)
    labels: dict[Maker, str] = field(default_factory=dict)
    owners: dict[str, list[Maker]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    fronted: set[Maker] = field(default_factory=set)

    @property
    def found(self) -> tuple[int, ...]:
        """How much has turned out so far about what needs a label."""
        return len(self.named), len(self.read_regions), len(self.aliases), len(self.fronted)

    def body(
        self, items: Sequence[Item], current: Maker | None, scope: str, end: Maker | None = None
    ) -> list[Statement]:
        """The statements of a body that begins with `current` and is to end with `end`."""
        done: list[Statement] = []
        heavy = False
        for item in items:
            lead = self._lead(item, current, scope)
            pieces = self._item(item, current, scope)
            weighs = not isinstance(item, Leaf) or item.step.op in _HEAVY
            joins = done and not lead and current is not None and not (heavy and weighs)
            if joins and self._may_go_on(done[-1], current, pieces):
                done[-1] += [" -> ", *pieces]
                heavy = heavy or weighs
            else:
                done.append([lead, *pieces])
                heavy = weighs
            current = result_of(item)
            if isinstance(item, Merge) and current in self.named and current not in self.fronted:
                label = cut(self._label(current, scope, item.step), scope)
                done.append(["", f"{label_of(label)}: ", "here"])
            alias = self.aliases.get(current) if current is not None else None
            if alias is not None and alias.rpartition(".")[0] == scope:
                done.append(["", f"{label_of(cut(alias, scope))}: ", "here"])
        if end is not None and current != end:
            done.append([self.read(end, scope)])
        return shortened(done)

    def _may_go_on(self, line: Statement, current: Maker | None, pieces: Sequence[Piece]) -> bool:
        """Whether a step may stand on the line of the step before it."""
        regions = self.ends.get(current, ()) if current is not None else ()
        is_read = current in self.named or any(each.path in self.read_regions for each in regions)
        if is_read or line[-1] == "here":
            return False
        if any(isinstance(each, str) and "\n" in each for each in (*line, *pieces)):
            return False
        text = rendered([[*line, *pieces]], lambda _: None)
        return len(text) < _LINE

    def _lead(self, item: Item, current: Maker | None, scope: str) -> str:
        """The values that a statement starts from, where they aren't the current one."""
        match item:
            case Leaf(step):
                inputs = [value.source for value in step.inputs]
            case Merge():
                inputs = [item.fork]
            case ModuleRegion():
                inputs = item.inputs[:1] if self._is_led(item) else []
        if not inputs or inputs == [current]:
            return ""
        if len(inputs) == 1:
            return f"{self.read(inputs[0], scope)} -> "
        shown = ("here" if each == current else self.read(each, scope) for each in inputs)
        return f"({', '.join(shown)}) -> "

    def _is_led(self, region: ModuleRegion) -> bool:
        """Whether a region begins with the current value."""
        return region.path in self.calls or len(region.inputs) == 1

    def read(self, source: Maker, scope: str) -> str:
        """The name of a value, as it is read in `scope`."""
        if source in self.known:
            return self.known[source]
        for region in self.ends.get(source, ()):
            if not is_inside(scope, region.path) and is_inside(region.path, self.root):
                shown = self.taken.seen_from(region.path, scope)
                if shown is None:
                    return self._alias(source, region.path, scope)
                self.read_regions.add(region.path)
                return reference(shown)
        assert source.step is not None
        self.named.add(source)
        home = self.homes.get(source.step, scope)
        label = self.labels.get(source) or self._label(source, home, source.step)
        shown = self.taken.seen_from(label, scope)
        if shown is None:
            return self._alias(source, label, scope)
        name = reference(shown)
        if source.step.outputs == 1:
            return name
        op = operator(source.step.op)
        assert op is not None
        return f"{name}.{op.output_names[source.port]}"

    def _alias(self, source: Maker, path: str, scope: str) -> str:
        """Another name for a value whose own is hidden by a nearer one."""
        if source not in self.aliases:
            number = 2
            while f"{path}_{number}" in self.taken.keys:
                number += 1
            self.aliases[source] = f"{path}_{number}"
        return reference(self.taken.seen_from(self.aliases[source], scope) or self.aliases[source])

    def _label(self, source: Maker, scope: str, step: SourceStep) -> str:
        """The whole label of a step: its key, or a name that nothing else has."""
        found = self.labels.get(Maker(step))
        if found is None:
            found = step.key if step.key is not None and not step.again else None
            if found is None:
                found = self.taken.unused(under(scope, proposed(step, scope)))
            self.labels[Maker(step)] = found
            self.taken.made.add(found)
        self.labels[source] = found
        return found

    def _item(self, item: Item, current: Maker | None, scope: str) -> list[Piece]:
        match item:
            case Leaf(step):
                return [*self._front(step, scope), self._applied(step, scope)]
            case ModuleRegion():
                return self._region(item, current, scope)
            case Merge():
                return self._merge(item, scope)

    def _front(self, step: SourceStep, scope: str) -> list[Piece]:
        """The label in front of a step, if it needs one; the step is counted."""
        source = Maker(step)
        named = any(Maker(step, port) in self.named for port in range(step.outputs))
        own = step.key is not None and not step.again
        label = self._label(source, scope, step) if own or named else None
        inside = label.rpartition(".")[0] if label is not None else scope
        number = self._counted(inside)
        if label is None and number in self.taken.keys:
            label = self._label(source, scope, step)
        if label is None or (label == number and not named and inside == scope):
            return []
        return [f"{label_of(cut(label, scope))}: "]

    def _applied(self, step: SourceStep, scope: str) -> Piece:
        if step.again:
            assert step.key is not None
            self.named.update(self._owners(step.key))
            return f"reuse {label_of(self.taken.seen_from(step.key, scope) or step.key)}"
        return applied(step.op, {k: self._literal(v, scope) for k, v in step.arguments.items()})

    def _owners(self, key: str) -> Sequence[Maker]:
        """The steps that the label of weights is of."""
        if not self.owners:
            for each in self.homes:
                if each.key is not None and not each.again:
                    self.owners.setdefault(each.key, []).append(Maker(each))
        return self.owners.get(key, ())

    def _literal(self, argument: Argument, scope: str) -> Literal:
        if isinstance(argument, Value):
            return BareWord(self.read(argument.source, scope))
        if isinstance(argument, tuple) and not isinstance(argument, Dims):
            return tuple(self._literal(each, scope) for each in argument)
        return argument

    def _region(self, region: ModuleRegion, current: Maker | None, scope: str) -> list[Piece]:
        label = cut(region.path, scope)
        call = self.calls.get(region.path)
        if call is not None:
            number = self._counted(region.path.rpartition(".")[0])
            bare = region.path == number and region.path not in self.read_regions
            return [call] if bare else [f"{label_of(label)}: ", call]
        start = region.inputs[0] if len(region.inputs) == 1 else current
        inner = self.body(region.items, start, region.path, result_of(region))
        return [f"{label_of(label)}: ", *braced(inner)]

    def _merge(self, merge: Merge, scope: str) -> list[Piece]:
        branches: list[list[Piece]] = []
        own = self._scope_of(merge, scope)
        for branch in merge.branches:
            if not branch:
                branches.append(self._identity(own))
                continue
            inner = self.body(branch, merge.fork, own)
            # In a merge, a loop would make a branch of each repetition.
            alone = len(inner) == 1 and not is_loop(inner[0])
            branches.append(inner[0] if alone else braced(inner))
        keyed = any(step.key for branch in merge.branches for step in steps_of(branch))
        if self._counted(scope) in self.taken.keys and not keyed:
            self.fronted.add(Maker(merge.step))
        front = [] if own == scope else [f"{label_of(cut(own, scope))}: "]
        text = self._applied(merge.step, scope)
        texts = [rendered([each], lambda _: None) for each in branches]
        short = not any("\n" in each for each in texts) and sum(map(len, texts)) < _LINE - 12
        between, edge = ("; ", " ") if short else ("\n", "\n")
        pieces: list[Piece] = [*front, text, f" {{{edge}"]
        for number, shown in enumerate(branches):
            pieces += [between, *shown] if number else shown
        return [*pieces, f"{edge}}}"]

    def _scope_of(self, merge: Merge, scope: str) -> str:
        """The scope of the branches: the label of a merge whose number is a key of another step.

        Other merges have their labels, if they need one, on a line after them.
        """
        if Maker(merge.step) not in self.fronted:
            return scope
        label = self._label(Maker(merge.step), scope, merge.step)
        for branch in merge.branches:
            self.homes.update(dict.fromkeys(steps_of(branch), label))
        return label

    def _counted(self, scope: str) -> str:
        """The number that a step without a label has as its name, which is counted."""
        count = self.counters.get(scope, 0)
        self.counters[scope] = count + 1
        return under(scope, str(count))

    def _identity(self, scope: str) -> list[Piece]:
        number = self._counted(scope)
        is_key = number in self.taken.keys
        return [f"same{cut(number, scope)}: ", "identity"] if is_key else ["identity"]


def written(
    writer: BodyWriter, items: Sequence[Item], current: Maker | None, end: Sequence[Maker]
) -> list[Statement]:
    """The statements of a whole function; `end` are its outputs, the last value if it is one."""
    while True:
        before = writer.found
        writer.counters.clear()
        done = writer.body(items, current, writer.root, end[0] if len(end) == 1 else None)
        if len(end) > 1:
            for source in end:
                writer.read(source, writer.root)
        if writer.found == before:
            return done
