"""Operators that PyTorch source can't express, with the reason."""

from __future__ import annotations

from netlang.ir.op import Op

__all__ = ["UNSUPPORTED"]

UNSUPPORTED: dict[type[Op], str] = {}
