"""Errors about the sizes of a recipe's examples (E0423)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["ExampleNotTaken"]


class ExampleNotTaken(Diagnostic):
    code = "E0423"
    title = "net `{net}` doesn't take examples of shape {shape}, which `{data}` gives"
    caption = "{why}"
    help = "{advice}"

    net: str
    shape: str
    data: str
    why: str
    advice: str
