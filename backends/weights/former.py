"""Obsolete keys that published files still have, though their models have renamed them.

torchvision renamed a few submodules after it had published weights, and renames their keys whenever
it loads a file (``densenet._load_state_dict``, ``_load_from_state_dict`` of ``MLPBlock``,
``FeaturePyramidNetwork`` and ``RPNHead``). The specs use the current names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

__all__ = ["former_names", "renamed"]

T = TypeVar("T")

# What a key was called, what it is called now, and what keys of today look like.
_FORMER = (
    (
        r"(denselayer\d+\.(?:norm|conv))\.([12])(?=\.)", r"\1\2",
        r"denselayer\d+\.(?:norm|conv)[12]\.",
    ),
    (r"(?<=mlp\.)linear_1(?=\.)", "0", r"mlp\.0\."),
    (r"(?<=mlp\.)linear_2(?=\.)", "3", r"mlp\.3\."),
    (
        r"((?:inner|layer)_blocks\.\d+)(?=\.(?:weight|bias)$)", r"\1.0",
        r"(?:inner|layer)_blocks\.\d+\.0\.(?:weight|bias)$",
    ),
    (r"(?<=head\.)conv(?=\.(?:weight|bias)$)", "conv.0.0", r"head\.conv\.0\.0\."),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), name) for pattern, name, _ in _FORMER)


def former_names(needed: Collection[str]) -> list[tuple[str, str]]:
    """The patterns of obsolete keys, and their replacements, that such a net may meet."""
    return [
        (pattern, name)
        for pattern, name, today in _FORMER
        if any(re.search(today, key) for key in needed)
    ]


def renamed(stored: Mapping[str, T], needed: Collection[str]) -> dict[str, T]:
    """The tensors under their current keys.

    A key changes only if the net doesn't know it, needs the new one, and that one isn't there.
    """
    return {_today(key, stored, needed): value for key, value in stored.items()}


def _today(key: str, stored: Collection[str], needed: Collection[str]) -> str:
    if key in needed:
        return key
    return next((new for new in _readings(key) if new in needed and new not in stored), key)


def _readings(key: str) -> Iterator[str]:
    for pattern, name in _PATTERNS:
        yield pattern.sub(name, key)
