"""Modules of one class whose bodies differ in numbers alone become a block with parameters.

A number that is the same in all of them stays; one that is a multiple or a part of another
parameter, or of the channels of the input, in all of them is an expression.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import final

from netlang.backends.torch.importing.steps import Dims, Maker
from netlang.backends.torch.importing.text.labels import TakenLabels
from netlang.backends.torch.importing.text.names import snake
from netlang.backends.torch.importing.text.pieces import (
    AppliedText,
    Arg,
    Literal,
    NumberSlot,
    Statement,
    rendered,
    skeleton,
    slots,
)
from netlang.backends.torch.importing.text.values import ValueNames
from netlang.backends.torch.importing.text.writer import BodyWriter, written
from netlang.backends.torch.importing.tree.items import Item, Merge, ModuleRegion, steps_of
from netlang.backends.torch.importing.tree.places import homes_of, keys_of
from netlang.records import Record

__all__ = ["BlockTexts", "blocks_of", "regions_in"]

_MOST_PARAMETERS = 7


@final
class BlockTexts(Record, eq=False):
    """The text of each block, and the call that stands for each region."""

    texts: list[str]
    calls: dict[str, AppliedText]


@final
class _Instance(Record, eq=False):
    """A region written as a body of its own, with the channels of its input."""

    region: ModuleRegion
    statements: list[Statement]
    channels: int | None


def blocks_of(
    root: ModuleRegion,
    ends: Mapping[Maker, Sequence[ModuleRegion]],
    channels: Mapping[Maker, int],
    net: str,
) -> BlockTexts:
    """The blocks of a net, the innermost ones first. None has the name `net`."""
    made = BlockTexts([], {})
    levels: dict[int, list[ModuleRegion]] = defaultdict(list)
    _heights(root.items, levels)
    foreign = _read_elsewhere(root)
    names = {net}
    kinds = Counter(region.kind for found in levels.values() for region in found)
    written_out = _parts(root, kinds) | foreign
    for height in sorted(levels):
        groups: dict[tuple[str, str], list[_Instance]] = defaultdict(list)
        for region in levels[height]:
            if region.path not in written_out and _is_closed(region):
                statements = _alone(region, made.calls, ends)
                instance = _Instance(region, statements, channels.get(region.inputs[0]))
                groups[region.kind, skeleton(statements)].append(instance)
        for (kind, _), instances in groups.items():
            if len(instances) > 1 and _is_worth(kind, instances[0].statements):
                _define(kind, instances, made, names)
    return made


def regions_in(items: Sequence[Item]) -> Iterator[ModuleRegion]:
    """Every region of a body, the outer ones first."""
    for item in items:
        if isinstance(item, ModuleRegion):
            yield item
            yield from regions_in(item.items)
        elif isinstance(item, Merge):
            for branch in item.branches:
                yield from regions_in(branch)


def _heights(items: Sequence[Item], levels: dict[int, list[ModuleRegion]]) -> int:
    highest = -1
    for item in items:
        match item:
            case ModuleRegion():
                height = _heights(item.items, levels) + 1
                levels[height].append(item)
                highest = max(highest, height)
            case Merge():
                for branch in item.branches:
                    highest = max(highest, _heights(branch, levels))
            case _:
                pass
    return highest


def _read_elsewhere(root: ModuleRegion) -> set[str]:
    """Regions with weights that steps outside of them use too."""
    found = set()
    for step in steps_of([root]):
        if step.again and step.key is not None:
            path = step.key
            while path:
                found.add(path)
                path = path.rpartition(".")[0]
    return found


def _is_closed(region: ModuleRegion) -> bool:
    """Whether a region has one input and one output, and its labels are its own."""
    inside = f"{region.path}."
    foreign = any(
        step.again and not (step.key or "").startswith(inside) for step in steps_of(region.items)
    )
    return len(region.inputs) == len(region.outputs) == 1 and not foreign


_CONTAINERS = (".Sequential", ".ModuleList")


def _parts(root: ModuleRegion, kinds: Mapping[str, int]) -> set[str]:
    """Containers in modules that are there several times, and so blocks themselves."""
    found: set[str] = set()
    for outer in regions_in(root.items):
        if kinds[outer.kind] > 1 and not outer.kind.endswith(_CONTAINERS):
            found |= {
                each.path for each in regions_in(outer.items) if each.kind.endswith(_CONTAINERS)
            }
    return found


def _is_worth(kind: str, statements: Sequence[Statement]) -> bool:
    """Whether a block is shorter than what it replaces."""
    steps = [
        each for statement in statements for each in statement if isinstance(each, AppliedText)
    ]
    if kind.endswith(_CONTAINERS):
        return len(steps) > 3
    return len(steps) > 2 or any(each.name in ("conv", "linear", "bn") for each in steps)


def _alone(
    region: ModuleRegion,
    calls: Mapping[str, AppliedText],
    ends: Mapping[Maker, Sequence[ModuleRegion]],
) -> list[Statement]:
    start = region.inputs[0]
    keys = TakenLabels(keys_of(region.items))
    homes = homes_of(region.items, region.path)
    names = ValueNames(region.path, {start: "in"}, keys, ends, homes)
    return written(BodyWriter(names, calls), region.items, start, region.outputs)


def _define(kind: str, instances: Sequence[_Instance], made: BlockTexts, names: set[str]) -> None:
    """Write a block and the calls of its instances, unless too much differs."""
    columns = list(zip(*(list(slots(each.statements)) for each in instances), strict=True))
    own = _input_columns(instances)
    texts, parameters = _expressions(columns, own)
    if len(parameters) > _MOST_PARAMETERS:
        return
    base = snake(kind)
    base = "stage" if base == "sequential" else base
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}{number}"
    names.add(name)
    waiting = iter(texts)
    body = rendered(instances[0].statements, lambda _: next(waiting))
    declared = f"({', '.join(each for each, _ in parameters)})" if parameters else ""
    made.texts.append(f"block {name}{declared} {{\n{body}\n}}\n")
    for index, instance in enumerate(instances):
        args = tuple(Arg(each, column[index], False) for each, column in parameters)
        made.calls[instance.region.path] = AppliedText(name, args)


def _input_columns(instances: Sequence[_Instance]) -> list[int] | None:
    found = [each.channels for each in instances]
    return None if None in found else [each for each in found if each is not None]


_Column = list[Literal]


def _expressions(
    columns: Sequence[Sequence[NumberSlot]], own: list[int] | None
) -> tuple[list[str | None], list[tuple[str, _Column]]]:
    """The text of each slot, None for a number that stays, and the parameters that remain."""
    parameters: list[tuple[str, _Column]] = []
    texts: list[str | None] = []
    for column in columns:
        values = [slot.value for slot in column]
        if all(value == values[0] for value in values):
            texts.append(None)
            continue
        known = [("in.channels", list(own))] if own is not None else []
        text = _related(values, [*known, *parameters])
        if text is None:
            text = _named(column[0].name, [name for name, _ in parameters])
            parameters.append((text, [_given(value) for value in values]))
            if len(parameters) > _MOST_PARAMETERS:
                break
        texts.append(text)
    return texts, parameters


def _named(argument: str, taken: Sequence[str]) -> str:
    base = {"kernel": "kernel", "size": "size", "shape": "size", "by": "factor"}.get(
        argument, argument
    )
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}{number}"
    return name


def _given(value: Literal) -> Literal:
    """What a call gives for a number: the same for all axes of a window."""
    return value[0] if isinstance(value, Dims) else value


def _plain(value: Literal) -> float | None:
    if isinstance(value, Dims):
        return value[0]
    return value if isinstance(value, int | float) else None


def _related(values: _Column, known: Sequence[tuple[str, Sequence[Literal]]]) -> str | None:
    """An expression in a known column that gives the values in every instance."""
    numbers = [_plain(value) for value in values]
    for name, column in known:
        others = [_plain(value) for value in column]
        if None not in numbers and others == numbers:
            return name
        text = _ratio(name, numbers, others)
        if text is not None:
            return text
    return None


def _ratio(
    name: str, numbers: Sequence[float | None], others: Sequence[float | None]
) -> str | None:
    if not all(isinstance(each, int) for each in (*numbers, *others)):
        return None
    pairs = [(a, b) for a, b in zip(numbers, others, strict=True) if a is not None and b]
    if len(pairs) < len(numbers):
        return None
    (a, b), *_ = pairs
    if a and a % b == 0 and a > b and all(x == y * (a // b) for x, y in pairs):
        return f"{a // b:.0f} * {name}"
    if any(x < 0 or y < 1 for x, y in pairs) or not any(x for x, _ in pairs):
        return None
    # x is y // factor from y // (x + 1) + 1 to y // x; a kernel of 1 has a padding of 0.
    factor = max(2, *(int(y // (x + 1)) + 1 for x, y in pairs))
    return f"{name} // {factor}" if all(x == y // factor for x, y in pairs) else None
