"""What the values of one function are called, as it becomes known which of them have readers.

A step is called by its key, by a name that nothing else has, or by its number, which is counted as
the language counts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from netlang.analysis.render.literal import reference
from netlang.backends.torch.importing.steps import Maker, SourceStep
from netlang.backends.torch.importing.text.labels import TakenLabels, is_inside
from netlang.backends.torch.importing.text.lines import cut, under
from netlang.backends.torch.importing.text.names import proposed
from netlang.backends.torch.importing.tree.items import ModuleRegion
from netlang.ops import operator
from netlang.records import Draft, field

__all__ = ["ValueNames"]


@final
class ValueNames(Draft, eq=False):
    """The names of the values of a function whose path in the source is `root`.

    `homes` are the scopes that steps are written in, `scopes` those of regions.
    """

    root: str
    known: Mapping[Maker, str]
    taken: TakenLabels
    ends: Mapping[Maker, Sequence[ModuleRegion]]
    homes: dict[SourceStep, str]
    scopes: dict[str, str] = field(default_factory=dict)
    named: set[Maker] = field(default_factory=set)
    read_regions: set[str] = field(default_factory=set)
    aliases: dict[Maker, str] = field(default_factory=dict)
    labels: dict[Maker, str] = field(default_factory=dict)
    owners: dict[str, list[Maker]] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def found(self) -> tuple[int, ...]:
        """How much has turned out so far about what needs a label."""
        return len(self.named), len(self.read_regions), len(self.aliases)

    def read(self, source: Maker, scope: str) -> str:
        """The name of a value, as it is read in `scope`."""
        if source in self.known:
            return self.known[source]
        for region in self.ends.get(source, ()):
            if not is_inside(scope, region.path) and is_inside(region.path, self.root):
                shown = self.taken.seen_from(region.path, scope)
                if shown is None:
                    return self._alias(source, region.path, self.scopes[region.path], scope)
                self.read_regions.add(region.path)
                return reference(shown)
        assert source.step is not None
        self.named.add(source)
        home = self.homes.get(source.step, scope)
        label = self.labels.get(source) or self.label(source, home, source.step)
        shown = self.taken.seen_from(label, scope)
        if shown is None:
            return self._alias(source, label, home, scope)
        name = reference(shown)
        if source.step.outputs == 1:
            return name
        op = operator(source.step.op)
        assert op is not None
        return f"{name}.{op.output_names[source.port]}"

    def _alias(self, source: Maker, path: str, home: str, scope: str) -> str:
        """Another name for a value whose own is hidden by a nearer one; it is made in `home`."""
        if source not in self.aliases:
            base = under(home, cut(path, home).replace(".", "_"))
            self.aliases[source] = self.taken.unused(f"{base}_2")
            self.taken.made.add(self.aliases[source])
        return reference(self.taken.seen_from(self.aliases[source], scope) or self.aliases[source])

    def label(self, source: Maker, scope: str, step: SourceStep) -> str:
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

    def label_in_front(self, step: SourceStep, scope: str) -> str | None:
        """The label that a step needs where it stands, if it does; the step is counted."""
        source = Maker(step)
        named = any(Maker(step, port) in self.named for port in range(step.outputs))
        own = step.key is not None and not step.again
        label = self.label(source, scope, step) if own or named else None
        number = self.counted(scope)
        if label is None and number in self.taken.keys:
            label = self.label(source, scope, step)
        return None if label == number and not named else label

    def identity(self, scope: str) -> str | None:
        """The label of an `identity` whose number is the key of another step; it is counted."""
        number = self.counted(scope)
        if number not in self.taken.keys:
            return None
        if number not in self.identities:
            label = self.taken.unused(under(scope, f"same{cut(number, scope)}"))
            self.identities[number] = label
            self.taken.made.add(label)
        return self.identities[number]

    def read_owners(self, key: str) -> None:
        """Note that the steps which the label of weights is of are read by it."""
        if not self.owners:
            for each in self.homes:
                if each.key is not None and not each.again:
                    self.owners.setdefault(each.key, []).append(Maker(each))
        self.named.update(self.owners.get(key, ()))

    def is_read(self, source: Maker | None) -> bool:
        """Whether a value is read by its name, or by that of a module that gives it."""
        regions = self.ends.get(source, ()) if source is not None else ()
        return source in self.named or any(each.path in self.read_regions for each in regions)

    def counted(self, scope: str) -> str:
        """The number that a step without a label has as its name, which is counted.

        A step counts in the scope that it is written in, whatever its label.
        """
        count = self.counters.get(scope, 0)
        self.counters[scope] = count + 1
        return under(scope, str(count))
