"""Kinds of arguments of data sources: names of parts, channels, arrays."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.ir.arguments import Keyword, Kind, Mismatch, text
from netlang.recipes.kinds import plain_name

__all__ = [
    "FOUND", "NONE", "channels", "held_apart", "name_list", "named_parts", "optional",
    "optional_part", "part",
]  # fmt: skip

FOUND = "found"
NONE = "none"


def optional(kind: Kind) -> Kind:
    """The values of a kind, or `none`, which gives None."""

    def convert(value: object) -> object:
        is_none = isinstance(value, Keyword) and value == NONE
        return None if is_none else kind.convert(value)

    return Kind(f"{kind.description} or `none`", convert, (*kind.keywords, NONE))


def _part(*keywords: str) -> Kind:
    def convert(value: object) -> object:
        if isinstance(value, Keyword) and value in keywords:
            return str(value)
        name = plain_name.convert(value)
        # These would read as the bare words do.
        if name in (FOUND, NONE):
            raise Mismatch(f'"{name}", which is a bare word here')
        return name

    words = "".join(f" or `{word}`" for word in keywords)
    return Kind(f"{plain_name.description}{words}", convert, keywords)


def _channels(value: object) -> object:
    if isinstance(value, bool) or value not in (1, 3):
        raise Mismatch
    return value


def _names(value: object) -> object:
    if not isinstance(value, tuple) or not value:
        raise Mismatch
    found = tuple(text.convert(item) for item in value)
    if not all(isinstance(name, str) and name.isidentifier() for name in found):
        raise Mismatch
    if len(set(found)) < len(found):
        raise Mismatch("a list with a name twice")
    return found


part = _part(FOUND)
optional_part = _part(FOUND, NONE)
channels = Kind("1 (grey) or 3 (RGB)", _channels)
name_list = Kind('a list of different names (`["image", "mask"]`)', _names)


def held_apart(validation: str) -> bool | None:
    """Whether data have a separate validation part, by what the recipe calls it."""
    return {FOUND: None, NONE: False}.get(validation, True)


def named_parts(train: str, validation: str, test: str) -> Mapping[str, str]:
    """The names that a recipe itself gives, by part."""
    given = {"train": train, "validation": validation, "test": test}
    return {part: name for part, name in given.items() if name not in (FOUND, NONE)}
