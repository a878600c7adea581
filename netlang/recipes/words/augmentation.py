"""The common base of all steps of the paths `augment` and `test`."""

from __future__ import annotations

from typing import ClassVar

from netlang.recipes.description import Description

__all__ = ["Augmentation"]


class Augmentation(Description):
    """One change of an example.

    `for_signals` says that it also applies to signals, ``[L]`` or ``[C, L]``, `for_training` that
    it is allowed in `augment`, and `for_tests` that it is allowed in `test`.
    """

    for_signals: ClassVar[bool] = False
    for_training: ClassVar[bool] = True
    for_tests: ClassVar[bool] = False
