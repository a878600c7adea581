"""A set of sizes in words: as conditions (``H % 16 == 0``) and as advice (a multiple of 16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netlang.ir.periodic import SizeSet

__all__ = ["Rule", "listed", "rule_of"]

# More residues or sizes than these are no longer told one by one.
LONGEST_LIST = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """What a size must be: `conditions` with ``{}`` for its name; `one` and `many` follow "be"."""

    conditions: tuple[str, ...]
    one: str
    many: str

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(condition.format(name) for condition in self.conditions)

    def sentence(self, names: Sequence[str]) -> str:
        """``H and W must be multiples of 16``."""
        return f"{listed(names, 'and')} must be {self.one if len(names) == 1 else self.many}"


def listed(items: Sequence[object], word: str) -> str:
    """``a, b and c``."""
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def rule_of(sizes: SizeSet, at_least: int) -> Rule | None:
    """The set in words, or None if it is too irregular to tell.

    `at_least` is the lower bound that inequalities of the net state by themselves: the conditions
    quote it, the advice names the smallest size that works.
    """
    last = sizes.last
    if last is not None and (few := _few(sizes, last)):
        return few
    if not sizes.is_regular:
        return None
    modulus, residues = sizes.residues
    residue = _residue_rule(modulus, residues)
    if residue is None:
        return None
    conditions, one, many = list(residue.conditions), [residue.one], [residue.many]
    if sizes.first > min(r or modulus for r in residues):
        bound = at_least if _is_same_start(sizes, at_least) else sizes.first
        conditions.append(f"{{}} >= {bound}")
        one.append(f"at least {sizes.first}")
        many.append(f"at least {sizes.first}")
    if last is not None:
        conditions.append(f"{{}} <= {last}")
        one.append(f"at most {last}")
        many.append(f"at most {last}")
    return Rule(tuple(conditions), _joined(one), _joined(many))


def _joined(parts: list[str]) -> str:
    return " and ".join(part for part in parts if part)


def _is_same_start(sizes: SizeSet, bound: int) -> bool:
    """Whether the first size is the first of its residues from `bound` on."""
    modulus, residues = sizes.residues
    return bound >= 1 and sizes.first == min(bound + (r - bound) % modulus for r in residues)


def _few(sizes: SizeSet, last: int) -> Rule | None:
    """A finite set that is short enough to list."""
    if last - sizes.first > 10_000:
        return None
    members = [size for size in range(sizes.first, last + 1) if size in sizes]
    if len(members) == 1:
        return Rule((f"{{}} == {members[0]}",), str(members[0]), str(members[0]))
    if len(members) == last - sizes.first + 1:
        text = f"from {sizes.first} to {last}"
        bounds = () if sizes.first == 1 else (f"{{}} >= {sizes.first}",)
        return Rule((*bounds, f"{{}} <= {last}"), text, text)
    if len(members) > LONGEST_LIST:
        return None
    text = listed(members, "or")
    return Rule((f"{{}} in {_braced(members)}",), text, text)


def _residue_rule(modulus: int, residues: tuple[int, ...]) -> Rule | None:
    if modulus == 1:
        return Rule((), "", "")
    if len(residues) == 1:
        return _one_residue(modulus, residues[0])
    if len(residues) == modulus - 1:
        missing = next(iter(set(range(modulus)) - set(residues)))
        away = "a multiple" if missing == 0 else f"{missing} more than a multiple"
        text = f"anything but {away} of {modulus}"
        return Rule((f"{{}} % {modulus} != {missing}",), text, text)
    if len(residues) == residues[-1] - residues[0] + 1:
        return _residue_range(modulus, residues[0], residues[-1])
    if len(residues) > LONGEST_LIST:
        return None
    text = f"{listed(residues, 'or')} more than a multiple of {modulus}"
    return Rule((f"{{}} % {modulus} in {_braced(residues)}",), text, text)


def _one_residue(modulus: int, residue: int) -> Rule:
    condition = (f"{{}} % {modulus} == {residue}",)
    if residue == 0:
        return Rule(condition, f"a multiple of {modulus}", f"multiples of {modulus}")
    text = f"{residue} more than a multiple of {modulus}"
    return Rule(condition, text, f"each {text}")


def _residue_range(modulus: int, first: int, last: int) -> Rule:
    lower = () if first == 0 else (f"{{}} % {modulus} >= {first}",)
    upper = () if last == modulus - 1 else (f"{{}} % {modulus} <= {last}",)
    text = f"{first} to {last} more than a multiple of {modulus}"
    return Rule(lower + upper, text, text)


def _braced(items: Sequence[int]) -> str:
    return "{{" + ", ".join(map(str, items)) + "}}"
