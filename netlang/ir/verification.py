"""Whether the compiler is to check its own invariants: `NETLANG_VERIFY` in the environment.

Apart from the checks themselves (`verify.py`), which few runs ask for and none has to load.
"""

from __future__ import annotations

import os

__all__ = ["VARIABLE", "asked"]

VARIABLE = "NETLANG_VERIFY"


def asked() -> bool:
    """Whether the environment asks for it: by anything but nothing or `0`."""
    return os.environ.get(VARIABLE, "") not in ("", "0")
