"""The methods by name."""

from __future__ import annotations

from netlang.extras import needs
from netlang.searching.methods.coarse import CoarseToFine
from netlang.searching.methods.halving import SuccessiveHalving
from netlang.searching.methods.method import RandomSearch, SearchMethod, SearchPlan
from netlang.searching.methods.sampler import OptunaSearch

__all__ = ["method_of"]

_OWN: dict[str, type[SearchMethod]] = {
    "random": RandomSearch,
    "coarse-to-fine": CoarseToFine,
    "halving": SuccessiveHalving,
}


def method_of(plan: SearchPlan) -> SearchMethod:
    """The method of a plan. Raises `NetlangError` if it needs a package that is missing."""
    own = _OWN.get(plan.method)
    if own is not None:
        return own(plan)
    with needs("search"):
        return OptunaSearch(plan)
