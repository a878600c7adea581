"""Kinds of arguments: what a field of an operator or recipe accepts from the language.

The elaborator passes plain compile-time values (int, float, bool, str, `Keyword`, tuple, `Dim`,
layers). A kind either converts a value or says that it doesn't fit. The fields of a `Described`
class are the whole signature: order, names, defaults and kinds.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, dataclass_transform, overload

from msgspec import NODEFAULT

from netlang.ir.dims import Expr
from netlang.ir.numbers.computed import is_number
from netlang.ir.numbers.provenance import Traced, TracedFloat
from netlang.records import KeywordOnly, Record, field

__all__ = [
    "Argument", "Described", "Keyword", "Kind", "Mismatch", "argument", "between", "choice",
    "count", "default_of", "epsilon", "flag", "integer", "keywords_of", "natural", "non_negative",
    "non_zero", "number", "positive", "positive_epsilon", "probability", "shape", "sizes",
    "literal_tensor", "text", "signature",
]  # fmt: skip

_T = TypeVar("_T")


class Keyword(str):
    """A bare word as an argument: `same`, `fan_out`."""

    __slots__ = ()


class Mismatch(Exception):
    """The value isn't of the kind. The message says what was found, if that helps."""


class Kind(Record):
    """What an argument accepts, in words for messages, and its conversion."""

    description: str
    convert: Callable[[object], object]
    keywords: tuple[str, ...] = ()


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Mismatch
    return value


def _integer_between(minimum: int, maximum: int | None = None) -> Callable[[object], object]:
    def convert(value: object) -> object:
        number = _integer(value)
        if number < minimum or (maximum is not None and number > maximum):
            raise Mismatch
        return number

    return convert


# A single-precision float: runtimes keep the arguments of operators as such (IEEE 754, binary32).
_LARGEST = (2.0 - 2.0**-23) * 2.0**127
_SMALLEST = 2.0**-149


def _number(value: object) -> float:
    if not is_number(value):
        raise Mismatch
    if abs(value) > _LARGEST:
        raise Mismatch(f"{value:.6g}, which is infinite in single precision")
    # 0 has no sign: -0.0 and 0.0 are equal, and equal steps are one.
    found = float(value) + 0.0
    if isinstance(value, (Traced, TracedFloat)):
        return TracedFloat(found, value.origin, value.operators)
    return found


def _number_that(accepts: Callable[[float], bool]) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not accepts(_number(value)):
            raise Mismatch
        if 0 < abs(_number(value)) <= _SMALLEST / 2 and not accepts(0.0):
            raise Mismatch(f"{value:.6g}, which is 0 in single precision")
        return _number(value)

    return convert


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Mismatch
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or isinstance(value, Keyword):
        raise Mismatch
    return value


def _shape(value: object) -> tuple[int | Expr, ...]:
    if not isinstance(value, tuple):
        raise Mismatch
    for size in value:
        if isinstance(size, bool) or not isinstance(size, (int, Expr)):
            raise Mismatch
        if isinstance(size, int) and size < 1:
            raise Mismatch(f"a list with {size} in it; each size is a whole number >= 1")
    return value


def _tensor(value: object) -> tuple[object, ...]:
    """A nested tuple of numbers with equal lengths on every level."""
    if not isinstance(value, tuple) or not value:
        raise Mismatch
    if any(isinstance(item, tuple) for item in value):
        rows = tuple(_tensor(item) for item in value)
        if len({len(row) for row in rows}) > 1:
            raise Mismatch("rows of different length")
        return rows
    return tuple(_number(item) for item in value)


def _epsilon(accepts: Callable[[float], bool]) -> Callable[[object], object]:
    """What a norm adds to a variance. A whole number would be channels, as in PyTorch."""

    def convert(value: object) -> object:
        if _number(value) >= 1.0 and isinstance(value, int):
            raise Mismatch(f"{value}; the channels are counted in the input, not given")
        if not (accepts(_number(value)) and _number(value) < 1.0):
            raise Mismatch
        if 0 < _number(value) <= _SMALLEST / 2 and not accepts(0.0):
            raise Mismatch(f"{value}, which is 0 in single precision")
        return _number(value)

    return convert


