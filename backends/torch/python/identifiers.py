"""Names in emitted source: a spec's words turned into safe Python identifiers.

On exit, an identifier is ASCII, not a keyword and not one of the names that emitted code relies on.
Attribute names of modules are never changed, since they are the keys of the state dict: whether a
label can be written as ``self.label`` is decided here and nowhere else.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

__all__ = [
    "MAPPING_ATTRIBUTES",
    "MODULE_ATTRIBUTES",
    "RESERVED",
    "PythonScope",
    "collides",
    "identifier",
    "is_attribute",
    "is_identifier",
    "is_item",
]

# What emitted code means by these names must not change.
RESERVED = frozenset(
    {
        "Any",
        "Callable",
        "F",
        "NamedTuple",
        "OrderedDict",
        "Tensor",
        "cast",
        "forward",
        "index",
        "layer",
        "math",
        "nn",
        "self",
        "torch",
    }
) | frozenset(name for name in dir(builtins))

# Public attributes of `torch.nn.Module` and of its containers, of every release that is supported.
MODULE_ATTRIBUTES = frozenset(
    [
        "T_destination",
        "add_module",
        "append",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extend",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "insert",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "pop",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)

# Those that only `torch.nn.ModuleDict` has.
MAPPING_ATTRIBUTES = frozenset(["clear", "items", "keys", "update", "values"])


def is_identifier(text: str) -> bool:
    """Whether Python reads `text` as one name and leaves it unchanged."""
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)


def is_attribute(label: str) -> bool:
    """Whether a submodule `label` can be set and read as ``self.label``.

    A leading underscore may clash with private attributes, and Python mangles two.
    """
    return is_identifier(label) and not collides(label)


def is_item(label: str) -> bool:
    """Whether a submodule `label` can be an item of an `nn.ModuleDict`, and isn't an attribute."""
    return not is_attribute(label) and not collides(label)


def collides(label: str) -> bool:
    """Whether `nn.Module` has, or may have, an attribute of that name."""
    return label in MODULE_ATTRIBUTES or label.startswith("_")


def identifier(text: str) -> str:
    """The identifier closest to `text` that emitted code can use for a local or parameter."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII).strip("_")
    if not name or name[0].isdigit():
        name = f"x{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


class PythonScope:
    """The names of one Python scope; each is given out once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def fresh(self, text: str) -> str:
        """A new identifier like `text`."""
        name = wanted = identifier(text)
        number = 2
        while name in self._taken:
            name = f"{wanted}{'_' if wanted[-1].isdigit() else ''}{number}"
            number += 1
        self._taken.add(name)
        return name
