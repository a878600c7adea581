"""Lowerings of operators from other packages.

A package that offers operators in the group `netlang.ops` registers their lowerings in modules
that it names in the groups `netlang.lowerings.torch` and `netlang.lowerings.onnx`: importing such a
module registers with the backend's dispatch, as the backend's own families do.
"""

from __future__ import annotations

from functools import cache

__all__ = ["load_installed"]


@cache
def load_installed(backend: str) -> tuple[str, ...]:
    """Import every module that installed packages name for `backend`; their names."""
    from importlib.metadata import entry_points

    found = tuple(entry_points(group=f"netlang.lowerings.{backend}"))
    for entry in found:
        entry.load()
    return tuple(entry.value for entry in found)
