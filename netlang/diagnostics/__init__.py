"""Errors of users as objects, and how they are shown."""

from netlang.diagnostics.core import (
    Caution,
    Diagnostic,
    Edit,
    Fix,
    Frame,
    InternalError,
    Label,
    NetlangError,
    NetlangWarning,
)
from netlang.diagnostics.render import render_text

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
