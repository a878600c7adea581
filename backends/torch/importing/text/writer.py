"""Writes a body: statements of steps, with labels where keys or readers ask for them.

`BodyWriter` is for one function, a net or a block. It is run until no more values turn out to be
read by their labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import final

from netlang.analysis.render.literal import label as label_of
from netlang.backends.torch.importing.steps import (
    Argument,
    BareWord,
    Dims,
    Maker,
    SourceStep,
    Value,
)
from netlang.backends.torch.importing.text.lines import braced, cut
from netlang.backends.torch.importing.text.loops import is_loop, shortened
from netlang.backends.torch.importing.text.pieces import (
    AppliedText,
    Literal,
    Piece,
    Statement,
    applied,
    rendered,
)
from netlang.backends.torch.importing.text.values import ValueNames
from netlang.backends.torch.importing.tree.items import (
    Item,
    Leaf,
    Merge,
    ModuleRegion,
    result_of,
    steps_of,
)
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
    """The statements of one function, as it becomes known what needs a label.

    `fronted` merges have their labels in front, `opened` ones are steps of several inputs.
    """

    names: ValueNames
    calls: Mapping[str, AppliedText]
    fronted: set[Maker] = field(default_factory=set)
    opened: set[Maker] = field(default_factory=set)

    @property
    def found(self) -> tuple[int, ...]:
        """How much has turned out so far about what needs a label."""
        return *self.names.found, len(self.fronted), len(self.opened)

    def body(
        self, items: Sequence[Item], current: Maker | None, scope: str, end: Maker | None = None
    ) -> list[Statement]:
        """The statements of a body that begins with `current` and is to end with `end`."""
        done: list[Statement] = []
        heavy = False
        for item in self._opened(items):
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
            is_read = current in self.names.named and current not in self.fronted
            if isinstance(item, Merge) and current is not None and is_read:
                label = cut(self.names.label(current, scope, item.step), scope)
                done.append(["", f"{label_of(label)}: ", "here"])
            alias = self.names.aliases.get(current) if current is not None else None
            if alias is not None and alias.rpartition(".")[0] == scope:
                done.append(["", f"{label_of(cut(alias, scope))}: ", "here"])
        if end is not None and current != end:
            done.append([self.names.read(end, scope)])
        return shortened(done)

    def _may_go_on(self, line: Statement, current: Maker | None, pieces: Sequence[Piece]) -> bool:
        """Whether a step may stand on the line of the step before it."""
        if self.names.is_read(current) or line[-1] == "here":
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
            return f"{self.names.read(inputs[0], scope)} -> "
        shown = ("here" if each == current else self.names.read(each, scope) for each in inputs)
        return f"({', '.join(shown)}) -> "

    def _is_led(self, region: ModuleRegion) -> bool:
        """Whether a region begins with the current value."""
        return region.path in self.calls or len(region.inputs) == 1

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
        label = self.names.label_in_front(step, scope)
        return [] if label is None else [f"{label_of(cut(label, scope))}: "]

    def _applied(self, step: SourceStep, scope: str) -> Piece:
        if step.again:
            assert step.key is not None
            self.names.read_owners(step.key)
            return f"reuse {label_of(self.names.taken.seen_from(step.key, scope) or step.key)}"
        return applied(step.op, {k: self._literal(v, scope) for k, v in step.arguments.items()})

    def _literal(self, argument: Argument, scope: str) -> Literal:
        if isinstance(argument, Value):
            return BareWord(self.names.read(argument.source, scope))
        if isinstance(argument, tuple) and not isinstance(argument, Dims):
            return tuple(self._literal(each, scope) for each in argument)
        return argument

    def _region(self, region: ModuleRegion, current: Maker | None, scope: str) -> list[Piece]:
        label = cut(region.path, scope)
        self.names.scopes[region.path] = scope
        call = self.calls.get(region.path)
        if call is not None:
            bare = self.names.counted(scope) == region.path
            bare = bare and region.path not in self.names.read_regions
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
        if self.names.counted(scope) in self.names.taken.keys:
            (self.opened if keyed else self.fronted).add(Maker(merge.step))
        front = [] if own == scope else [f"{label_of(cut(own, scope))}: "]
        text = self._applied(merge.step, scope)
        texts = [rendered([each], lambda _: None) for each in branches]
        short = not any("\n" in each for each in texts) and sum(map(len, texts)) < _LINE - 12
        between, edge = ("; ", " ") if short else ("\n", "\n")
        pieces: list[Piece] = [*front, text, f" {{{edge}"]
        for number, shown in enumerate(branches):
            pieces += [between, *shown] if number else shown
        return [*pieces, f"{edge}}}"]

    def _opened(self, items: Sequence[Item]) -> Iterator[Item]:
        """A body in which merges that can have no label in front are steps of several inputs.

        Such a label would be a part of the keys of the branches.
        """
        for item in items:
            if isinstance(item, Merge) and Maker(item.step) in self.opened:
                for branch in item.branches:
                    yield from self._opened(branch)
                yield Leaf(item.step)
            else:
                yield item

    def _scope_of(self, merge: Merge, scope: str) -> str:
        """The scope of the branches: the label of a merge whose number is a key of another step.

        Other merges have their labels, if they need one, on a line after them.
        """
        if Maker(merge.step) not in self.fronted:
            return scope
        label = self.names.label(Maker(merge.step), scope, merge.step)
        for branch in merge.branches:
            self.names.homes.update(dict.fromkeys(steps_of(branch), label))
        return label

    def _identity(self, scope: str) -> list[Piece]:
        label = self.names.identity(scope)
        return ["identity"] if label is None else [f"{label_of(cut(label, scope))}: ", "identity"]


def written(
    writer: BodyWriter, items: Sequence[Item], current: Maker | None, end: Sequence[Maker]
) -> list[Statement]:
    """The statements of a whole function; `end` are its outputs, the last value if it is one."""
    names = writer.names
    while True:
        before = writer.found
        names.counters.clear()
        done = writer.body(items, current, names.root, end[0] if len(end) == 1 else None)
        if len(end) > 1:
            for source in end:
                names.read(source, names.root)
        if writer.found == before:
            return done
