"""For which arguments a class is the block: what the steps of its instances have in common.

A block with a condition or a loop has other steps for other arguments. Each instance knows the
comparisons that its steps depend on; a class holds where those of any of its instances are true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from netlang.backends.torch.emit.arguments.comparisons import simplified
from netlang.backends.torch.emit.arguments.formulas import (
    Formula,
    Settled,
    Variable,
    expression,
    variables_in,
)
from netlang.backends.torch.python.printer import flat
from netlang.backends.torch.rewrite.class_sharing import Variant, Variants
from netlang.backends.torch.rewrite.terms import size_name
from netlang.ir.numbers.computed import COMPARISONS
from netlang.ir.numbers.provenance import (
    CallOrigin,
    InputOrigin,
    ParameterOrigin,
    origin_of,
    parts_of,
    traced_in,
)
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.ir.types import Types
from netlang.records import names_of

__all__ = ["Alternatives", "Conditions", "alternatives", "called", "told"]

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}

# A condition, and whether it is one of sizes that are joined.
_Condition: TypeAlias = tuple[CallOrigin, bool]
# Any of these holds, each of which needs all of its comparisons. Empty: always.
Alternatives: TypeAlias = tuple[tuple[CallOrigin, ...], ...]


def alternatives(
    conditions: Conditions, variant: Variant, settled: Settled, arguments: Collection[Variable]
) -> Alternatives:
    """The conditions on some arguments under which a class has the steps of its instances."""
    found = dict.fromkeys(
        frozenset(simplified(_own(conditions.of(function), settled, arguments)))
        for function in variant.instances
    )
    shorter = _shorter(list(found))
    if any(not each for each in shorter):
        return ()
    return tuple(tuple(sorted(each, key=str)) for each in shorter)


class Conditions:
    """What the steps of functions depend on, in the spec and in how PyTorch writes them."""

    def __init__(self, variants: Variants) -> None:
        self._variants = variants
        self._known: dict[Function, tuple[_Condition, ...]] = {}

    def of(self, function: Function) -> Iterator[_Condition]:
        """The comparisons that are true of an instance."""
        yield from ((condition, False) for condition in function.decided)
        yield from self._written(function)

    def _written(self, function: Function) -> tuple[_Condition, ...]:
        """Those of the code of its steps, and of what it calls, in its own terms."""
        if function not in self._known:
            self._known[function] = tuple(dict.fromkeys(self._found(function)))
        return self._known[function]

    def _found(self, function: Function) -> Iterator[_Condition]:
        for index, node in enumerate(function.nodes):
            inputs = function.input_types(node)
            if isinstance(node.callee, Op):
                for condition in self._variants.step(function, index).holds:
                    yield condition, False
                for condition in _lost(self._variants, function, index, node.callee):
                    yield condition, False
                for condition in _met(inputs, node.types):
                    yield condition, True
                continue
            terms = Retracing(node.arguments, tuple(each.shape for each in inputs))
            for condition, joins in self._written(node.callee):
                outer = terms.origin(condition)
                if isinstance(outer, CallOrigin):
                    yield outer, joins


def _met(inputs: Types, outputs: Types) -> Iterator[CallOrigin]:
    """Sizes of values that are joined element by element: equal, or 1 for all of an axis."""
    shape = outputs[0].shape if len(inputs) > 1 else ()
    if any(each.rank > len(shape) for each in inputs):
        return
    rows = [
        [each.shape[axis - len(shape)] for each in inputs if each.rank >= len(shape) - axis]
        for axis in range(len(shape))
    ]
    if any(set(row) - {1, size} for row, size in zip(rows, shape, strict=True)):
        return
    for row in rows:
        first = row[0] if row else 1
        for size in row[1:]:
            if isinstance(first, int) and isinstance(size, int):
                for one, other in ((first, size),) if first == size else ((first, 1), (size, 1)):
                    sides = (origin_of(one) or int(one), origin_of(other) or int(other))
                    if one == other and any(not isinstance(side, int) for side in sides):
                        yield CallOrigin("==", sides)


def _lost(variants: Variants, function: Function, index: int, op: Op) -> Iterator[CallOrigin]:
    """Numbers of an operator that its code doesn't have as such: they decided how it is written.

    Those that a weight has which is a value are in that value.
    """
    inputs = function.input_types(function.nodes[index])
    given = inputs[len(inputs) - len(op.given) :]
    written: set[Formula] = {
        origin for x in given for size in x.shape if (origin := origin_of(size)) is not None
    }
    for number in variants.numbers(function, index):
        origin = origin_of(number.value)
        if origin is not None:
            written.update(_inside(origin))
    for name in names_of(op):
        for value in traced_in(getattr(op, name)):
            if value.origin not in written:
                yield CallOrigin("==", (value.origin, +value))


def _inside(origin: Formula) -> Iterator[Formula]:
    yield origin
    for part in parts_of(origin):
        yield from _inside(part)


def _own(
    decided: Iterable[_Condition], settled: Settled, arguments: Collection[Variable]
) -> Iterator[CallOrigin]:
    """The conditions that speak of arguments; those of sizes that are joined, if these are some."""
    seen = set[object]()
    for condition, joins in decided:
        known = settled.known(condition)
        if not isinstance(known, CallOrigin):
            continue  # it is true whatever the arguments are
        variables = variables_in(known)
        sizes = [variable for variable in variables if isinstance(variable, InputOrigin)]
        if joins and sizes and all(v.axis > 0 and v not in arguments for v in sizes):
            continue
        same = frozenset(known.arguments) if known.function in ("==", "!=") else known.arguments
        if (known.function, same) in seen:
            continue
        seen.add((known.function, same))
        if any(variable in arguments for variable in variables):
            yield known


def _shorter(found: list[frozenset[CallOrigin]]) -> list[frozenset[CallOrigin]]:
    """The same alternatives with fewer comparisons: ``a, or not a and b`` is ``a, or b``."""
    alone = {next(iter(each)) for each in found if len(each) == 1}
    needless = {CallOrigin(COMPARISONS[each.function], each.arguments) for each in alone}
    if alone & needless:  # a comparison or its opposite: always
        return [frozenset()]
    cut = list(dict.fromkeys(each if len(each) == 1 else each - needless for each in found))
    kept = [each for each in cut if not any(other < each for other in cut)]
    return kept if kept == found else _shorter(kept)


def told(holds: Alternatives, names: Mapping[Variable, str], function: Function) -> tuple[str, ...]:
    """The alternatives in words of the class: ``stride != 1`` and ``in_channels != out``."""
    variables = {v for each in holds for condition in each for v in variables_in(condition)}
    known = {v: names.get(v) or called(v, function) for v in variables}
    rows = [[_comparison(each, known) for each in all_of] for all_of in holds]
    shared = [text for text in rows[0] if all(text in row for row in rows)] if rows[1:] else []
    if not shared:
        return tuple(" and ".join(row) for row in rows)
    left = (" and ".join(text for text in row if text not in shared) for row in rows)
    return (f"{' and '.join(shared)} and ({' or '.join(left)})",)


def called(variable: Variable, function: Function) -> str:
    """The name of a parameter of a block, or of a size of its input."""
    if isinstance(variable, ParameterOrigin):
        return variable.name.rpartition(".")[2]
    return size_name(function, variable)


def _comparison(condition: CallOrigin, names: Mapping[Variable, str]) -> str:
    left, right = condition.arguments
    function = condition.function
    if isinstance(left, int | float):
        left, right, function = right, left, _MIRRORED.get(function, function)
    sides = (flat(expression(side, names)) for side in (left, right))
    return f" {function} ".join(sides)
