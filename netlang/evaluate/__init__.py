"""Evaluates expressions to compile-time values."""

__all__: list[str] = []
