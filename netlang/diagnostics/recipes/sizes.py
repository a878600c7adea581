"""Errors about the sizes of a recipe's examples (E0317, E0423)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["ExampleNotTaken", "OneSizeNeeded"]


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


class OneSizeNeeded(Diagnostic):
    code = "E0317"
    title = "`{name}` has numbers for each element: inputs have to be of one size"
    caption = "training gives {trained}, tests give {tested}"
    help = "let `augment` and `test` end in one size{advice}"

    name: str
    trained: str
    tested: str
    advice: str
