"""Numbers and other arguments as text, also where several variants of a block share one drawing.

A block drawn once stands for every instance with the same structure. A value on which all instances
agree is written as it is. Otherwise the text is the formula over the block's parameters that holds
for all of them (``4·width``) or, if there is no such formula, the list of values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from netlang.analysis.render.describe import is_window
from netlang.analysis.render.describe import value_text as text_in_language
from netlang.backends.graphviz.markup import TIMES
from netlang.ir.arguments import Argument
from netlang.ir.dims import Dim, evaluate
from netlang.ir.numbers.provenance import (
    BinaryOrigin,
    CallOrigin,
    InputOrigin,
    ItemOrigin,
    Origin,
    ParameterOrigin,
    origin_of,
)
from netlang.ir.program import Function
from netlang.ir.types import DType, TensorType
from netlang.records import Record

__all__ = ["Reader", "type_text", "value_text"]

_DOT = "·"
_MOST_LISTED = 4
_AXES = ("channels", "height", "width")


def value_text(value: object, argument: Argument | None = None) -> str:
    """One compile-time value as a table has it, with few digits and a window's sign for times."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Function):
        return value.name
    if isinstance(value, tuple):
        if is_window(value, argument):
            return TIMES.join(map(str, value))
        return f"[{', '.join(value_text(item, argument) for item in value)}]"
    return text_in_language(value, argument)


def type_text(kind: TensorType, sizes: Mapping[str, int]) -> str:
    """A shape at the given sizes: ``64x112x112``. A type other than float32 is named."""
    shape = TIMES.join(str(_at(dim, sizes)) for dim in kind.shape) or "scalar"
    return shape if kind.dtype is DType.FLOAT32 else f"{kind.dtype.value} {shape}"


def _at(dim: Dim, sizes: Mapping[str, int]) -> int:
    return evaluate(dim, sizes)


class Reader(Record, dict=True):
    """Reads values of the functions that one drawing stands for; the first one is the sample."""

    members: tuple[Function, ...]

    @property
    def single(self) -> bool:
        return len(self.members) == 1

    def text(self, values: tuple[object, ...], argument: Argument | None = None) -> str:
        """The text for `values`, which holds the value of each member in one place."""
        if all(value == values[0] for value in values):
            return value_text(values[0], argument)
        found = self._traced(values) or self._fitted(values) or self._itemized(values, argument)
        return found or _listed(values, argument)

    def _itemized(self, values: tuple[object, ...], argument: Argument | None) -> str | None:
        """Lists of equal lengths, item by item, where each item has a formula."""
        lists = [value for value in values if isinstance(value, tuple)]
        if len({len(each) for each in lists}) != 1 or len(lists) < len(values):
            return None
        items = [
            value_text(item[0], argument)
            if all(each == item[0] for each in item)
            else self._traced(item) or self._fitted(item)
            for item in zip(*lists, strict=True)
        ]
        found = [item for item in items if item]
        return f"[{', '.join(found)}]" if len(found) == len(items) else None

    def _traced(self, values: tuple[object, ...]) -> str | None:
        """The origin that the numbers carry, if all of them carry the same formula."""
        origins = [origin_of(value) for value in values]
        if origins[0] is None or any(origin != origins[0] for origin in origins):
            return None
        return _formula(origins[0], dict(self.members[0].size_names))

    def _fitted(self, values: tuple[object, ...]) -> str | None:
        """A parameter, or a multiple or product of parameters, that gives every value."""
        numbers = [value for value in values if isinstance(value, int)]
        for name, column in self._columns.items():
            if column == values:
                return name
        if len(numbers) < len(values):
            return None
        return next(self._products(tuple(numbers)), None)

    def _products(self, values: tuple[int, ...]) -> Iterator[str]:
        columns = {
            name: tuple(number for number in column if isinstance(number, int) and number > 0)
            for name, column in self._columns.items()
        }
        whole = {name: column for name, column in columns.items() if len(column) == len(values)}
        for name, column in whole.items():
            factor = values[0] // column[0]
            if factor > 1 and all(factor * x == y for x, y in zip(column, values, strict=True)):
                yield f"{factor}{_DOT}{name}"
        for name, column in whole.items():
            for other, second in whole.items():
                if all(x * y == v for x, y, v in zip(column, second, values, strict=True)):
                    yield f"{name}{_DOT}{other}"

    @cached_property
    def _columns(self) -> dict[str, tuple[object, ...]]:
        """The value of each parameter, and of the input's channels, in every member."""
        names = tuple(self.members[0].arguments)
        columns: dict[str, tuple[object, ...]] = {
            name: tuple(member.arguments.get(name) for member in self.members) for name in names
        }
        if all(member.inputs and member.inputs[0].type.shape for member in self.members):
            columns["in.channels"] = tuple(
                member.inputs[0].type.channels for member in self.members
            )
        return columns


def _listed(values: tuple[object, ...], argument: Argument | None) -> str:
    texts = list(dict.fromkeys(value_text(value, argument) for value in values))
    if len(texts) > _MOST_LISTED:
        texts = [texts[0], "…", texts[-1]]
    return " | ".join(texts)


def _formula(origin: Origin | int | float, names: Mapping[InputOrigin, str]) -> str:
    """A formula, in which sizes of the input have the names that the block gives them."""
    if isinstance(origin, int | float):
        return str(origin)
    if isinstance(origin, ParameterOrigin):
        return origin.name
    if isinstance(origin, InputOrigin):
        if origin in names:
            return names[origin]
        axis = _AXES[origin.axis] if origin.axis < len(_AXES) else f"shape[{origin.axis}]"
        return f"in.{axis}" if origin.index == 0 else f"in{origin.index}.{axis}"
    if isinstance(origin, ItemOrigin):
        return f"{origin.name}[{origin.index}]"
    if isinstance(origin, CallOrigin):
        if origin.function == "neg":
            return f"-{_operand(origin.arguments[0], names)}"
        inner = ", ".join(_formula(each, names) for each in origin.arguments)
        return f"{origin.function}({inner})"
    sign = {"*": _DOT, "//": "/"}.get(origin.operator, f" {origin.operator} ")
    return f"{_operand(origin.left, names)}{sign}{_operand(origin.right, names)}"


def _operand(origin: Origin | int | float, names: Mapping[InputOrigin, str]) -> str:
    text = _formula(origin, names)
    nested = isinstance(origin, BinaryOrigin) and origin.operator in "+-%"
    return f"({text})" if nested else text
