"""A node of the graph that the language has no words for."""

from __future__ import annotations

from typing import final

__all__ = ["NotSayable", "in_training", "refused"]


@final
class NotSayable(Exception):
    """`reason` says what the language lacks, `advice` what could be done."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def in_training(what: str) -> NotSayable:
    """The refusal of what does something else in training, and was exported so."""
    return NotSayable(f"{what} in training", "call `eval()` first, and let `training` decide")


def refused(*read: object) -> None:
    """What such a node calls in the graph of a file. Nothing computes it."""
