"""netlang: a file that reads like the table in the paper becomes a model, an ONNX file, a picture.

``netlang.load("resnet50")`` returns a `Net` and ``netlang.train("mnist1d")`` a `Run`; everything
else is reached from these. Importing this package costs next to nothing: its contents are loaded on
first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
"""Like `typing.TYPE_CHECKING`, without the time that importing `typing` takes."""

if TYPE_CHECKING:
    from netlang.api import Net, from_keras, from_torch, load, load_block, loads
    from netlang.build import ExampleInputs, LowPrecision
    from netlang.diagnostics.errors import InternalError, NetlangError, NetlangWarning
    from netlang.searching.api import Search, search
    from netlang.training import Run, examples, train

__all__ = [
    "ExampleInputs", "InternalError", "LowPrecision", "Net", "NetlangError", "NetlangWarning",
    "Run", "Search", "__version__", "examples", "from_keras", "from_torch", "load", "load_block",
    "loads", "search", "train",
]  # fmt: skip

__version__ = "0.1.0"

_HOMES = {
    "ExampleInputs": "netlang.build",
    "InternalError": "netlang.diagnostics.errors",
    "LowPrecision": "netlang.build",
    "Net": "netlang.api",
    "NetlangError": "netlang.diagnostics.errors",
    "NetlangWarning": "netlang.diagnostics.errors",
    "Run": "netlang.training",
    "Search": "netlang.searching.api",
    "examples": "netlang.training",
    "from_keras": "netlang.api",
    "from_torch": "netlang.api",
    "load": "netlang.api",
    "load_block": "netlang.api",
    "loads": "netlang.api",
    "search": "netlang.searching.api",
    "train": "netlang.training",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
