"""The path of a test that a run stored beside its weights, read from facts that can be anyone's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netlang.backends.weights import WeightSource
from netlang.backends.weights.diagnostics import UnreadableWeights
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.recipes.keys import KEYS
from netlang.recipes.overrides import read_override
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.geometry import Flip
from netlang.recipes.words.sizes import Crop, MultiScale, Resize, ResizeShorter

__all__ = ["kept_path"]

_MOST_STEPS, _LONGEST, _LARGEST = 16, 200, 1 << 14


def kept_path(
    facts: Mapping[str, object], weights: WeightSource | None
) -> tuple[Augmentation, ...] | None:
    """The steps that prepared the images of a test; None if the weights don't tell.

    Raises `NetlangError`, naming `weights`, for what isn't a path of a test, and for one with more
    than `_MOST_STEPS` steps or sizes above `_LARGEST`.
    """
    told = facts.get("test")
    if told is None:
        return None
    found: tuple[Augmentation, ...] | None = None
    if isinstance(told, list) and len(told) <= _MOST_STEPS and all(map(_is_short, told)):
        found = _read(" -> ".join(told) or "none")
    if found is None or not all(map(_is_usual, found)):
        source = str(weights) if isinstance(weights, str | Path) else "the weights"
        reason = "the path of a test that it tells of isn't one"
        raise NetlangError(UnreadableWeights(span=None, source=source, reason=reason))
    return found


def _is_short(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= _LONGEST


def _read(text: str) -> tuple[Augmentation, ...] | None:
    """The path that a text says; None if it says none."""
    try:
        entry = read_override(f"test={text}")
        steps = KEYS["test"]("test", entry.value, Environment(_nothing))
    except NetlangError:
        return None
    return steps if isinstance(steps, tuple) else None


def _nothing(name: str) -> None:
    """No name means anything in a file of weights."""


def _is_usual(step: Augmentation) -> bool:
    """Whether a step is for tests, and no larger than images are."""
    if isinstance(step, Flip):
        return True
    sizes: tuple[int, ...] = ()
    if isinstance(step, MultiScale):
        sizes = step.sizes
    elif isinstance(step, ResizeShorter):
        sizes = step.bounds
    elif isinstance(step, Crop):
        sizes = (*step.sides, step.pad)
    elif isinstance(step, Resize):
        sizes = step.sides
    return step.for_tests and bool(sizes) and max(sizes) <= _LARGEST
