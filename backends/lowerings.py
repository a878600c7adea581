"""Lowerings for operators of other packages.

A package that provides operators in the entry point group `netlang.ops` names modules with their
lowerings in the groups `netlang.lowerings.torch` and `netlang.lowerings.onnx`. Importing such a
module registers its lowerings in the backend's dispatch, as for the built-in operators.
"""

from __future__ import annotations

from functools import cache

__all__ = ["load_installed"]


@cache
def load_installed(backend: str) -> tuple[str, ...]:
    """Import every module that installed packages name for `backend`; returns their names."""
    from importlib.metadata import entry_points

    found = tuple(entry_points(group=f"netlang.lowerings.{backend}"))
    for entry in found:
        entry.load()
    return tuple(entry.value for entry in found)
