"""What tells the classes apart that are variants of one block.

A *trait* is something that only some variants of the block have, in a word of the text: a label, a
flag, an operator, an argument's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import TypeAlias

from netlang.backends.torch.rewrite.class_sharing import Variant, Variants
from netlang.ir.program import Function

__all__ = ["traits_apart"]

# A name of more traits says less than a number.
_MOST_TOLD = 4
# Nobody reads a longer one, and traits of callees would get longer with each level of blocks.
_LONGEST = 24
# The first traits are the best, and groups of very many would take long to look at.
_MOST_LOOKED_AT = 16
# A larger number makes no word.
_LARGEST = 9_999

# Which variants of a block have a trait.
Column: TypeAlias = tuple[bool, ...]


def traits_apart(
    group: Sequence[Variant], variants: Variants, known: Mapping[Variant, str]
) -> dict[Variant, tuple[str, ...]]:
    """The traits by which each variant of a block is told from the others: none for one of them.

    That is the number of its inputs, if all differ in it. Else as few traits as tell all apart are
    chosen, such that the variants in most places need the fewest; arguments are looked at where
    nothing else tells. What they don't tell apart is left equal. `known` has the traits of callees.
    """
    inputs = {variant: len(variant.sample.inputs) for variant in group}
    if 1 < len(group) == len(set(inputs.values())):
        return {variant: (f"{count}_inputs",) for variant, count in inputs.items()}
    sites = [len(variant.sites) for variant in group]
    words = _columns(
        [_labels(variant) for variant in group],
        [_flags(variant) for variant in group],
        [_applied(variant) for variant in group],
        [_of_callees(variant, variants, known) for variant in group],
    )
    numbers = _columns(*_numbers(group))
    chosen = _telling(_telling((), words, sites), numbers, sites)
    traits = {**numbers, **words}
    return {
        variant: tuple([traits[column] for column in chosen if column[place]])
        for place, variant in enumerate(group)
    }


def _columns(*kinds: Sequence[Sequence[str]]) -> dict[Column, str]:
    """The traits that some variants lack, kind by kind; of those of the same ones, the first."""
    found: dict[Column, str] = {}
    for kind in kinds:
        for trait in dict.fromkeys(chain.from_iterable(kind)):
            column = tuple([trait in each for each in kind])
            if not all(column) and len(trait) <= _LONGEST:
                found.setdefault(column, trait)
    return found


def _telling(
    chosen: tuple[Column, ...], columns: Iterable[Column], sites: Sequence[int]
) -> tuple[Column, ...]:
    """As few of the columns as tell the most variants apart, after those that are chosen."""

    def cost(group: tuple[Column, ...]) -> tuple[int, int, int]:
        rows = list(zip(*group, strict=True)) if group else [()] * len(sites)
        told = sum(sum(row) * count for row, count in zip(rows, sites, strict=True))
        return -len(set(rows)), len(group), told

    best, candidates = chosen, list(columns)[:_MOST_LOOKED_AT]
    for count in range(1, _MOST_TOLD + 1 - len(chosen)):
        if -cost(best)[0] == len(sites):
            break
        longer = ((*chosen, *group) for group in combinations(candidates, count))
        best = min((best, *longer), key=cost)
    return best


def _labels(variant: Variant) -> list[str]:
    parts = (part for node in variant.sample.nodes for part in node.path.split("."))
    return [part for part in parts if not part.isdigit()]


def _flags(variant: Variant) -> list[str]:
    """The parameters that are true for all instances."""
    names = variant.sample.arguments
    return [name for name in names if all(each is True for each in _arguments(variant, name))]


def _applied(variant: Variant) -> list[str]:
    """The names of operators and blocks; a shortcut says more than what it is added to."""
    names = [node.callee.name for node in variant.sample.nodes]
    return sorted(names, key=lambda name: name != "identity")


def _of_callees(variant: Variant, variants: Variants, known: Mapping[Variant, str]) -> list[str]:
    callees = [node.callee for node in variant.sample.nodes]
    called = [variants.of(callee) for callee in callees if isinstance(callee, Function)]
    return [known[each] for each in called if each in known]


def _numbers(group: Sequence[Variant]) -> tuple[list[list[str]], list[list[str]]]:
    """What arguments say of each variant: of parameters that say something of all, and others."""
    names = dict.fromkeys(chain.from_iterable(each.sample.arguments for each in group))
    said = {name: [_said_of_all(variant, name) for variant in group] for name in names}

    def of(wanted: list[str]) -> list[list[str]]:
        rows = zip(*(said[name] for name in wanted), strict=True) if wanted else [()] * len(group)
        return [list(chain.from_iterable(row)) for row in rows]

    return (
        of([name for name in names if all(said[name])]),
        of([name for name in names if not all(said[name])]),
    )


def _said_of_all(variant: Variant, name: str) -> list[str]:
    """What an argument says of all instances alike."""
    first, *others = [list(_said(name, value)) for value in _arguments(variant, name)]
    return [trait for trait in first if all(trait in other for other in others)]


def _said(name: str, value: object) -> Iterator[str]:
    """A number, the length of a tuple, and the size of a window that is the same along all axes."""
    if isinstance(value, tuple):
        yield f"{len(value)}_{name}"
        value = value[0] if len(value) > 1 and all(size == value[0] for size in value) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        yield f"{name}_{value}"


def _arguments(variant: Variant, name: str) -> list[object]:
    return [each.arguments.get(name) for each in variant.instances]
