"""`python -m tests.campaigns.recipes`."""

from __future__ import annotations

import sys

from tests.campaigns.recipes.campaign import CAMPAIGN
from tests.campaigns.running import command

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
