"""What a campaign finds wrong with a spec."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from netlang.diagnostics.errors import NetlangError

__all__ = ["Failure", "of_exception"]


@dataclass(frozen=True)
class Failure:
    """A failure of some `kind`: two specs fail for one reason if their kinds are equal."""

    kind: str
    detail: str


def of_exception(error: Exception, stage: str) -> Failure:
    """An error at some stage: its kind has its type, or its code, and where it came from."""
    if isinstance(error, NetlangError):
        codes = ", ".join(sorted({each.code for each in error.diagnostics}))
        told = "; ".join(f"{each.code} {each}" for each in error.diagnostics)
        return Failure(f"{stage}: {codes}", told[:600])
    where = traceback.extract_tb(error.__traceback__)[-1]
    name = f"{type(error).__name__} in {where.name}"
    return Failure(f"{stage}: {name}", f"{str(error)[:600]} ({where.filename}:{where.lineno})")
