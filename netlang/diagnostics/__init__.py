"""Errors of users as objects, and how they are shown."""

from netlang.diagnostics.diagnostic import Caution, Diagnostic, Edit, Fix, Frame, Label
from netlang.diagnostics.errors import InternalError, NetlangError, NetlangWarning
from netlang.diagnostics.render.text import render_text

__all__ = [
    "Caution",
    "Diagnostic",
    "Edit",
    "Fix",
    "Frame",
    "InternalError",
    "Label",
    "NetlangError",
    "NetlangWarning",
    "render_text",
]
