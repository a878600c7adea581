"""A set of sizes in words: as conditions (``H % 16 == 0``) and as advice (a multiple of 16).

The words are the shortest of a small grammar: clauses that hold together (`clauses`), or a few
sizes besides them. A set with more exceptions than a person would read isn't described.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from netlang.ir.sizes.periodic import SizeSet
from netlang.ir.sizes.words.clauses import Bounds, Clause, Except, Listed, Residue, joined, listed
from netlang.ir.sizes.words.residues import clauses_for
from netlang.records import Record

__all__ = ["SizeRule", "listed", "rule_of"]

# Sizes up to this far after the first one are checked one by one.
FARTHEST = 16_384
# Longer sentences are left to the conditions themselves.
LONGEST = 400


class SizeRule(Record):
    """What a size must be: the clauses of one of the alternatives."""

    alternatives: tuple[tuple[Clause, ...], ...]

    def texts(self, name: str) -> tuple[str, ...]:
        """Formulas that hold together: ``H % 16 == 0``, ``H >= 32``."""
        parts = [_formulas(clauses, name) for clauses in self.alternatives]
        if len(parts) == 1:
            return parts[0]
        return (" or ".join(" and ".join(_wrapped(part)) for part in parts),)

    def sentence(self, names: Sequence[str]) -> str:
        """``H and W must be multiples of 16``."""
        sole = self.alternatives[0] if len(self.alternatives) == 1 else ()
        if len(sole) == 1 and isinstance(sole[0], Residue) and not sole[0].is_plain:
            subjects = listed([f"{name} mod {sole[0].modulus}" for name in names], "and")
            verb = "must not be" if sole[0].negated else "must be"
            return f"{subjects} {verb} {sole[0].remainders.removeprefix('not ')}"
        return f"{listed(names, 'and')} must be {self.words(len(names))}"

    def words(self, many: int) -> str:
        """What follows "be", for one size or for many."""
        parts = (
            " and ".join(clause.words(many) for clause in clauses) for clauses in self.alternatives
        )
        return ", or ".join(parts)


def _formulas(clauses: tuple[Clause, ...], name: str) -> tuple[str, ...]:
    return tuple(text for clause in clauses for text in clause.formulas(name))


def _wrapped(texts: tuple[str, ...]) -> list[str]:
    """Formulas that can be joined by "and"."""
    return [f"({text})" if " or " in text and len(texts) > 1 else text for text in texts]


@lru_cache(maxsize=256)
def rule_of(sizes: SizeSet) -> SizeRule | None:
    """The shortest rule for a set that isn't empty; None if it is too irregular."""
    rules = _endless(sizes) if sizes.last is None else _finite(sizes, sizes.last)
    best = min(rules, key=lambda rule: len(rule.sentence("H")), default=None)
    return best if best and len(best.sentence("H")) <= LONGEST else None


def _finite(sizes: SizeSet, last: int) -> Iterator[SizeRule]:
    """Rules for a set that ends."""
    first = sizes.first
    if last - first > FARTHEST:
        return
    members = sizes.members(first, last)
    ranges = joined(members)
    bounds = Bounds(first if first > 1 else None, last)
    if len(ranges) == 1 and first < last:
        yield SizeRule(((bounds,),))
        return
    yield SizeRule(((Listed(ranges),),))
    for modulus in _divisors(sizes.period):
        bits = 0
        for size in members:
            bits |= 1 << size % modulus
        present = [size for size in range(first, last + 1) if bits >> size % modulus & 1]
        if present == members:
            yield SizeRule(((*clauses_for(modulus, bits), bounds),))
            return


def _divisors(number: int) -> list[int]:
    return [d for d in range(2, number + 1) if number % d == 0]


def _endless(sizes: SizeSet) -> Iterator[SizeRule]:
    """Rules for a set without end."""
    modulus, bits = sizes.endless
    clauses = clauses_for(modulus, bits)
    first, settled = sizes.first, sizes.settled
    if _is_regular(sizes):
        yield SizeRule(((*clauses, *_from(first, modulus, bits)),))
        return
    if settled - first > FARTHEST:
        return
    missing = [s for s in range(first, settled) if bits >> s % modulus & 1 and s not in sizes]
    early = [s for s in range(first, settled) if s in sizes and not bits >> s % modulus & 1]
    if not early:
        yield SizeRule(((*clauses, *_from(first, modulus, bits), Except(joined(missing))),))
    start = max([*missing, *early], default=0) + 1
    before = sizes.members(first, start - 1)
    yield from _beside(before, clauses, _from(start, modulus, bits), sizes.period)


def _is_regular(sizes: SizeSet) -> bool:
    """Whether every residue class in the set has a single run that begins at once."""
    first, period = sizes.first, sizes.period
    return all(
        not runs or runs == ((first + (index - first) % period, None),)
        for index, runs in enumerate(sizes.runs)
    )


def _from(start: int, modulus: int, bits: int) -> tuple[Bounds, ...]:
    """ "At least" the first size of the residues from `start` on, if that adds anything."""
    first = next(s for s in range(start, start + modulus) if bits >> s % modulus & 1)
    smaller = any(bits >> s % modulus & 1 for s in range(max(1, first - modulus), first))
    return (Bounds(first, None),) if smaller else ()


def _beside(
    before: list[int], clauses: tuple[Clause, ...], bounds: tuple[Bounds, ...], period: int
) -> Iterator[SizeRule]:
    """Some sizes besides those from a start on, which `bounds` and `clauses` tell."""
    ranges = joined(before)
    if not clauses and bounds and bounds[0].low is not None:
        yield SizeRule(((Listed(ranges, bounds[0].low),),))
    else:
        yield SizeRule(((Listed(ranges),), (*clauses, *bounds)))
    runs = tuple(
        tuple((s, s) for s in before if s % period == residue) for residue in range(period)
    )
    for rule in _finite(SizeSet(period, runs), before[-1]):
        yield SizeRule((*rule.alternatives, (*clauses, *bounds)))
