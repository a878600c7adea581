"""Blocks used as steps: parameters, one function per distinct use, or inlined steps."""

__all__: list[str] = []
