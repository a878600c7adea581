"""`python -m tests.campaigns.scaling`."""

from __future__ import annotations

import sys

from tests.campaigns.scaling.campaign import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
