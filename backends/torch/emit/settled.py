"""A step's expression once it is known whether the step may overwrite its input."""

from __future__ import annotations

from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import Call, Constant, Expression, Overwrite

__all__ = ["settled"]


def settled(part: Expression, overwrite: bool) -> Expression:
    """A tree with the decision filled in whether the step may overwrite its input."""

    def change(inner: Expression) -> Expression:
        if isinstance(inner, Overwrite):
            return Constant(overwrite)
        if isinstance(inner, Call):
            kept = tuple(k for k in inner.keywords if k.default is None or k.value != k.default)
            return Call(inner.function, inner.arguments, kept)
        return inner

    return map_expression(part, change)
