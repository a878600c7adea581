"""Solves the conditions of a net on the sizes of its inputs, exactly.

Conditions on one symbol, and those that separate into such, are decided together as one set of
sizes per symbol. The others, and those whose period is too long, are kept and checked by
evaluation. A size is refused exactly if some step can't run at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.program import Condition
from netlang.ir.sizes.demands import Demand, SymbolSolution, solve_symbol, unique
from netlang.ir.sizes.parts import SplitConditions
from netlang.ir.sizes.periodic import SizeSet, half_line
from netlang.ir.sizes.reduce import distinct, names_of, reduced
from netlang.ir.sizes.substitution import defined
from netlang.ir.sizes.words.rules import SizeRule, listed
from netlang.ir.sizes.work import WorkBudget
from netlang.records import Record, replace

if TYPE_CHECKING:
    from netlang.ir.sizes.implied import MonotoneEquality
    from netlang.ir.sizes.together import Together

__all__ = ["Solution", "solve_conditions"]

# What else may be shown of a symbol, besides a monotone equality and the other symbols.
_Change: TypeAlias = (
    "Callable[[str, MonotoneEquality, Mapping[str, SizeSet], WorkBudget], SizeSet | None]"
)


class Solution(Record):
    """The solved conditions of a net: one part per symbol, and those on several symbols.

    `joint` are the conditions on several symbols that add something to the rest. `shown` are the
    symbols as they are shown: without bounds that `joint` implies, if that is shorter.
    """

    symbols: tuple[SymbolSolution, ...]
    joint: tuple[Together, ...]
    shown: tuple[SymbolSolution, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The conditions as formulas: ``H % 16 == 0``."""
        own = [text for solution in self.shown for text in solution.texts]
        return (*own, *unique(one.text for one in self.joint))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The conditions as advice: ``H and W must be multiples of 16``."""
        groups: dict[SizeRule, list[str]] = {}
        others: list[str] = []
        for solution in self.shown:
            if solution.rule and not solution.undecided:
                groups.setdefault(solution.rule, []).append(solution.name)
            else:
                others += solution.sentences
        joint = unique(one.sentence for one in self.joint)
        return (*(rule.sentence(names) for rule, names in groups.items()), *others, *joint)

    def check(self, sizes: Mapping[str, int]) -> tuple[Diagnostic, ...]:
        """One error for every symbol, or pair of symbols, at whose size some step can't run."""
        errors = [_refused(solution, sizes[solution.name]) for solution in self.symbols]
        return tuple(e for e in (*errors, *_refused_together(self.joint, sizes)) if e)


def solve_conditions(conditions: Iterable[Condition]) -> Solution:
    """The conditions merged per symbol, without those that always hold.

    `contradictions` finds out whether they contradict each other.
    """
    work = WorkBudget()
    definitions, others = defined(distinct(map(reduced, conditions)))
    parts = SplitConditions(distinct(map(reduced, others)) if definitions else others, work)
    joint = [*(one.condition for one in definitions), *parts.joint]
    together, equalities, changes = _together(joint, parts, work) if joint else ([], [], ())
    solved = [solve_symbol(n, tuple(parts.demands[n]), work) for n in sorted(parts.demands)]
    symbols = _asking(solved)
    ways = [symbols, *(_asking(_shown_symbols(solved, equalities, how, work)) for how in changes)]
    return min((Solution(symbols, tuple(together), shown) for shown in ways), key=_length)


def _together(
    joint: list[Condition], parts: SplitConditions, work: WorkBudget
) -> tuple[list[Together], list[MonotoneEquality], tuple[_Change, ...]]:
    """What conditions on several symbols say, equalities among them, and how these change sizes.

    Few nets have any, so their modules are loaded only here.
    """
    from netlang.ir.sizes.implied import alike, loosened, monotone_equality
    from netlang.ir.sizes.together import statements

    together = statements(joint, parts.sets, work)
    equalities = [
        equality
        for one in together
        if (equality := monotone_equality(one.condition.constraint, work))
    ]
    together = [one for one in together if not _narrowed(one, equalities, parts, work)]
    return together, equalities, (loosened, alike) if equalities else ()


def _length(solution: Solution) -> int:
    """The length of the sentences. A rule for several symbols counts once, including bounds."""
    return len(", ".join(solution.sentences))


def _asking(solved: Iterable[SymbolSolution]) -> tuple[SymbolSolution, ...]:
    return tuple(one for one in solved if one.undecided or not one.sizes.is_all)


def _narrowed(
    one: Together, equalities: list[MonotoneEquality], parts: SplitConditions, work: WorkBudget
) -> bool:
    """Whether a choice of bounds became a demand on one symbol: an equality implies the other."""
    from netlang.ir.sizes.implied import narrowed

    if len(one.least) != 2:
        return False
    for equality in equalities:
        found = narrowed(one.least, equality, parts.sets, work)
        if found is not None:
            name, bound = found
            parts.demand(Demand(name, one.condition, half_line(bound)))
            return True
    return False


def _shown_symbols(
    solved: Iterable[SymbolSolution],
    equalities: list[MonotoneEquality],
    how: _Change,
    work: WorkBudget,
) -> Iterable[SymbolSolution]:
    """The symbols with other sizes that mean the same given the equalities; the last one first."""
    shown = {one.name: one for one in solved}
    for equality in equalities:
        for name in reversed(equality.names):
            own = {one.name: one.sizes for one in shown.values()}
            changed = how(name, equality, own, work) if name in shown else None
            if changed is not None:
                shown[name] = replace(shown[name], sizes=changed)
    return shown.values()


def _refused(solution: SymbolSolution, size: int) -> Diagnostic | None:
    broken = next((one.condition for one in solution.demands if not one.holds(size)), None)
    if broken is None:
        return None
    nearest = solution.nearest(size)
    return language.SizeRefused(
        span=broken.span,
        chain=broken.chain,
        size=solution.name,
        value=size,
        rule=" and ".join(solution.sentences),
        reason=broken.constraint.reason,
        nearest=_advice(solution.name, nearest),
    )


def _advice(name: str, nearest: tuple[int, ...]) -> str:
    if not nearest:
        return ""
    verb = "is the nearest size that works" if len(nearest) == 1 else "are the nearest sizes"
    tail = "" if len(nearest) == 1 else " that work"
    return f"{listed([f'{name}={size}' for size in nearest], 'and')} {verb}{tail}"


def _refused_together(
    joint: tuple[Together, ...], sizes: Mapping[str, int]
) -> Iterable[Diagnostic]:
    for one in joint:
        if not one.holds(sizes):
            condition = one.condition
            names = sorted(names_of(condition.constraint))
            yield language.SizesRefused(
                span=condition.span,
                chain=condition.chain,
                given=listed([f"`{name}` = {sizes[name]}" for name in names], "and"),
                rule=one.sentence,
                reason=condition.constraint.reason,
                advice=one.advice(sizes),
            )
