"""What batch norms do to each channel, as a factor and a summand, computed for all norms at once.

A net has many norms of few channels, and a call of NumPy takes as long as computing thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from netlang.backends.weights import are_finite
from netlang.passes.affine import FoldedMap, NormAffine
from netlang.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.floating[Any]]

__all__ = ["FactorAndSummand", "Norms", "computed_norms", "keys_of_norms", "norms_of"]

FactorAndSummand: TypeAlias = "tuple[Array, Array]"
"""Of an affine step y = factor x + summand: each a number or one for each channel."""


class Norms(Record, eq=False):
    """What batch norms do; `finite` says that each of their values is surely finite."""

    numbers: Mapping[NormAffine, FactorAndSummand]
    finite: bool


def norms_of(folds: Iterable[FoldedMap]) -> list[NormAffine]:
    """The batch norms among the steps of some folds, each once."""
    steps = (step for fold in folds for step in (*fold.before, *fold.after))
    return list(dict.fromkeys(step for step in steps if isinstance(step, NormAffine)))


def keys_of_norms(norms: Iterable[NormAffine]) -> Iterator[str]:
    """The tensors of the spec that say what norms do."""
    for norm in norms:
        keys = (norm.mean, norm.var, norm.weight, norm.bias)
        yield from (key for key in keys if key is not None)


def computed_norms(norms: Sequence[NormAffine], values: Mapping[str, Array]) -> Norms:
    """What each norm does, in float64; `values` are the tensors under its keys."""
    import numpy as np

    if not norms:
        return Norms({}, finite=True)
    means = [values[norm.mean] for norm in norms]
    sizes = [len(mean) for mean in means]

    def joined(keys: Iterable[str | None], otherwise: float) -> Array:
        return _joined(
            np.full(size, otherwise) if key is None else values[key]
            for key, size in zip(keys, sizes, strict=True)
        )

    eps = np.repeat(np.array([norm.eps for norm in norms], np.float64), sizes)
    with np.errstate(all="ignore"):  # of variances below 0, say, as the norm itself
        variances = joined((norm.var for norm in norms), 1.0)
        factors = 1 / np.sqrt(variances + eps)
        factors *= joined((norm.weight for norm in norms), 1.0)
        summands = joined((norm.bias for norm in norms), 0.0) - _joined(means) * factors
        summands += 0 * factors  # as of the identity before it: a norm that isn't finite adds NaN
    ends = np.cumsum(sizes).tolist()
    ranges = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    numbers = {
        norm: (factors[each], summands[each]) for norm, each in zip(norms, ranges, strict=True)
    }
    # Of what isn't finite, an infinite variance alone makes factors and summands that are.
    return Norms(numbers, all(map(are_finite, (variances, factors, summands))))


def _joined(arrays: Iterable[Array]) -> Array:
    import numpy as np

    return np.concatenate(list(arrays), dtype=np.float64, casting="unsafe")
