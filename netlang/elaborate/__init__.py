"""Elaboration: from bodies to functions of the IR, and from nets to programs.

What resolves the names that users give is loaded on first use: checking a file needs none of it.
"""

from __future__ import annotations

from netlang.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.elaborate.spec import *

__getattr__ = late(__name__, ("spec",))
