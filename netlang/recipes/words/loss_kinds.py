"""Kinds of losses by what they compare, and kinds of their arguments."""

from __future__ import annotations

from enum import Enum, auto

from netlang.ir.arguments import Keyword, Kind, Mismatch, non_negative
from netlang.recipes.kinds import positive, words

__all__ = ["Comparison", "class_weights", "per_class", "spared"]

_KINDS = ("norms", "biases")


class Comparison(Enum):
    """How the operands of a loss must match."""

    ELEMENTS = auto()
    """Numbers of one shape."""
    CLASSES = auto()
    """Logits ``[C, ...]`` and class numbers ``[...]``, or probabilities ``[C, ...]``."""
    EITHER = auto()
    """One of the two."""
    ALONE = auto()
    """Nothing: there is one operand, or none."""


def _row(item: Kind, value: object) -> object:
    if not isinstance(value, tuple) or not value:
        raise Mismatch
    return tuple(item.convert(each) for each in value)


def _class_weights(value: object) -> object:
    row = _row(non_negative, value)
    assert isinstance(row, tuple)
    if not any(row):
        raise Mismatch("a list of zeros")
    return row


def _per_class(value: object) -> object:
    return _row(positive, value) if isinstance(value, tuple) else positive.convert(value)


def _spared(value: object) -> object:
    is_none = isinstance(value, Keyword) and value == "none"
    return () if is_none else words(*_KINDS).convert(value)


class_weights = Kind("a list of numbers >= 0, one for each class", _class_weights)
per_class = Kind("a number above 0, or a list of one for each channel", _per_class)
spared = Kind("a list of `norms`, `biases`, or `none`", _spared, (*_KINDS, "none"))
