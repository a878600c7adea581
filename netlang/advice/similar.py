""" "Did you mean": finds the nearest of the valid names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from heapq import nlargest

from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span

__all__ = ["nearest", "replacement"]

# Names of this length aren't misspellings, and searching would take long.
_LONGEST = 80

# Names that are compared letter by letter.
_MOST_COMPARED = 30

# Letters that look like digits.
_ALIKE = str.maketrans("oil", "011")

# Words of other frameworks, and what they are called here.
_FOREIGN = {
    "bf16": "bfloat16",
    "bn1d": "batch_norm",
    "bn2d": "batch_norm",
    "bn3d": "batch_norm",
    "boolean": "bool",
    "cat": "concat",
    "concatenate": "concat",
    "deconv": "conv_transpose",
    "dense": "linear",
    "dim": "axis",
    "double": "float64",
    "epsilon": "eps",
    "crossattention": "multi_head_attention",
    "fc": "linear",
    "float": "float32",
    "fp16": "float16",
    "fp32": "float32",
    "fp64": "float64",
    "fullyconnected": "linear",
    "half": "float16",
    "filters": "out",
    "hiddensize": "hidden",
    "int": "int64",
    "kernelsize": "kernel",
    "learningrate": "lr",
    "long": "int64",
    "lrn": "local_response_norm",
    "mha": "multi_head_attention",
    "multiply": "mul",
    "negativeslope": "negative_slope",
    "outchannels": "out",
    "outfeatures": "out",
    "padding": "pad",
    "poolsize": "kernel",
    "rate": "p",
    "selfattention": "multi_head_attention",
    "size": "kernel",
    "strides": "stride",
    "sum": "add",
    "swish": "silu",
    "units": "out",
}


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` is most likely a misspelling of, if any is near."""
    from difflib import SequenceMatcher, get_close_matches

    if len(name) > _LONGEST:
        return None
    known = sorted(_alike(name, set(candidates)))
    same = [each for each in known if _plain(each) == _plain(name)]
    if same or _FOREIGN.get(_plain(name)) in known:
        return same[0] if same else _FOREIGN[_plain(name)]
    alike = [each for each in known if _by_looks(each) == _by_looks(name)]
    if alike:
        digits = name.lower().translate(_ALIKE)  # `regnet_x_1_6gf` and `regnet_x_16gf` look alike
        return next((each for each in alike if each.translate(_ALIKE) == digits), alike[0])
    matches = get_close_matches(name.lower(), known, n=4, cutoff=0.6)

    def closeness(each: str) -> tuple[float, int]:
        return SequenceMatcher(None, each, name.lower()).ratio(), _ends(name.lower(), each)

    return max(matches, key=closeness, default=None)


def _alike(name: str, known: set[str]) -> Iterable[str]:
    """Of very many names, those that share most letters with `name`, and its synonym here.

    Ties are broken by equal beginnings and endings, then by length: labels in stages of the same
    structure have the same letters.
    """
    if len(known) <= _MOST_COMPARED:
        return known
    looks = _by_looks(name)
    letters = set(looks)
    shared = {each: len(letters.intersection(_by_looks(each))) for each in known}
    least = nlargest(_MOST_COMPARED, shared.values())[-1]

    def likeness(each: str) -> tuple[int, int, int, str]:
        return shared[each], _ends(looks, _by_looks(each)), -len(each), each

    # Ends are compared only of those that may be among the best.
    likely = [each for each, letters_shared in shared.items() if letters_shared >= least]
    best = nlargest(_MOST_COMPARED, likely, key=likeness)
    return {*best, *known.intersection((_FOREIGN.get(_plain(name), ""),))}


def _ends(one: str, other: str) -> int:
    """How many letters two names share at the beginning and at the end."""
    return _beginning(one, other) + _beginning(one[::-1], other[::-1])


def _beginning(one: str, other: str) -> int:
    most = min(len(one), len(other))
    for place in range(most):
        if one[place] != other[place]:
            return place
    return most


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    """A name in a normal spelling: `MaxPool`, `max_pool` and `maxpool` are the same."""
    return name.lower().replace("_", "").replace("-", "")


@lru_cache(maxsize=1024)
def _by_looks(name: str) -> str:
    """A name with digits in place of letters that look like them."""
    return _plain(name).translate(_ALIKE)


def replacement(name: str, candidates: Iterable[str], span: Span) -> Fix | None:
    """Replaces `span` by the nearest candidate.

    The fix is safe only if just the spelling differs; anything else is a guess.
    """
    match = nearest(name, candidates) if span.advisable else None
    if match is None:
        return None
    safe = _plain(match) == _plain(name)
    return Fix(f"did you mean `{match}`?", (Edit(span, match),), safe)
