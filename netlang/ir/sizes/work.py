"""A bound on the work that conditions are worth.

Each condition takes as many steps as its period is long, and so does taking two together. What is
left when the budget is spent is told as it stands and checked by evaluating it: so the cost of a
spec doesn't depend on its moduli.
"""

from __future__ import annotations

__all__ = ["Work"]

# Steps for all conditions of a net: about a tenth of a second. Real nets need less than a tenth.
MOST_STEPS = 1 << 16


class Work:
    """Steps that may still be taken."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps

    def allows(self, steps: int) -> bool:
        """Takes so many steps, if as many are left."""
        if steps > self.left:
            return False
        self.left -= steps
        return True
