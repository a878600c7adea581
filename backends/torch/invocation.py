"""A call of a plain function that can be executed or printed.

Every word of a recipe is lowered to one: a function of PyTorch or of
`netlang.backends.torch.runtime`, with its settings. Training calls it, and a training script
contains its text, so both do the same.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import Any, TypeAlias, final

import torch
from torch.nn import functional

from netlang.diagnostics.errors import InternalError

__all__ = ["RUNTIME", "Invocation", "Setting", "callee", "literal", "power"]

Setting: TypeAlias = "bool | int | float | str | tuple[Setting, ...] | None"

# Modules of plain functions, whose text a script holds.
RUNTIME = ("netlang.backends.torch.runtime.", "netlang.recipes.words.rates")

# How a script calls what PyTorch offers, after `import torch`, `from torch import nn, optim` and
# `import torch.nn.functional as F`.
_PUBLIC = {
    "optim": torch.optim,
    "nn.init": torch.nn.init,
    "nn.utils": torch.nn.utils,
    "nn": torch.nn,
    "F": functional,
    "torch": torch,
}
_BUILTIN = (len,)
# Names, also of attributes, and numbers.
_CLOSE = re.compile(r"[a-zA-Z_][\w.]*|-?\d[\d.]*(e[-+]?\d+)?")


@final
@dataclass(frozen=True)
class Invocation:
    """`function` with its settings; the operands are passed when it is called."""

    function: Callable[..., Any]
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))

    def __call__(self, *operands: object) -> Any:
        """The result for the given operands."""
        return self.function(*operands, **self.settings)

    def source(self, *operands: str, **texts: str) -> str:
        """The call as a person would write it, without arguments that equal their defaults.

        `texts` are expressions that a script has for settings in place of their values.
        """
        known = _defaults(self.function)
        given = (
            f"{name}={texts.get(name) or literal(value)}"
            for name, value in self.settings.items()
            if name not in known or not _same(known[name], value)
        )
        return f"{callee(self.function)}({', '.join((*operands, *given))})"


def callee(function: Callable[..., Any]) -> str:
    """A function's name in a script: its own if its text is copied, else PyTorch's."""
    name: str = function.__name__
    if function.__module__.startswith(RUNTIME) or function in _BUILTIN:
        return name
    for prefix, module in _PUBLIC.items():
        if getattr(module, name, None) is function:
            return f"{prefix}.{name}"
    raise InternalError(f"{function!r} has no public name")


def literal(value: Setting) -> str:
    """A setting as Python source."""
    if isinstance(value, tuple):
        items = ", ".join(map(literal, value))
        return f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        # In the quotes that `ruff format` prefers; what isn't seen as itself is escaped.
        single = value.count('"') > value.count("'") or not value.isprintable()
        return repr(value) if single else json.dumps(value, ensure_ascii=False)
    return repr(value)


def power(base: str, exponent: str) -> str:
    """A power as `ruff format` leaves it: names and numbers stand close to the operator."""
    close = all(map(_CLOSE.fullmatch, (base, exponent)))
    return f"{base}**{exponent}" if close else f"{base} ** {exponent}"


def _defaults(function: Callable[..., Any]) -> Mapping[str, object]:
    """The defaults of a function; none if it doesn't expose them (one written in C)."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        return {}
    return {name: item.default for name, item in parameters.items()}


def _same(default: object, value: Setting) -> bool:
    """Whether omitting a value changes nothing; 0 equals 0.0, but not False."""
    return isinstance(default, bool) is isinstance(value, bool) and default == value
