"""Errors in recipes, found before these run.

The classes are here by their names, and their modules are loaded when one is first used.
"""

from __future__ import annotations

from netlang.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.diagnostics.recipes.data import *
    from netlang.diagnostics.recipes.keys import *
    from netlang.diagnostics.recipes.optimization import *
    from netlang.diagnostics.recipes.paths import *
    from netlang.diagnostics.recipes.run import *
    from netlang.diagnostics.recipes.sections import *
    from netlang.diagnostics.recipes.sizes import *
    from netlang.diagnostics.recipes.spaces import *
    from netlang.diagnostics.recipes.steps import *

__getattr__ = late(
    __name__,
    ("data", "keys", "optimization", "paths", "run", "sections", "sizes", "spaces", "steps"),
)
