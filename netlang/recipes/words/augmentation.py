"""What all steps of the paths `augment` and `test` have in common."""

from __future__ import annotations

from typing import ClassVar

from netlang.recipes.description import Description

__all__ = ["Augmentation"]


class Augmentation(Description):
    """One change of an example.

    `for_signals` says that it makes sense for signals, ``[L]`` or ``[C, L]``, too, `for_training`
    that it may stand in `augment`, `for_tests` that it may stand in `test`.
    """

    for_signals: ClassVar[bool] = False
    for_training: ClassVar[bool] = True
    for_tests: ClassVar[bool] = False
