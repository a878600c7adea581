"""Fills the templates of diagnostics in. A file that is right never imports it.

A template is one of `str.format`, in which ``{parts:part/parts}`` is a number with its noun.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter

__all__ = ["fields_of", "filled"]


class _Words(Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        one, slash, several = format_spec.partition("/")
        if not slash:
            return str(super().format_field(value, format_spec))
        return f"{value} {one if str(value) == '1' else several}"


_WORDS = _Words()


@cache
def fields_of(template: str) -> tuple[str, ...]:
    """The fields that a template shows."""
    return tuple({name for _, name, _, _ in _WORDS.parse(template) if name})


def filled(template: str, values: Mapping[str, object]) -> str:
    """The template with these values in place of its fields."""
    return _WORDS.vformat(template, (), values)
