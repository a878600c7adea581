"""Errors of users as objects, and how they are shown."""

from netlang.diagnostics.core import (
    Diagnostic,
    Edit,
    Fix,
    Frame,
    InternalError,
    Label,
    NetlangError,
)
from netlang.diagnostics.render import render_text

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "Frame",
    "InternalError",
    "Label",
    "NetlangError",
    "render_text",
]
