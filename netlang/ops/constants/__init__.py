"""Values that the spec gives: numbers that are listed, and tables made by a formula.

They have no batch axis. One whose sizes are all numbers is made once; where a size depends on the
input, it is made for each input.
"""

from netlang.ops.constants.filled import Filled, Full, Ones, Zeros
from netlang.ops.constants.listed import Listed
from netlang.ops.constants.sequences import Arange, Linspace
from netlang.ops.constants.squares import Eye, WindowOffsets
from netlang.ops.constants.table import Table, made

__all__ = [
    "Arange", "Eye", "Filled", "Full", "Linspace", "Listed", "Ones", "Table", "WindowOffsets",
    "Zeros", "made",
]  # fmt: skip
