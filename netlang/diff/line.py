"""One line of what changed."""

from __future__ import annotations

from netlang.records import Record

__all__ = ["ToldLine"]


class ToldLine(Record):
    """A verb, the pattern of the paths that it is about, and what is said of them.

    `steps` are the numbers of the steps: of the net before for `removed`, else of the one after.
    """

    verb: str
    where: str
    what: str
    steps: tuple[int, ...] = ()
