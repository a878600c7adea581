"""Rules of `einsum`: formulas drawn letter by letter."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.einsum import Einsum
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import Join, is_float, join, step

__all__: list[str] = []

LETTERS = "abcdwxyz"


def _result(draw: Draw, letters: str, needed: str = "") -> str:
    """Some of the letters, in any order; small values, since most are summed."""
    kept = [letter for letter in letters if letter in needed or draw.chance(0.6)]
    return "".join(draw.shuffled(kept))


@step("einsum")
def _of_one(draw: Draw, x: Value) -> Op | None:
    if not x.type.dtype.is_float or not x.type.rank:
        return None
    term = LETTERS[: x.type.rank]
    return Einsum(formula=f"{term}->{_result(draw, term)}")


@join("einsum")
def _of_two(draw: Draw, x: Value) -> Join | None:
    """Two values of one type: their axes share a letter, or have one each."""
    if not is_float(x) or not 0 < x.type.rank < 5:
        return None
    one = LETTERS[: x.type.rank]
    two = "".join(a if draw.chance(0.7) else LETTERS[i + 4] for i, a in enumerate(one))
    # A sum of one product is none for torch, which counts no work for it.
    single = "".join(a for a, size in zip(one, x.type.shape, strict=True) if size == 1)
    made = _result(draw, "".join(dict.fromkeys(one + two)), single)
    return Join(Einsum(formula=f"{one},{two}->{made}"), (x.type,))
