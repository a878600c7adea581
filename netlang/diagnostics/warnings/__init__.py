"""Warnings: what is legal and probably not meant, one class for each; `netlang.lint` finds them."""

__all__: list[str] = []
