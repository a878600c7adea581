"""Dims: sizes as symbolic integers in normal form.

A `Dim` is a plain `int`, or an `Expr`: a polynomial with integer coefficients over *atoms*, where
an atom is a `Symbol` (``H``) or a `Floor` (``(H + 1)//2``). Equal polynomials compare equal, and
every operation returns an `int` if the result is constant. Ceil division is written with floor
division: ``ceil(a/b) = (a + b - 1)//b``.

Floor divisions are normalized so that equal sizes in common networks compare equal: ``(b*q + r)//b
= q + r//b``, ``(a//m + c)//n = (a + c*m)//(m*n)`` and common factors cancel (Graham, Knuth,
Patashnik, Concrete Mathematics, 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import gcd
from typing import TypeAlias

from netlang.records import Record, set_once

__all__ = [
    "Atom", "Dim", "Expr", "Floor", "Monomial", "Symbol", "ceil_div", "evaluate", "floor_div",
    "floors_of", "grows", "substitute", "symbol", "symbols_of",
]  # fmt: skip

# Cached sums and quotients: the layers of a net compute the same ones over and over.
_REMEMBERED = 4096


class Symbol(Record, gc=False):
    """A size that the input decides: ``N``, ``H``."""

    name: str

    @property
    def text(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


class Floor(Record, cache_hash=True, gc=False):
    """``numerator // divisor`` that doesn't simplify; `divisor` > 1."""

    numerator: Expr
    divisor: int
    # Made once: polynomials are sorted by the texts of their atoms.
    text: str = ""

    def __post_init__(self) -> None:
        inner = str(self.numerator)
        whole = inner if self.numerator.is_atom else f"({inner})"
        set_once(self, "text", f"{whole}//{self.divisor}")

    def __str__(self) -> str:
        return self.text


Atom: TypeAlias = Symbol | Floor
# A monomial is a sorted tuple of atoms with repetition: H*H*W is (H, H, W).
Monomial: TypeAlias = tuple[Atom, ...]


def _text(atom: Atom) -> str:
    return atom.text


def _key(monomial: Monomial) -> tuple[int, tuple[str, ...]]:
    return (-len(monomial), tuple([atom.text for atom in monomial]))


class Expr(Record, cache_hash=True, gc=False):
    """A polynomial: sorted nonzero terms ``(coefficient, monomial)``, never just a constant."""

    # Formulas are keys of many tables, and nest: their hash is made once.
    terms: tuple[tuple[int, Monomial], ...]

    @property
    def is_atom(self) -> bool:
        return len(self.terms) == 1 and self.terms[0][0] == 1 and len(self.terms[0][1]) == 1

    @property
    def constant(self) -> int:
        """The constant term."""
        coefficient, monomial = self.terms[-1]
        return 0 if monomial else coefficient

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            # Traced numbers of different origins are equal, so only their values may be cached.
            return _sum(self, int(other)) if other else self
        return _sum(self, other)

    __radd__ = __add__

    def __neg__(self) -> Expr:
        return Expr(tuple((-coefficient, monomial) for coefficient, monomial in self.terms))

    def __sub__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return _sum(self, -int(other)) if other else self
        return _sum(self, -other)

    def __rsub__(self, other: int) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        total: dict[Monomial, int] = {}
        for left, one in self.terms:
            for right, two in _terms(other):
                product = tuple(sorted(one + two, key=_text)) if one and two else one or two
                total[product] = total.get(product, 0) + left * right
        return _build(total)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Dim:
        return floor_div(self, divisor)

    def __mod__(self, divisor: int) -> Dim:
        return self - floor_div(self, divisor) * divisor

    def __str__(self) -> str:
        text = ""
        for coefficient, monomial in self.terms:
            # A floor needs no parentheses unless something before it would be divided as well.
            alone = len(monomial) == 1 and (coefficient == 1 or (coefficient == -1 and text))
            factors = [
                f"({atom})" if isinstance(atom, Floor) and not alone else str(atom)
                for atom in monomial
            ]
            if abs(coefficient) != 1 or not monomial:
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+"
            product = "*".join(factors)
            text += f" {sign} {product}" if text else f"{sign.removeprefix('+')}{product}"
        return text

    __repr__ = __str__


Dim: TypeAlias = int | Expr


def _terms(dim: Dim) -> tuple[tuple[int, Monomial], ...]:
    if isinstance(dim, Expr):
        return dim.terms
    return ((dim, ()),) if dim else ()


@lru_cache(maxsize=_REMEMBERED, typed=True)
def _sum(one: Expr, two: Dim) -> Dim:
    if isinstance(two, int):
        terms = one.terms if one.terms[-1][1] else one.terms[:-1]
        constant = one.constant + two
        return Expr((*terms, (constant, ()))) if constant else Expr(terms)
    total = {monomial: coefficient for coefficient, monomial in one.terms}
    for coefficient, monomial in _terms(two):
        total[monomial] = total.get(monomial, 0) + coefficient
    return _build(total)


