"""Modules: what each name of a file stands for, across imports."""

__all__: list[str] = []
