"""The normalization that a run stored beside its weights, in facts that anyone may have written.

Weights are useful only with the normalization that they were trained with. So that one is used,
whatever the recipe says now, unless the user overrides it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from netlang.backends.weights import read_entry
from netlang.backends.weights.diagnostics import UnreadableWeights
from netlang.backends.weights.facts import fit_to_show
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType
from netlang.recipes.check.normalization import channels_of
from netlang.recipes.check.paths import shown_shape
from netlang.recipes.overrides import read_override
from netlang.recipes.recipe import Recipe
from netlang.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["KeptNormalization", "NormalizationNumbers", "kept_normalization", "numbers_in"]

_FUNCTIONS = ("affine", "white")
# Those of a matrix.
_MOST_AXES = 2


@final
class NormalizationNumbers(Record, eq=False):
    """`affine` is (x - first) / second by channel or element, `white` (x - first) @ second."""

    function: str
    first: NDArray[np.float32]
    second: NDArray[np.float32]

    def require_for(self, shape: tuple[int | None, ...]) -> None:
        """Raise `ValueError` if this isn't for examples of a shape; None is a size of any length.

        `affine` has two rows of a number for each channel or for each element, `white` a row and a
        square matrix for all elements.
        """
        first, second = self.first.shape, self.second.shape
        elements = None if None in shape[1:] or shape == (None,) else prod(s or 1 for s in shape)
        if self.function == "white":
            fits = first == (elements,) and second == (elements, elements)
        else:
            fits = first == second and first in ((channels_of(shape),), (elements,))
        if not fits:
            raise ValueError(f"numbers of the shapes {first} and {second}")


@final
class KeptNormalization(Record, eq=False):
    """The normalization that a run stored; None if it trained on unchanged inputs."""

    numbers: NormalizationNumbers | None


def kept_normalization(
    recipe: Recipe | None,
    facts: Mapping[str, object],
    weights: Path,
    shape: tuple[int | None, ...],
    say: Callable[[str], None],
) -> KeptNormalization | None:
    """What the run that wrote `facts` beside its weights stored; None for the recipe's own.

    The recipe's own applies to weights that store none, and if `normalize` was overridden by
    something other than what they were trained with. `shape` is that of a prepared example. `say`
    gets a message if weights and recipe differ. Raises `NetlangError`, naming `weights`, if the
    stored normalization isn't one or isn't for inputs of this shape.
    """
    if "normalization" not in facts or (recipe is not None and _overridden(recipe, facts, say)):
        return None
    kept = facts["normalization"]
    if not isinstance(kept, dict):
        return KeptNormalization(None)
    try:
        numbers = numbers_in(kept, _beside(kept, weights))
    except ValueError:
        raise _unreadable(weights, "the normalization that it tells of isn't one") from None
    try:
        numbers.require_for(shape)
    except ValueError:
        reason = f"its normalization isn't for inputs of the shape {shown_shape(shape)}"
        raise _unreadable(weights, reason) from None
    return KeptNormalization(numbers)


def _overridden(recipe: Recipe, facts: Mapping[str, object], say: Callable[[str], None]) -> bool:
    """Whether the user asks for another normalization; a difference of any kind is told."""
    theirs, ours = _stored_normalization(facts), recipe.describe()["normalize"]
    shown = fit_to_show(theirs) or "one that they don't name"
    asked = any(read_override(text).key == "normalize" for text in recipe.overrides)
    if asked and theirs != ours:
        say(f"normalize: {ours}, as asked for; the weights were trained with {shown}")
        return True
    if theirs is not None and theirs != ours:
        say(f"normalize: {shown}, as the weights were trained; the recipe has {ours}")
    return False


def _unreadable(weights: Path, reason: str) -> NetlangError:
    return NetlangError(UnreadableWeights(span=None, source=str(weights), reason=reason))


def _beside(kept: Mapping[str, object], weights: Path) -> dict[str, NDArray[Any]]:
    """The tensors of the file that the normalization names; most name none.

    They take no more than the file holds: the header of a safetensors file can't declare more.
    """
    numbers = kept.get("numbers")
    listed = numbers if isinstance(numbers, list) else []
    named = [each.get("tensor") for each in listed if isinstance(each, dict)]
    if not any(isinstance(each, str) for each in named):
        return {}
    found = read_entry(weights, None).beside
    # What is beyond the type becomes infinite, and is refused as that.
    return {
        name: stored.bound_for(DType.FLOAT32).array(DType.FLOAT32).copy()
        for name, stored in found.items()
        if name in named and stored.fits(DType.FLOAT32)
    }


def _stored_normalization(facts: Mapping[str, object]) -> str | None:
    """The normalization as written in the recipe of the stored weights."""
    keys = facts.get("keys")
    told = keys.get("normalize") if isinstance(keys, dict) else None
    return told if isinstance(told, str) else None


def numbers_in(
    facts: Mapping[str, Any], beside: Mapping[str, NDArray[Any]]
) -> NormalizationNumbers:
    """The numbers that `facts` describe, whoever wrote them.

    `beside` are the tensors that the facts name. Raises `ValueError` if the facts describe no
    normalization: another function, a number that is NaN or infinite, a division by zero or by
    nearly that, more or fewer numbers than the shape says, or more axes than two. Whether it fits
    the inputs is told by `require_for`.
    """
    import numpy as np

    try:
        first, second = (_restored(each, beside) for each in facts["numbers"])
        function = _FUNCTIONS[_FUNCTIONS.index(facts["function"])]
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no normalization: {error}") from None
    # Less has no full precision in float32, and divided by it, 1 may be infinite.
    if function == "affine" and bool((np.abs(second) < np.finfo(np.float32).tiny).any()):
        raise ValueError("it divides by zero, or by numbers that are nearly that")
    return NormalizationNumbers(function, first, second)


def _restored(stored: Mapping[str, Any], beside: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    import numpy as np

    if len(stored["shape"]) > _MOST_AXES:
        raise ValueError("too many axes")
    shape = [int(size) for size in stored["shape"]]
    with np.errstate(over="ignore"):
        values = _values(stored, beside).astype(np.float32)
    if values.size != prod(shape) or min(shape, default=1) < 1:
        raise ValueError(f"{values.size} numbers for the shape {shape}")
    if not np.isfinite(values).all():
        raise ValueError("some are NaN or infinite")
    return values.reshape(shape)


def _values(stored: Mapping[str, Any], beside: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    import numpy as np

    if "tensor" in stored:
        return beside[stored["tensor"]]
    if "values" in stored:
        return np.array([float(value) for value in stored["values"]])
    return np.frombuffer(b64decode(stored["float32"], validate=True), "<f4")
