"""What an ONNX file says of its weights and of what they need, besides the net itself.

A program that runs the file reads here how inputs are prepared and what the outputs stand for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from netlang.backends.weights import WeightSource, class_names

__all__ = ["facts_of_weights"]

_LONGEST = 1 << 16
"""Characters of a normalization's numbers: those of whitening may be megabytes."""


def facts_of_weights(
    facts: Mapping[str, object], source: WeightSource | None, seed: int
) -> dict[str, str]:
    """The entries of the metadata; `facts` are those that a run wrote beside the weights."""
    return {f"netlang.{name}": text for name, text in _entries(facts, source, seed)}


def _entries(
    facts: Mapping[str, object], source: WeightSource | None, seed: int
) -> Iterator[tuple[str, str]]:
    yield "weights", _origin(facts, source, seed)
    if classes := class_names(facts):
        yield "classes", json.dumps(classes, ensure_ascii=False)
    if "normalization" in facts:
        yield "normalization", json.dumps(_normalization(facts), ensure_ascii=False)
    steps = facts.get("test")
    if isinstance(steps, list):
        yield "test", " -> ".join(map(str, steps)) or "none"


def _origin(facts: Mapping[str, object], source: WeightSource | None, seed: int) -> str:
    """Where the weights come from: the name of the file, not of the folders around it."""
    if source is None:
        return f"random, drawn from seed {seed}: not trained"
    named = Path(source).name if isinstance(source, str | Path) else "given by a program"
    recipe, step = facts.get("recipe"), facts.get("step")
    trained = f" (recipe {recipe}, step {step})" if isinstance(recipe, str) else ""
    return f"{named}{trained}"


def _normalization(facts: Mapping[str, object]) -> dict[str, object] | None:
    """In words, and where it is `(x - subtract) / divide` by channel its numbers.

    None says that inputs are taken as they are.
    """
    kept, keys = facts.get("normalization"), facts.get("keys")
    if not isinstance(kept, dict):
        return None
    told: dict[str, object] = {"recipe": keys.get("normalize") if isinstance(keys, dict) else None}
    numbers = kept.get("numbers")
    if kept.get("function") == "affine" and isinstance(numbers, list) and len(numbers) == 2:
        rows = [each.get("values") for each in numbers if isinstance(each, dict)]
        if all(isinstance(row, list) for row in rows) and len(json.dumps(rows)) <= _LONGEST:
            told |= dict(zip(("subtract", "divide"), rows, strict=True))
    return told
