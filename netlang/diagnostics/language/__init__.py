"""Errors in a `.net` file: its text, names, values, structure and shapes.

The classes that elaboration reports are here by their names, and their modules are loaded when one
is first used: a sound file needs none.
"""

from __future__ import annotations

from netlang.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.diagnostics.language.expressions import *
    from netlang.diagnostics.language.given import *
    from netlang.diagnostics.language.inputs import *
    from netlang.diagnostics.language.names import *
    from netlang.diagnostics.language.ports import *
    from netlang.diagnostics.language.sizes import *
    from netlang.diagnostics.language.structure import *
    from netlang.diagnostics.language.values import *

__getattr__ = late(
    __name__, ("expressions", "given", "inputs", "names", "ports", "sizes", "structure", "values")
)
