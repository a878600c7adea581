"""Operators of other packages, found through the entry point group `netlang.ops`.

The name of an entry point is the operator's name in the language, and its value the class. A spec
can use what is installed, but it can't cause anything to be loaded by a path or name of its own:
only names in the group are looked up. The names of built-in operators can't be taken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

from netlang.diagnostics.errors import InternalError
from netlang.ir.arguments import keywords_of
from netlang.ir.op import Op

__all__ = ["GROUP", "installed_keywords", "installed_names", "installed_operator"]

GROUP = "netlang.ops"


@cache
def _entries() -> dict[str, str]:
    """The name and value of every entry point in the group; the first one of a name counts.

    Mostly there are none. To see that takes a tenth of the time of `importlib.metadata`.
    """
    if not (_others_find_packages() or any(map(_may_offer, sys.path))):
        return {}
    from importlib.metadata import entry_points

    found: dict[str, str] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry.value)
    return found


def _others_find_packages() -> bool:
    """Whether packages may be installed elsewhere than in the folders of `sys.path`."""
    usual: tuple[object, ...] = (BuiltinImporter, FrozenImporter, PathFinder)
    others = (finder for finder in sys.meta_path if finder not in usual)
    return any(getattr(finder, "find_distributions", None) is not None for finder in others)


def _may_offer(folder: str) -> bool:
    """Whether a package in a folder mentions the group; an archive of packages may."""
    try:
        names = os.listdir(folder or ".")
    except NotADirectoryError:
        return True
    except OSError:
        return False
    return any(name.endswith(".egg") for name in names) or _mentioned(folder, names)


def _mentioned(folder: str, names: Iterable[str]) -> bool:
    """Whether entry points that lie beside installed packages mention the group."""
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                    if GROUP.encode() in file.read():
                        return True
            except OSError:
                continue  # it has none
    return False


def installed_names() -> tuple[str, ...]:
    """The names of all installed operators, without importing any of them."""
    return tuple(_entries())


@cache
def installed_operator(name: str) -> type[Op] | None:
    """The operator that another package provides under `name`, or None.

    Raises `InternalError` if the entry point isn't an operator of that name.
    """
    value = _entries().get(name)
    if value is None:
        return None
    from importlib.metadata import EntryPoint

    found = EntryPoint(name, value, GROUP).load()
    if not (isinstance(found, type) and issubclass(found, Op) and found.name == name):
        raise InternalError(f"entry point {name} = {value} of {GROUP} isn't an operator {name!r}")
    return found


@cache
def installed_keywords() -> frozenset[str]:
    """Every bare word that an installed operator takes."""
    operators = (installed_operator(name) for name in installed_names())
    return frozenset(word for op in operators if op is not None for word in keywords_of(op))
