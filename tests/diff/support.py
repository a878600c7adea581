"""Differences of nets that are given as texts."""

from __future__ import annotations

import netlang
from netlang.diff import Difference, compare
from netlang.diff.lines import lines_of

__all__ = ["BODY", "between", "net", "told"]

BODY = """
    conv1: conv(8, 3x3, pad=1) -> bn1: bn -> relu1: relu
    conv2: conv(8, 3x3, pad=1) -> bn2: bn -> relu2: relu
    pool: gap -> flatten -> fc: linear(10)
"""


def net(body: str, head: str = "") -> str:
    """A net on small images, with these statements."""
    return f"{head}net n {{\n    input image: [3, 16, 16]\n{body}\n}}\n"


def between(before: str, after: str) -> Difference:
    """What is different between two texts."""
    return compare(netlang.loads(before).program, netlang.loads(after).program)


def told(before: str, after: str) -> list[str]:
    """The difference in lines, without consequences and figures."""
    lines = lines_of(between(net(before), net(after)))
    return [f"{each.verb} {each.where}: {each.what}" for each in lines if each.verb != "follow"]
