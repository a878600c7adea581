"""Operators of our own, for what PyTorch has as several, or as one that takes other things.

A graph that isn't traced has them. Nothing computes them: their results have a shape alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["opaque_operator"]

_LIBRARY = torch.library.Library("netlang_import", "FRAGMENT")


def opaque_operator(schema: str, shaped: Callable[..., Any]) -> Any:
    """The operator `netlang_import.NAME.default` of a schema.

    `shaped` gives its results, tensors of which no number is ever read.
    """
    _LIBRARY.define(schema)
    name = schema.partition("(")[0]
    _LIBRARY.impl(name, shaped, "CompositeExplicitAutograd")
    return getattr(torch.ops.netlang_import, name).default
