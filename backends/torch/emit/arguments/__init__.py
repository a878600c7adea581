"""Constructors of classes: their arguments, and every number as a formula in them."""

__all__: list[str] = []
