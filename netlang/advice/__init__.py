"""From errors to fixes: edits of the text, and the nearest of the valid names.

The functions that elaboration and warnings need are here by their names, and their modules are
loaded when one is first called: a sound file needs none.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.advice.arguments import (
        activation_as_step,
        as_list,
        compared,
        completed,
        converted,
        counted,
        foreign_module,
        lacking,
        missing_arguments,
        more_targets,
        without_inputs,
    )
    from netlang.advice.blocks import (
        as_scope,
        first_words,
    )
    from netlang.advice.bodies import (
        first_input,
        glued_body,
        input_earlier,
        steps_after,
        with_body,
    )
    from netlang.advice.edits import (
        enclosing,
        inserted,
        replaced,
        with_arguments,
        without_arguments,
        without_statement,
    )
    from netlang.advice.images import (
        channels_first,
    )
    from netlang.advice.inputs import (
        value_before,
    )
    from netlang.advice.layers import (
        unknown_layer,
    )
    from netlang.advice.names import (
        dead_step,
        new_label,
        new_port,
        numbered,
        renamed,
        renamed_inside,
        without_parameter,
    )
    from netlang.advice.nearest import (
        replacement,
    )
    from netlang.advice.numbers import (
        among_values,
        as_argument,
    )
    from netlang.advice.recipe_words import (
        data_source,
        in_a_recipe,
    )

__all__ = [
    "activation_as_step", "among_values", "as_argument", "as_list", "as_scope", "channels_first",
    "compared", "completed", "converted", "counted", "data_source", "dead_step", "enclosing",
    "first_input", "first_words", "foreign_module", "glued_body", "in_a_recipe", "input_earlier",
    "inserted", "lacking", "missing_arguments", "more_targets", "new_label", "new_port",
    "numbered", "renamed", "renamed_inside", "replaced", "replacement", "steps_after",
    "unknown_layer", "value_before", "with_arguments", "with_body", "without_arguments",
    "without_inputs", "without_parameter", "without_statement",
]  # fmt: skip

_HOMES = {
    "arguments": (
        "activation_as_step", "as_list", "compared", "completed", "converted", "counted",
        "foreign_module", "lacking", "missing_arguments", "more_targets", "without_inputs",
    ),
    "blocks": (
        "as_scope", "first_words",
    ),
    "bodies": (
        "first_input", "glued_body", "input_earlier", "steps_after", "with_body",
    ),
    "edits": (
        "enclosing", "inserted", "replaced", "with_arguments", "without_arguments",
        "without_statement",
    ),
    "images": (
        "channels_first",
    ),
    "inputs": (
        "value_before",
    ),
    "layers": (
        "unknown_layer",
    ),
    "names": (
        "dead_step", "new_label", "new_port", "numbered", "renamed", "renamed_inside",
        "without_parameter",
    ),
    "nearest": (
        "replacement",
    ),
    "numbers": (
        "among_values", "as_argument",
    ),
    "recipe_words": (
        "data_source", "in_a_recipe",
    ),
}  # fmt: skip
"""The modules and the names that each of them has."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
