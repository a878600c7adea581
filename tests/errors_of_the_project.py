"""Every class of errors and warnings of the project, of the core and of the backends."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import netlang.diagnostics
from netlang.diagnostics.diagnostic import Caution, Diagnostic

__all__ = ["all_errors"]

BACKENDS = (
    "graphviz", "onnx", "onnx.ends", "onnx.importing", "torch", "torch.importing", "torch.look",
    "weights",
)  # fmt: skip


def all_errors() -> Iterator[type[Diagnostic]]:
    """The class of every error and warning, those of tests left out."""
    for module in walk_packages(netlang.diagnostics.__path__, "netlang.diagnostics."):
        import_module(module.name)
    for backend in BACKENDS:
        import_module(f"netlang.backends.{backend}.diagnostics")
    for each in (*Diagnostic.__subclasses__(), *Caution.__subclasses__()):
        if each is not Caution and each.__module__.startswith("netlang."):
            yield each
