"""Modules of one class whose bodies differ in numbers alone become a block with parameters.

A number that is the same in all of them stays; one that is a multiple or a part of another
parameter, or of the channels of the input, in all of them is an expression.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import final

from netlang.backends.torch.importing.steps import Dims, Maker
from netlang.backends.torch.importing.text.closed import (
    body_alone,
    containers_within,
    is_closed,
    is_worth,
    read_elsewhere,
)
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
from netlang.backends.torch.importing.tree.items import Item, Merge, ModuleRegion
from netlang.records import Record

__all__ = ["BlockTexts", "blocks_of"]

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
    taken: Collection[str],
    calls: Mapping[str, AppliedText],
) -> BlockTexts:
    """The blocks of a net, the innermost ones first. None has a name that is `taken`.

    Regions that have `calls` already, of blocks that are defined elsewhere, are left as they are.
    """
    made = BlockTexts([], dict(calls))
    levels: dict[int, list[ModuleRegion]] = defaultdict(list)
    _heights(root.items, levels, calls)
    foreign = read_elsewhere(root)
    names = {*taken}
    kinds = Counter(region.kind for found in levels.values() for region in found)
    written_out = containers_within(root, kinds) | foreign
    for height in sorted(levels):
        groups: dict[tuple[str, str], list[_Instance]] = defaultdict(list)
        for region in levels[height]:
            if region.path not in written_out and is_closed(region):
                statements = body_alone(region, made.calls, ends)
                instance = _Instance(region, statements, channels.get(region.inputs[0]))
                groups[region.kind, skeleton(statements)].append(instance)
        for (kind, _), instances in groups.items():
            if len(instances) > 1 and is_worth(kind, instances[0].statements):
                _define(kind, instances, made, names)
    return made


def _heights(
    items: Sequence[Item], levels: dict[int, list[ModuleRegion]], calls: Mapping[str, AppliedText]
) -> int:
    """Put the regions into levels by what is in them, but for those of `calls` and their parts."""
    highest = -1
    for item in items:
        match item:
            case ModuleRegion(path=path) if path in calls:
                pass
            case ModuleRegion():
                height = _heights(item.items, levels, calls) + 1
                levels[height].append(item)
                highest = max(highest, height)
            case Merge():
                for branch in item.branches:
                    highest = max(highest, _heights(branch, levels, calls))
            case _:
                pass
    return highest


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
