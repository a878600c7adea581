"""Records: how classes that hold values are declared here.

A record is a `msgspec.Struct`: its annotated fields define its constructor, comparison, hash
and `match` pattern, as with `dataclasses`, but in C. Defining one takes microseconds, a
dataclass half a millisecond, which used to be most of the start-up time.

Class keywords change the behaviour: ``kw_only=True``, ``eq=False`` (equal if the same object),
``order=True``, ``dict=True`` (for a `cached_property`), ``weakref=True``, ``cache_hash=True``,
``gc=False`` (objects that can't be part of a cycle: smaller, and skipped by the collector).
Defaults follow ``=``; mutable ones are ``field(default_factory=list)``. Options are inherited,
except for ``kw_only``, which applies only to the fields of one class.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from msgspec import Struct, StructMeta, field
from msgspec.structs import astuple, force_setattr, replace

__all__ = [
    "ComparedInPart",
    "Draft",
    "KeywordOnly",
    "Record",
    "field",
    "names_of",
    "no_collection",
    "replace",
    "set_once",
    "values_of",
]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(Struct, frozen=True):
    """Base of all records: frozen, compared and hashed by fields."""

    if TYPE_CHECKING:

        def __init__(self) -> None:
            """Without fields, there are no arguments; the type checker would allow any."""


@dataclass_transform(field_specifiers=(field,))
class Draft(Struct):
    """Base of mutable records for values under construction: fields may be set; no hash."""


class KeywordOnly(StructMeta):
    """Metaclass for families of records whose fields are all keyword-only."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> KeywordOnly:
        return super().__new__(cls, name, bases, namespace, **{"kw_only": True, **options})


class ComparedInPart(Record):
    """A record whose comparison and hash ignore the fields in `aside`."""

    aside: ClassVar[tuple[str, ...]]

    def _compared(self) -> tuple[object, ...]:
        names = self.__struct_fields__
        return tuple([getattr(self, name) for name in names if name not in self.aside])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, ComparedInPart)
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())


def names_of(record: Struct | type[Struct]) -> tuple[str, ...]:
    """The field names of a record or a class of records, in the order of the constructor."""
    return record.__struct_fields__


def values_of(record: Struct) -> tuple[Any, ...]:
    """The fields of a record, in the order of the constructor."""
    return astuple(record)


def set_once(record: Struct, name: str, value: object) -> None:
    """Set a field of a frozen record that ``__post_init__`` derives from others."""
    force_setattr(record, name, value)


@contextmanager
def no_collection() -> Iterator[None]:
    """Suspends garbage collection while many records are made that stay and form no cycles.

    A collection would visit all of them again and again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
