"""What a training script wrote beside its weights: recipe, classes, step, normalization.

A script that `netlang compile SPEC:recipe -o train.py` wrote keeps these in its checkpoints, as
texts, numbers and tensors. Here they become the facts that a run of `netlang train` writes.

A stranger's file says what it likes under the same names. On exit, the facts are no longer than a
small multiple of what the file holds: a tensor that repeats its elements, has too many or is no
array of floats in memory becomes no numbers, and classes that repeat long texts become none.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.weights.pickles.archive import LONGEST_PICKLE
from netlang.backends.weights.pickles.checkpoint import is_tensor, loaded, stored_tensor
from netlang.backends.weights.signature import FACTS
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["numbers_told", "pickled_metadata", "step_of", "told_in"]

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


def step_of(facts: Mapping[str, object] | Mapping[object, object]) -> int | None:
    """The step at which weights were saved; None for what isn't a count of 64 bits."""
    step = facts.get("step")
    return step if type(step) is int and 0 <= step < 1 << 63 else None


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
    step = step_of(run if isinstance(run, Mapping) else found)
    if step is not None:
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
    """The names of classes; None if some aren't texts, or if they are longer than a file's own.

    A pickle may repeat a text by its number, a hundred thousand times.
    """
    listed = classes if isinstance(classes, list) else [None]
    names = [name for name in listed if type(name) is str]
    whole = len(names) == len(listed) and sum(map(len, names)) <= LONGEST_PICKLE
    return names if whole else None


def _normalization(name: object, *numbers: object, flat: bool) -> dict[str, object]:
    """A normalization with its numbers; nothing, which its reader refuses, if it isn't one.

    That is one without a name, or with something else than two arrays that `_numbers` takes.
    """
    known = [each for each in map(_numbers, numbers) if each is not None]
    if type(name) is not str or len(known) != 2:
        return {}
    return {
        "function": name,
        "numbers": [numbers_told(each.ravel() if flat else each) for each in known],
    }


def _numbers(value: object) -> NDArray[np.float32] | None:
    """A tensor's numbers; None for what isn't a plain array of floats that the file holds.

    So it is for a tensor that `stored_tensor` has no data of (sparse, quantized, nested, complex,
    without memory), for whole numbers, for one with more elements than its storage
    (``torch.zeros(1).expand(2**28)``) and for one with more than the largest normalization needs.
    None of its elements is read before that is known.
    """
    import numpy as np

    from netlang.recipes.check.normalization import LARGEST

    if not is_tensor(value):
        return None
    stored = stored_tensor(value)
    if not stored.fits(DType.FLOAT32) or value.numel() > LARGEST**2:
        return None
    if stored.data.nbytes > value.untyped_storage().nbytes():
        return None
    # What is beyond the type becomes infinite, which the reader refuses.
    return stored.bound_for(DType.FLOAT32).array(DType.FLOAT32).view(np.float32)
