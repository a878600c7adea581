"""Comparisons that hold together, in as few and as short words as they can be told.

What follows from others is left out: ``8 * ((x + -x % 8) // 8) == x`` where ``x % 8 == 0``. Sizes
of inputs are at least 1, so that ``2 * x >= 0`` says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

from netlang.backends.torch.emit.arguments.formulas import Formula
from netlang.backends.torch.emit.arguments.linear import balanced, shortened, terms_of
from netlang.ir.numbers.computed import computed
from netlang.ir.numbers.provenance import BinaryOrigin, CallOrigin, InputOrigin

__all__ = ["simplified"]

# One comparison shortens the next; this many in a row aren't found in any net.
_ROUNDS = 8
# A formula, and a number that divides it.
_Divided: TypeAlias = tuple[Formula, int]


def simplified(found: Iterable[CallOrigin]) -> tuple[CallOrigin, ...]:
    """Comparisons that are true together exactly where those of `found` are."""
    now = tuple(dict.fromkeys(part for each in found for part in _parts(each)))
    for _ in range(_ROUNDS):
        divided = {each for each in map(_divided, now) if each is not None}
        made = (part for each in now for part in _parts(_under(each, divided)))
        then = tuple(dict.fromkeys(part for part in made if not _is_always(part)))
        if then == now:
            break
        now = then
    return now


def _parts(condition: CallOrigin) -> Iterator[CallOrigin]:
    """A comparison, or those that say the same: terms that are never negative are each 0."""
    left, right = _without_quotient(condition.function, *balanced(*condition.arguments))
    if condition.function == "<=" and right == 0:
        terms = terms_of(left)
        if terms and all(term is not None and factor > 0 and _least(term) == 0
                         for term, factor in terms.items()):  # fmt: skip
            for term in terms:
                assert term is not None
                yield CallOrigin("==", (_positive(term), 0))
            return
    if condition.function in ("==", "!="):
        left, right = _as_rest(left, right)
    yield CallOrigin(condition.function, (left, right))


def _without_quotient(function: str, left: Formula, right: Formula) -> tuple[Formula, Formula]:
    """``x > 7`` for ``(x + 6) // 7 > 1``, where x is whole."""
    if not isinstance(left, BinaryOrigin) or left.operator != "//":
        return left, right
    size = left.right
    if not (isinstance(size, int) and size > 0 and isinstance(right, int) and _is_whole(left.left)):
        return left, right
    least = {">": size * (right + 1) - 1, "<=": size * (right + 1) - 1,
             ">=": size * right, "<": size * right}.get(function)  # fmt: skip
    if least is None:
        return left, right
    return _without_quotient(function, *balanced(left.left, least))


def _is_whole(formula: Formula) -> bool:
    """Whether a formula is of sizes and whole numbers alone."""
    if isinstance(formula, BinaryOrigin):
        plain = formula.operator in ("+", "-", "*", "//", "%")
        return plain and _is_whole(formula.left) and _is_whole(formula.right)
    return isinstance(formula, InputOrigin | int)


def _as_rest(left: Formula, right: Formula) -> tuple[Formula, Formula]:
    """``x % m == 0`` for ``-x % m == 0`` and for ``m * (x // m) == x``."""
    for one, other in ((left, right), (right, left)):
        terms = terms_of(one)
        quotient, factor = next(iter(terms.items())) if terms and len(terms) == 1 else (None, 0)
        if factor > 1 and quotient == BinaryOrigin("//", other, factor):
            return BinaryOrigin("%", other, factor), 0
    return (_positive(left), right) if right == 0 else (left, right)


def _positive(formula: Formula) -> Formula:
    """``x % m`` for ``-x % m``, of which both or none are 0."""
    if isinstance(formula, BinaryOrigin) and formula.operator == "%":
        opposite = _negated(formula.left)
        if opposite is not None:
            return BinaryOrigin("%", opposite, formula.right)
    return formula


def _negated(formula: Formula) -> Formula | None:
    """``x`` of ``-x``."""
    if isinstance(formula, CallOrigin) and formula.function == "neg":
        return formula.arguments[0]
    if isinstance(formula, BinaryOrigin) and (formula.operator, formula.left) == ("*", -1):
        return formula.right
    return None


def _least(formula: Formula) -> int | None:
    """A bound that a formula isn't below, if it is known not to be negative."""
    if isinstance(formula, int):
        return formula if formula >= 0 else None
    if isinstance(formula, InputOrigin):
        return 1
    if not isinstance(formula, BinaryOrigin):
        return None
    operator, right = formula.operator, _least(formula.right)
    if operator == "%":
        return 0 if isinstance(formula.right, int) and formula.right > 0 else None
    left = _least(formula.left)
    if left is None or right is None or operator not in ("+", "*", "//"):
        return None
    if operator == "//":
        return left // formula.right if isinstance(formula.right, int) and formula.right else None
    return left + right if operator == "+" else left * right


def _is_always(condition: CallOrigin) -> bool:
    """Whether a comparison is true whatever the sizes are."""
    function, (left, right) = condition.function, condition.arguments
    apart = shortened(BinaryOrigin("-", left, right))
    if isinstance(apart, int):
        return bool(computed(function, (apart, 0)))
    least = _least(left)
    if least is None or not isinstance(right, int):
        return False
    return (function == ">=" and least >= right) or (function in (">", "!=") and least > right)


def _divided(condition: CallOrigin) -> _Divided | None:
    """``(x, m)`` of ``x % m == 0``."""
    left, right = condition.arguments
    if condition.function != "==" or right != 0:
        return None
    if isinstance(left, BinaryOrigin) and left.operator == "%" and isinstance(left.right, int):
        return left.left, left.right
    return None


def _under(condition: CallOrigin, divided: Collection[_Divided]) -> CallOrigin:
    """A comparison where others hold; those say nothing about themselves."""
    own = _divided(condition)
    others = [each for each in divided if each != own]
    if not others:
        return condition
    return CallOrigin(
        condition.function, tuple(_rewritten(side, others) for side in condition.arguments)
    )


def _rewritten(formula: Formula, divided: Collection[_Divided]) -> Formula:
    """A formula where some numbers divide others."""
    if isinstance(formula, CallOrigin):
        parts = tuple(_rewritten(part, divided) for part in formula.arguments)
        return CallOrigin(formula.function, parts)
    if not isinstance(formula, BinaryOrigin):
        return formula
    left, right = _rewritten(formula.left, divided), _rewritten(formula.right, divided)
    whole = BinaryOrigin(formula.operator, left, right)
    if formula.operator == "%" and isinstance(right, int):
        opposite = _negated(left)
        return 0 if _divides(right, left if opposite is None else opposite, divided) else whole
    if formula.operator == "*" and isinstance(left, int) and isinstance(right, BinaryOrigin):
        quotient, size = right.left, right.right
        known = right.operator == "//" and isinstance(size, int) and size > 0 and left % size == 0
        if known and isinstance(size, int) and _divides(size, quotient, divided):
            return shortened(BinaryOrigin("*", left // size, quotient))
    return shortened(whole)


def _divides(number: int, formula: Formula, divided: Collection[_Divided]) -> bool:
    terms = terms_of(formula)
    return (
        number > 0
        and terms is not None
        and all(
            factor % number == 0
            or any(term == known and size % number == 0 for known, size in divided)
            for term, factor in terms.items()
        )
    )
