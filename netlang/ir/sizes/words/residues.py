"""The shortest words for a set of residues: ``0 or 25 to 31 mod 32``, ``even and 0 to 7 mod 16``.

Sets are bits of whole numbers: bit r is residue r. The common condition of several halvings is
often the intersection of short clauses modulo divisors, though it has many ranges itself. The best
clause modulo d admits the residues of the set modulo d; residues that earlier clauses exclude may
be on either side, so that ranges merge.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang.ir.sizes.words.clauses import Clause, Interval, Residue
from netlang.records import Record

__all__ = ["clauses_for"]

# More clauses than these, and more tries, are not for a sentence that a person reads.
MOST_CLAUSES = 4
MOST_TRIES = 3000
# "not 1 to 24 mod 32" says the same as "0 or 25 to 31 mod 32", but worse.
NEGATION = 8


def clauses_for(modulus: int, wanted: int) -> tuple[Clause, ...]:
    """The shortest clauses found that together admit exactly the residues `wanted`."""
    if wanted == _all(modulus):
        return ()
    search = _Search(modulus, wanted)
    search.extend(_all(modulus), (), 0, 0)
    return search.best


class _Search:
    """Tries clauses modulo ever larger divisors; `best` has the fewest characters."""

    def __init__(self, modulus: int, wanted: int) -> None:
        self._modulus, self._wanted = modulus, wanted
        self._divisors = [d for d in range(2, modulus + 1) if modulus % d == 0]
        self._folded = {d: _folded(wanted, modulus, d) for d in self._divisors}
        self._tries = 0
        alone = _clause(modulus, wanted, _all(modulus))
        self.best: tuple[Clause, ...] = (alone.clause,)
        self._length = alone.length

    def extend(self, left: int, chosen: tuple[Clause, ...], length: int, first: int) -> None:
        """Add a clause to the chosen ones, which leave the residues `left`."""
        for place in range(first, len(self._divisors)):
            if self._tries >= MOST_TRIES or len(chosen) >= MOST_CLAUSES:
                return
            self._tries += 1
            divisor = self._divisors[place]
            inside = self._folded[divisor]
            then = left & _spread(inside, divisor, self._modulus)
            if then == left:
                continue
            added = _clause(divisor, inside, _folded(left, self._modulus, divisor))
            total = length + added.length + (5 if chosen else 0)
            if total >= self._length:
                continue
            if then == self._wanted:
                self.best, self._length = (*chosen, added.clause), total
            else:
                self.extend(then, (*chosen, added.clause), total, place + 1)


class _Weighed(Record):
    clause: Clause
    length: int


def _clause(modulus: int, inside: int, possible: int) -> _Weighed:
    """The shortest clause that admits `inside` and no other possible residues."""
    yes = Residue(modulus, tuple(_ranges(inside, possible & ~inside)))
    no = Residue(modulus, tuple(_ranges(possible & ~inside, inside)), negated=True)
    lengths = len(yes.words(1)), len(no.words(1)) + NEGATION
    return _Weighed(no, lengths[1]) if lengths[1] < lengths[0] else _Weighed(yes, lengths[0])


def _ranges(inside: int, outside: int) -> Iterator[Interval]:
    """The residues `inside` in ranges that contain none of `outside`."""
    found: list[int] = []
    outsiders = outside
    for residue in _bits(inside):
        between = outsiders & ((1 << residue) - 1)
        if found and between:
            yield found[0], found[-1]
            found = []
        found = [found[0] if found else residue, residue]
        outsiders &= ~((1 << residue) - 1)
    yield found[0], found[-1]


def _bits(numbers: int) -> Iterator[int]:
    while numbers:
        lowest = numbers & -numbers
        yield lowest.bit_length() - 1
        numbers ^= lowest


def _all(modulus: int) -> int:
    return (1 << modulus) - 1


def _folded(residues: int, modulus: int, divisor: int) -> int:
    """The residues modulo a divisor of their modulus."""
    found = 0
    for shift in range(0, modulus, divisor):
        found |= residues >> shift
    return found & _all(divisor)


def _spread(residues: int, divisor: int, modulus: int) -> int:
    """All residues modulo a multiple of their modulus."""
    return residues * (_all(modulus) // _all(divisor))
