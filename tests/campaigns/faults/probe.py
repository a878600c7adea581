"""Random networks, one after the other, until one gives the compiler of this process away.

Prints how many it took and what was noticed, as JSON: ``{"networks": 3, "what": "..."}``, or
``{"networks": 300, "what": null}`` where all is well.
"""

from __future__ import annotations

import json
import sys

from tests.campaigns.trial import tried

__all__ = ["first_failure", "main"]


def first_failure(count: int, first: int) -> tuple[int, str | None]:
    """How many networks were tried, and what the last one showed."""
    for index in range(count):
        number = first + index
        try:
            found = tried(number)
            failure = found.examined.failure or found.numbers
        except Exception as error:  # a compiler with a fault may break anywhere
            return index + 1, f"raised {type(error).__name__}: {error}"
        if failure:
            return index + 1, failure.kind
    return count, None


def main(count: str, first: str) -> None:
    networks, what = first_failure(int(count), int(first))
    print(json.dumps({"networks": networks, "what": what}))


if __name__ == "__main__":
    main(*sys.argv[1:])
