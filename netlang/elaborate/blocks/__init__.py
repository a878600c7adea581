"""Blocks used as steps: their parameters, a function for each use of its own, or steps in place."""

__all__: list[str] = []
