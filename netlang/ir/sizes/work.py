"""A bound on the work that is spent on conditions.

Each condition takes as many steps as its period is long, and so does combining two. When the budget
is spent, the remaining conditions are kept and checked by evaluation, so the cost of a spec doesn't
depend on its moduli.
"""

from __future__ import annotations

__all__ = ["WorkBudget"]

# Steps for all conditions of a net: about a tenth of a second. Real nets need less than a tenth.
MOST_STEPS = 1 << 16


class WorkBudget:
    """The steps that are left."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps

    def allows(self, steps: int) -> bool:
        """Whether `steps` are left; takes them if so."""
        if steps > self.left:
            return False
        self.left -= steps
        return True
