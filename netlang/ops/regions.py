"""The regions of adaptive pools, in closed formulas for any count.

Region i of `count` runs from floor(i size / count) to ceil((i + 1) size / count), exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from netlang.ir.dims import Dim, ceil_div, floor_div

__all__ = ["MOST_REGIONS", "lengths", "visited"]

# Numbers up to this one have at most 240 divisors, so that the formula stays manageable.
MOST_REGIONS = 1_000_000


def lengths(size: int, count: int) -> dict[int, int]:
    """The number of regions of each length, that of the first region first.

    With q, r = divmod(size, count), region i is q + ceil((i size mod count + r) / count) long. The
    remainders i size mod count are the multiples of g = gcd(size, count) below `count`, each of
    them g times.
    """
    shortest, rest = divmod(size, count)
    if rest == 0:
        return {shortest: count}
    longer = rest - gcd(size, count)
    found = {shortest + 1: count - longer}
    return {**found, shortest + 2: longer} if longer else found


def visited(size: Dim, count: int) -> Dim:
    """The number of elements in all regions; those that two regions share count twice.

    That is size + count - gcd(size, count). For a symbolic size, the greatest common divisor is the
    sum of phi(d) over the divisors d of `count` that also divide the size. Since phi(d) adds up to
    `count`, what remains is phi(d) for each d that doesn't: ceil(size / d) - floor(size / d).
    """
    if isinstance(size, int):
        return size + count - gcd(size, count)
    total: Dim = size
    for divisor, coprime in _divisors(count):
        total = total + (ceil_div(size, divisor) - floor_div(size, divisor)) * coprime
    return total


def _divisors(number: int) -> Iterator[tuple[int, int]]:
    """Every divisor d with Euler's phi(d), the count of numbers up to d that are coprime to it."""
    found = [(1, 1)]
    for prime, power in _factors(number):
        found += [
            (divisor * prime**exponent, phi * (prime - 1) * prime ** (exponent - 1))
            for divisor, phi in found
            for exponent in range(1, power + 1)
        ]
    yield from found


def _factors(number: int) -> Iterator[tuple[int, int]]:
    """The prime factors, each with its exponent."""
    prime = 2
    while prime * prime <= number:
        power = 0
        while number % prime == 0:
            number, power = number // prime, power + 1
        if power:
            yield prime, power
        prime += 1
    if number > 1:
        yield number, 1
