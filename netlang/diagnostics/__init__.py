"""Users' errors as objects, and how they are shown.

Errors about files and warnings are here by their names, and their modules are loaded when one is
first used; `language` has those of a text in the same way.
"""

from __future__ import annotations

from netlang.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.diagnostics.files import *
    from netlang.diagnostics.warnings.comments import *
    from netlang.diagnostics.warnings.tensors import *
    from netlang.diagnostics.warnings.text import *
    from netlang.diagnostics.warnings.training import *

__getattr__ = late(
    __name__,
    ("files", "warnings.comments", "warnings.tensors", "warnings.text", "warnings.training"),
)
