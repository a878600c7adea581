"""The names that a block gives itself, of which a computed label may have many.

`layer{i}` may be `layer3`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from netlang.evaluate.builtins import is_word
from netlang.records import Record
from netlang.syntax import ast

__all__ = ["LocalNames", "local_names"]

_MOST_COMPUTED = 100
_LONGEST = 200
"""Characters of a name that is compared with computed labels."""


class LocalNames(Record, dict=True):
    """The names that a block defines itself: `names`, and patterns of its computed labels.

    `values` are those of `names` that can only be labels, and `unsure` labels that may be others,
    too. A name that begins and ends as very many computed labels do may be one of them.
    """

    names: frozenset[str]
    values: frozenset[str]
    unsure: frozenset[str]
    computed: frozenset[tuple[str, ...]]

    def __contains__(self, name: str) -> bool:
        if name in self.names:
            return True
        if len(name) > _LONGEST:
            return bool(self.computed)
        alike = list(islice(self._alike(name), _MOST_COMPUTED + 1))
        return len(alike) > _MOST_COMPUTED or any(_comes_to(name, texts) for texts in alike)

    def _alike(self, name: str) -> Iterator[tuple[str, ...]]:
        """The computed labels that begin and end as a name does."""
        for first in {name[:length] for length in range(len(name))} & self._ends.keys():
            ends = self._ends[first]
            for last in {name[length:] for length in range(1, len(name) + 1)} & ends.keys():
                yield from ends[last]

    @cached_property
    def _ends(self) -> dict[str, dict[str, list[tuple[str, ...]]]]:
        """The computed labels by their first and last texts."""
        found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
        for texts in sorted(self.computed):
            found.setdefault(texts[0], {}).setdefault(texts[-1], []).append(texts)
        return found

    def is_value(self, parts: tuple[str, ...]) -> bool:
        """Whether a name, given by its parts, can only be a label."""
        if len(parts) > 1 or parts[0] in self.names - self.values:
            return False
        return parts[0] in self.values or parts[0] in self


def local_names(
    definition: ast.BlockDef | ast.NetDef | ast.FunctionDef, nodes: Iterable[ast.Node]
) -> LocalNames:
    """The names of a block, collected from all of its nodes."""
    names, values = {parameter.name for parameter in definition.parameters}, set[str]()
    computed = set[tuple[str, ...]]()
    for node in nodes:
        if isinstance(node, (ast.Apply, ast.Name)):
            continue  # most are
        if isinstance(node, ast.Step):
            if node.label is not None:
                for part in node.label.parts:
                    _note_part(part, values, computed)
        elif isinstance(node, (ast.Input, ast.Output, ast.Auxiliary)):
            _note_part(node.port, values, computed)
        elif isinstance(node, (ast.Unread, ast.Constant, ast.For, ast.Comprehension)):
            names.update(_constants(node))
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
            names.update(parameter.name for parameter in node.parameters)
    own, labels = frozenset(names), frozenset(values)
    return LocalNames(own | labels, labels - own, labels & own, frozenset(computed))


def _constants(
    node: ast.Unread | ast.Constant | ast.For | ast.Comprehension,
) -> Iterator[str]:
    """The names that a statement gives to numbers and layers: by constants and loops."""
    if isinstance(node, ast.Unread):
        yield from (word for word in node.words if not is_word(word))
    elif isinstance(node, ast.Constant):
        yield node.name
    else:
        for each in node.clauses if isinstance(node, ast.Comprehension) else (node,):
            yield from (target.name for target in ast.names_in(each.targets))


def _note_part(part: ast.LabelPart, values: set[str], computed: set[tuple[str, ...]]) -> None:
    """A part of a label: plain text goes to `values`, the texts of a computed part to `computed`.

    Those of ``layer{i}`` are `layer` and an empty one after it.
    """
    texts = [""]
    for piece in part.pieces:
        if isinstance(piece, str):
            texts[-1] += piece
        else:
            texts.append("")
    if len(texts) > 1:
        computed.add(tuple(texts))
    else:
        values.add(texts[0])


def _comes_to(name: str, texts: tuple[str, ...]) -> bool:
    """Whether a name consists of these texts, separated by at least one letter each."""
    first, *between, last = texts
    if not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for text in between:
        place = name.find(text, place + 1, end)
        if place < 0:
            return False
        place += len(text)
    return place < end
