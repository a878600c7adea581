"""Warnings about legal but probably unintended specs, one class each; `netlang.lint` finds them."""

__all__: list[str] = []
