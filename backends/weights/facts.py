"""The facts that a run stores beside its weights: classes, image preparation, recipe and step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from netlang.backends.weights.files import PICKLES, WeightSource, metadata_of
from netlang.backends.weights.signature import FACTS

__all__ = ["class_names", "facts_beside", "facts_in", "fit_to_show", "trained_net"]

_LONGEST_SHOWN = 200


def facts_beside(source: WeightSource) -> Mapping[str, object]:
    """The facts of a run's file or a training script's; none for files written by others.

    Raises `NetlangError` for a file that can't be read.
    """
    if isinstance(source, Mapping) or Path(source).suffix not in (".safetensors", *PICKLES):
        return {}
    return facts_in(metadata_of(Path(source)))


def facts_in(metadata: Mapping[str, str]) -> Mapping[str, object]:
    """The facts in a file's metadata; none if they can't be read."""
    text = metadata.get(FACTS, "{}")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def class_names(facts: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the labels by number; none if the facts have none."""
    classes = facts.get("classes")
    if isinstance(classes, list) and all(isinstance(name, str) for name in classes):
        return tuple(classes)
    return ()


def trained_net(facts: Mapping[str, object]) -> str | None:
    """The net of the run as written in its recipe (``digits(width=32)``); None if unknown.

    Facts may come from a stranger's file: see `fit_to_show`.
    """
    keys = facts.get("keys")
    return fit_to_show(keys.get("model") if isinstance(keys, dict) else None)


def fit_to_show(text: object) -> str | None:
    """The text of a stranger's file; None for one too long or unfit for a terminal."""
    if isinstance(text, str) and len(text) <= _LONGEST_SHOWN and text.isprintable():
        return text
    return None
