"""What a training script wrote beside its weights: recipe, classes, step, normalization.

A script that `netlang compile SPEC:recipe -o train.py` wrote keeps these in its checkpoints, as
texts, numbers and tensors. Here they become the facts that a run of `netlang train` writes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.weights.pickles.checkpoint import is_tensor, loaded
from netlang.backends.weights.signature import FACTS
from netlang.diagnostics.errors import NetlangError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["numbers_told", "pickled_metadata", "told_in"]

# Longer rows of numbers are kept as bytes.
_SPELLED = 4096


def pickled_metadata(path: Path) -> dict[str, str]:
    """The facts of a script's checkpoint, as the metadata of a file of weights has them.

    Nothing where a file has none, or can't be read: that is told when its tensors are read.
    """
    try:
        found = loaded(path, mapped=True)
    except NetlangError:
        return {}
    return told_in(found) if isinstance(found, Mapping) else {}


def told_in(found: Mapping[object, object]) -> dict[str, str]:
    """The same of a file that has been read."""
    facts = _facts(found)
    return {FACTS: json.dumps(facts)} if facts else {}


def numbers_told(values: NDArray[np.float32]) -> dict[str, object]:
    """Numbers for JSON: nothing is lost on the way."""
    shape = list(values.shape)
    if values.size <= _SPELLED:
        return {"shape": shape, "values": values.ravel().tolist()}
    return {"shape": shape, "float32": b64encode(values.astype("<f4").tobytes()).decode()}


def _facts(found: Mapping[object, object]) -> dict[str, object]:
    given = found.get("facts")
    if not isinstance(given, Mapping) or not isinstance(given.get("recipe"), str):
        return {}
    facts: dict[str, object] = {"recipe": given["recipe"], "classes": _names(given.get("classes"))}
    run = found.get("run")
    step = run.get("step") if isinstance(run, Mapping) else found.get("step")
    if type(step) is int:
        facts["step"] = step
    if "mean" in found:
        # One number for each channel: the script has them in the shape of an image.
        facts["normalization"] = _normalization(
            "affine", found["mean"], found.get("std"), flat=True
        )
    elif "normalization" in found:
        kept = found["normalization"]
        named = kept if isinstance(kept, tuple) and len(kept) == 3 else ("",)
        facts["normalization"] = None if kept is None else _normalization(*named, flat=False)
    return facts


def _names(classes: object) -> list[str] | None:
    names = [str(name) for name in classes] if isinstance(classes, list) else []
    return names if names == classes else None


def _normalization(name: object, *numbers: object, flat: bool) -> dict[str, object]:
    """A normalization with its numbers; what is none is left for its reader to refuse."""
    tensors = [each for each in numbers if is_tensor(each)]
    if not isinstance(name, str) or len(tensors) != 2:
        return {}
    values = [each.detach().cpu().float().numpy() for each in tensors]
    told = [numbers_told(each.ravel() if flat else each) for each in values]
    return {"function": name, "numbers": told}
