"""Records: how classes that hold values are declared here.

A record is a `msgspec.Struct`: its annotated fields are its constructor, its comparison, its hash
and its pattern for `match`, as with `dataclasses`, but made in C: defining one costs microseconds
where a dataclass costs half a millisecond, which is most of what a start used to take.

Class keywords say what differs: ``kw_only=True``, ``eq=False`` (equal if the same object),
``order=True``, ``dict=True`` (for a `cached_property`), ``weakref=True``, ``cache_hash=True``,
``gc=False`` (no object can lead back to itself: smaller, and nothing for the collector to visit).
Defaults stand behind ``=``; those that each object needs anew are ``field(default_factory=list)``.
Options are inherited, but for ``kw_only``, which goes for the fields of a class alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from msgspec import Struct, StructMeta, field
from msgspec.structs import force_setattr, replace

__all__ = [
    "ComparedInPart",
    "Draft",
    "KeywordOnly",
    "Record",
    "field",
    "names_of",
    "replace",
    "set_once",
]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(Struct, frozen=True):
    """Base of every record: frozen, compared and hashed by its fields."""

    if TYPE_CHECKING:

        def __init__(self) -> None:
            """Without fields there is nothing to give: the type checker would allow anything."""


@dataclass_transform(field_specifiers=(field,))
class Draft(Struct):
    """Base of what is filled in while something is made: fields may be set, no hash."""


class KeywordOnly(StructMeta):
    """Metaclass of families of records whose fields are all given by name."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> KeywordOnly:
        return super().__new__(cls, name, bases, namespace, **{"kw_only": True, **options})


class ComparedInPart(Record):
    """A record that is compared and hashed without the fields that `aside` names."""

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
    """The names of the fields of a record or class of records, in the order of the constructor."""
    return record.__struct_fields__


def set_once(record: Struct, name: str, value: object) -> None:
    """Set a field of a frozen record that ``__post_init__`` derives from the others."""
    force_setattr(record, name, value)
