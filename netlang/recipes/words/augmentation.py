"""What all steps of the paths `augment` and `test` have in common."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar

from netlang.recipes.description import Description

__all__ = ["Augmentation"]


@dataclass(frozen=True, kw_only=True)
class Augmentation(Description, ABC):
    """One change of an example.

    `for_signals` says that it makes sense for signals, ``[L]`` or ``[C, L]``, too, `for_training`
    that it may stand in `augment`, `for_tests` that it may stand in `test`.
    """

    for_signals: ClassVar[bool] = False
    for_training: ClassVar[bool] = True
    for_tests: ClassVar[bool] = False
