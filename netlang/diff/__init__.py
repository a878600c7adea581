"""What is different between two nets.

Steps are matched; what is left over, and how matched steps differ, says what changed.
"""

from netlang.diff.compare import compare
from netlang.diff.difference import Difference

__all__ = ["Difference", "compare"]
