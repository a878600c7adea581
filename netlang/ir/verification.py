"""Whether the compiler checks its own invariants: `NETLANG_VERIFY` in the environment.

This is separate from the checks (`verify/`), which most runs don't need to load.
"""

from __future__ import annotations

import os

__all__ = ["VARIABLE", "asked"]

VARIABLE = "NETLANG_VERIFY"


def asked() -> bool:
    """Whether the environment asks for it, by any value other than nothing or `0`."""
    return os.environ.get(VARIABLE, "") not in ("", "0")
