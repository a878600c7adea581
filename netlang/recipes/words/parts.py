"""The parts of data, for training, for validation and for the test, and what they are called.

The same names are looked for in the data, on the command line and in Python.
"""

from __future__ import annotations

from typing import Final

from netlang.recipes.words.source import Data

__all__ = ["PARTS", "PART_WORDS", "TEST", "TRAIN", "VALIDATION", "known_parts", "part_of"]

TRAIN: Final = ("train", "training")
VALIDATION: Final = ("val", "valid", "validation")
TEST: Final = ("test", "testing")
PARTS: Final = ("train", "validation", "test")
_PART: Final = {
    **dict.fromkeys(TRAIN, "train"),
    **dict.fromkeys(VALIDATION, "validation"),
    **dict.fromkeys(TEST, "test"),
}
PART_WORDS: Final = frozenset(_PART)
"""The usual words for parts, whatever the data."""


def part_of(data: Data, word: str) -> str | None:
    """The part (`PARTS`) that a word stands for; None for any other word.

    What the recipe calls a part goes first: with `test="val"`, ``val`` is the test.
    """
    if word in PARTS:
        return word
    own = {name: part for part, name in data.part_names.items()}
    return own.get(word) or _PART.get(word)


def known_parts(data: Data) -> str:
    """The parts by their names, those of the recipe too, for a message."""
    return ", ".join((*PARTS, *data.part_names.values()))
