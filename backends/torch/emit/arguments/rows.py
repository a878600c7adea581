"""Parameters that are lists of numbers, such as a kernel ``(1, 3)``: each is one argument.

Where every instance and call gives equal items, as most kernels are, one number stands for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netlang.backends.torch.emit.arguments.constructors import ConstructorArgument, changed
from netlang.backends.torch.emit.arguments.formulas import Given, Variable, one_number, plain
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python.traverse import map_expression, walk
from netlang.backends.torch.python.tree import (
    Constant,
    Expression,
    Index,
    Name,
    Number,
    PerAxis,
    TupleDisplay,
)
from netlang.backends.torch.rewrite.class_sharing import Variant
from netlang.ir.numbers.provenance import Applied, InputOrigin, ParameterOrigin, argument_of, is_row
from netlang.ir.program import Function
from netlang.records import Record

__all__ = [
    "ListParameters",
    "environment_of",
    "parameter_names",
    "passed",
    "rows_of",
    "with_rows",
]


class ListParameters(Record):
    """The list parameters of a variant: those of equal items, and the lengths of the others.

    In some instances, one number may be given for all items of those in `spread`.
    """

    single: frozenset[str]
    lengths: Mapping[str, int]
    spread: frozenset[str]


def parameter_names(function: Function) -> Iterator[str]:
    """The parameters of a function, and the arguments of those that are layers."""
    left = list(reversed(list(function.arguments.items())))
    while left:
        name, value = left.pop()
        if isinstance(value, Applied):
            left += [(f"{name}.{key}", each) for key, each in reversed(list(value.numbers()))]
        else:
            yield name


def rows_of(variant: Variant) -> ListParameters:
    """The list parameters of a variant, judged by all of its instances and calls."""
    single, lengths, spread = set[str](), dict[str, int](), set[str]()
    for name in parameter_names(variant.sample):
        own = [argument_of(function.arguments, name) for function in variant.instances]
        given = [argument_of(site.node.arguments, name) for site in variant.sites]
        values = [value for value in (*own, *given) if value is not None]
        rows = [value for value in values if is_row(value)]
        if not rows or any(not is_row(v) and one_number(v) is None for v in values):
            continue
        if all(one_number(value) is not None for value in values):
            single.add(name)
        elif len({len(row) for row in rows}) == 1:
            lengths[name] = len(rows[0])
            if len(rows) < len(values):
                spread.add(name)
    return ListParameters(frozenset(single), lengths, frozenset(spread))


def environment_of(function: Function, rows: ListParameters) -> dict[Variable, Given]:
    """The values of a function's parameters and input sizes, as plain numbers."""
    found: dict[Variable, Given] = {}
    for name in parameter_names(function):
        value = argument_of(function.arguments, name)
        number = one_number(value)
        if name in rows.lengths:
            items = value if is_row(value) else (number,) * rows.lengths[name]
            found[ParameterOrigin(name)] = tuple(plain(item) for item in items if item is not None)
        elif number is not None and (name in rows.single or not isinstance(value, tuple)):
            found[ParameterOrigin(name)] = plain(number)
    for index, port in enumerate(function.inputs):
        for axis, size in enumerate(port.type.shape):
            if isinstance(size, int):
                found[InputOrigin(index, axis)] = int(size)
    return found


def _with_whole_rows(part: Expression, lengths: Mapping[str, int], tuples: set[str]) -> Expression:
    """``(kernel[0], kernel[1])`` as ``kernel``; `lengths` are those of lists by their names.

    Those that have to be tuples are added to `tuples`.
    """

    def change(inner: Expression) -> Expression:
        if not isinstance(inner, TupleDisplay | PerAxis):
            return inner
        name = _row_name(inner.items)
        if name is None or len(inner.items) != lengths.get(name):
            return TupleDisplay(inner.items)
        if isinstance(inner, TupleDisplay):
            tuples.add(name)
        return Name(name)

    return map_expression(part, change)


def _row_name(items: tuple[Expression, ...]) -> str | None:
    """The name of a list whose items these are, in order."""
    names = {
        item.value.id
        for place, item in enumerate(items)
        if isinstance(item, Index) and isinstance(item.value, Name) and item.item == Constant(place)
    }
    every = all(isinstance(item, Index) for item in items)
    return names.pop() if every and len(names) == 1 else None


def passed(argument: ConstructorArgument, value: Given) -> Expression:
    """What a call passes: a number, or a list, for which one number may stand."""
    if not isinstance(value, tuple):
        return Number(value, argument.name)
    items = tuple(Number(item, argument.name) for item in value)
    return PerAxis(items) if argument.whole else TupleDisplay(items)


def with_rows(
    arguments: tuple[ConstructorArgument, ...], steps: tuple[Lowered, ...]
) -> tuple[tuple[ConstructorArgument, ...], tuple[Lowered, ...]]:
    """Steps that read lists as a whole where they can, and the arguments with that known.

    One number can stand for a list that is read by number of axis alone: no item of it is read by
    itself, and neither a function nor another class is given it where a tuple has to stand.
    """
    lengths = {each.name: each.length for each in arguments if each.length}
    read = set[str]()
    whole = tuple(
        changed(step, lambda part: _with_whole_rows(part, lengths, read)) for step in steps
    )
    read |= {
        part.value.id
        for step in whole
        for expression in (step.constructor, step.apply, step.function)
        if expression is not None
        for part in walk(expression)
        if isinstance(part, Index) and isinstance(part.value, Name)
    }
    return tuple(
        replace(each, whole=each.name not in read) if each.length else each for each in arguments
    ), whole
