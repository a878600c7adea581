"""Every error class of the project, of the core and of the backends."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import netlang.diagnostics
from netlang.diagnostics.core import Diagnostic

__all__ = ["all_errors"]

BACKENDS = ("graphviz", "onnx", "torch", "weights")


def all_errors() -> Iterator[type[Diagnostic]]:
    """The class of every error, those of tests left out."""
    for module in iter_modules(netlang.diagnostics.__path__):
        import_module(f"netlang.diagnostics.{module.name}")
    for backend in BACKENDS:
        import_module(f"netlang.backends.{backend}.diagnostics")
    for each in Diagnostic.__subclasses__():
        if each.__module__.startswith("netlang."):
            yield each
