"""From errors to fixes: edits of the text, and the nearest of the valid names.

The functions that elaboration and warnings need are here by their names, and their modules are
loaded when one is first called: a sound file needs none.
"""

from __future__ import annotations

from netlang.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.advice.arguments import *
    from netlang.advice.blocks import *
    from netlang.advice.bodies import *
    from netlang.advice.edits import *
    from netlang.advice.images import *
    from netlang.advice.inputs import *
    from netlang.advice.layers import *
    from netlang.advice.names import *
    from netlang.advice.numbers import *
    from netlang.advice.recipe_words import *
    from netlang.advice.similar import *

__getattr__ = late(
    __name__,
    (
        "arguments",
        "blocks",
        "bodies",
        "edits",
        "images",
        "inputs",
        "layers",
        "names",
        "numbers",
        "recipe_words",
        "similar",
    ),
)