def _build(total: Mapping[Monomial, int]) -> Dim:
    terms = [(coefficient, monomial) for monomial, coefficient in total.items() if coefficient]
    if not terms:
        return 0
    if len(terms) == 1 and not terms[0][1]:
        return terms[0][0]
    if len(terms) > 1:
        terms.sort(key=lambda term: _key(term[1]))
    return Expr(tuple(terms))


def symbol(name: str) -> Expr:
    """The symbolic size called `name`."""
    return Expr(((1, (Symbol(name),)),))


def floor_div(dim: Dim, divisor: int) -> Dim:
    """``dim // divisor`` in normal form; `divisor` must be positive."""
    if divisor <= 0:
        raise ValueError(f"the divisor must be positive, not {divisor}")
    if isinstance(dim, int):
        return dim // divisor
    return dim if divisor == 1 else _quotient(dim, int(divisor))


@lru_cache(maxsize=_REMEMBERED)
def _quotient(dim: Expr, divisor: int) -> Dim:
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for coefficient, monomial in dim.terms:
        if monomial and coefficient % divisor:
            rest[monomial] = coefficient
        elif coefficient // divisor:
            whole[monomial] = coefficient // divisor
    if remainder := dim.constant % divisor:
        rest[()] = remainder
    quotient = _build(whole)
    remaining = _build(rest)
    if isinstance(remaining, int):
        return quotient + remaining // divisor
    return quotient + _reduced_floor(remaining, divisor)


def _reduced_floor(numerator: Expr, divisor: int) -> Dim:
    """A floor without multiples of `divisor` in it: cancels factors and merges nested floors."""
    common = gcd(divisor, *(coefficient for coefficient, monomial in numerator.terms if monomial))
    if common > 1:
        terms = {m: c // common for c, m in numerator.terms}
        return floor_div(_build(terms), divisor // common)
    leading, monomial = numerator.terms[0]
    if (
        len(numerator.terms) <= 2
        and leading == 1
        and len(monomial) == 1
        and isinstance(monomial[0], Floor)
    ):
        inner = monomial[0]
        if len(numerator.terms) == 1 or not numerator.terms[1][1]:
            return floor_div(
                inner.numerator + numerator.constant * inner.divisor, inner.divisor * divisor
            )
    return Expr(((1, (Floor(numerator, divisor),)),))


def ceil_div(dim: Dim, divisor: int) -> Dim:
    """``ceil(dim / divisor)``."""
    return floor_div(dim + (divisor - 1), divisor)


def evaluate(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The value of `dim` when every symbol has the given size.

    Raises `KeyError` for a symbol that is missing in `sizes`.
    """
    if isinstance(dim, int):
        return dim
    total = 0
    for coefficient, monomial in dim.terms:
        product = coefficient
        for atom in monomial:
            product *= (
                sizes[atom.name]
                if isinstance(atom, Symbol)
                else evaluate(atom.numerator, sizes) // atom.divisor
            )
        total += product
    return total


def substitute(dim: Dim, sizes: Mapping[str, Dim]) -> Dim:
    """`dim` with some of its symbols replaced; the others stay."""
    if isinstance(dim, int):
        return dim
    total: Dim = 0
    for coefficient, monomial in dim.terms:
        product: Dim = coefficient
        for atom in monomial:
            product = product * _substituted(atom, sizes)
        total = total + product
    return total


def _substituted(atom: Atom, sizes: Mapping[str, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        return sizes.get(atom.name, Expr(((1, (atom,)),)))
    return floor_div(substitute(atom.numerator, sizes), atom.divisor)


def symbols_of(dim: Dim) -> Iterator[str]:
    """The names of the symbols in `dim`, in order of first appearance, with repetition."""
    if isinstance(dim, Expr):
        for _, monomial in dim.terms:
            for atom in monomial:
                if isinstance(atom, Symbol):
                    yield atom.name
                else:
                    yield from symbols_of(atom.numerator)


def floors_of(dim: Dim) -> Iterator[Floor]:
    """The floor divisions in `dim`, outermost first."""
    if isinstance(dim, Expr):
        for _, monomial in dim.terms:
            for atom in monomial:
                if isinstance(atom, Floor):
                    yield atom
                    yield from floors_of(atom.numerator)


def grows(dim: Dim) -> bool:
    """Whether a dim, and every floor in it, is a sum from which at most a constant is subtracted.

    Its value then never decreases when a size grows, if no floor that is a factor is negative.
    """
    dims = (dim, *(floor.numerator for floor in floors_of(dim)))
    return all(factor > 0 or not monomial for each in dims for factor, monomial in _terms(each))