count = Kind("a whole number >= 1", _integer_between(1))
natural = Kind("a whole number >= 0", _integer_between(0))
integer = Kind("a whole number", _integer)
number = Kind("a number", _number)
positive = Kind("a number > 0", _number_that(lambda value: value > 0.0))
non_negative = Kind("a number >= 0", _number_that(lambda value: value >= 0.0))
non_zero = Kind("a number other than 0", _number_that(lambda value: value != 0.0))
epsilon = Kind("a number >= 0 and < 1", _epsilon(lambda value: value >= 0.0))
positive_epsilon = Kind("a number > 0 and < 1", _epsilon(lambda value: value > 0.0))
probability = Kind("a number from 0 to 1", _number_that(lambda value: 0.0 <= value <= 1.0))
flag = Kind("true or false", _flag)
text = Kind("a string", _text)
shape = Kind("a list of sizes", _shape)
literal_tensor = Kind("a nested list of numbers", _tensor)


def between(minimum: int, maximum: int) -> Kind:
    """A whole number between two bounds, inclusive."""
    return Kind(f"a whole number from {minimum} to {maximum}", _integer_between(minimum, maximum))


def sizes(*keywords: str, minimum: int = 1, maximum: int | None = None) -> Kind:
    """One whole number for all spatial axes, or one for each (``3`` or ``3x5``), or a keyword."""
    whole = _integer_between(minimum, maximum)

    def convert(value: object) -> object:
        if isinstance(value, Keyword) and value in keywords:
            return str(value)
        if isinstance(value, tuple) and value:
            return tuple([whole(size) for size in value])
        return whole(value)

    words = "".join(f" or `{word}`" for word in keywords)
    range_ = f">= {minimum}" if maximum is None else f"from {minimum} to {maximum}"
    return Kind(f"a whole number {range_} or one for each axis (`3x3`){words}", convert, keywords)


def choice(*keywords: str) -> Kind:
    """One of a set of bare words."""

    def convert(value: object) -> object:
        if not isinstance(value, Keyword) or value not in keywords:
            raise Mismatch
        return str(value)

    return Kind(f"one of {', '.join(f'`{word}`' for word in keywords)}", convert, keywords)


class Argument(Record):
    """One argument of a signature, in positional order."""

    name: str
    kind: Kind
    required: bool
    default: object
    doc: str


class _Declared(Record):
    """What `argument` declares for a field; the field itself has only a type and a default."""

    kind: Kind
    doc: str
    default: object


@overload
def argument(kind: Kind, doc: str) -> Any: ...
@overload
def argument(kind: Kind, doc: str, *, default: _T) -> _T: ...
def argument(kind: Kind, doc: str, *, default: object = NODEFAULT) -> object:
    """Declares a field that the language can set: ``out: int = argument(count, "channels")``."""
    return _Declared(kind, doc, default)


class _Describing(ABCMeta, KeywordOnly):
    """Turns the declarations of `argument` into fields, all of them keyword-only."""

    declared: Mapping[str, _Declared]

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> _Describing:
        declared = {k: each for k, each in namespace.items() if isinstance(each, _Declared)}
        for key, each in declared.items():
            if each.default is NODEFAULT:
                del namespace[key]
            else:
                namespace[key] = each.default
        made = super().__new__(cls, name, bases, namespace, **options)
        inherited = (getattr(base, "declared", {}) for base in reversed(bases))
        made.declared = {k: v for each in (*inherited, declared) for k, v in each.items()}
        return made


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(argument, field))
class Described(Record, metaclass=_Describing):
    """Base of operators and recipe descriptions: fields made with `argument` are a signature."""


@cache
def signature(cls: type[Described]) -> tuple[Argument, ...]:
    """The arguments of a class in the order of declaration, inherited ones first."""
    return tuple(
        Argument(
            name,
            each.kind,
            each.default is NODEFAULT,
            None if each.default is NODEFAULT else each.default,
            each.doc,
        )
        for name, each in cls.declared.items()
    )


def default_of(cls: type[Described], name: str) -> object:
    """The default of an argument that has one."""
    return cls.declared[name].default


def keywords_of(cls: type[Described]) -> frozenset[str]:
    """Every bare word that some argument of `cls` takes."""
    return frozenset(word for item in signature(cls) for word in item.kind.keywords)
