"""Steps that mix each example, and its targets, with the one before it in its batch.

Labels become class probabilities, and other targets are mixed linearly. The first example of a
batch is mixed with the last.
"""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument
from netlang.recipes.kinds import positive
from netlang.recipes.words.augmentation import Augmentation

__all__ = ["MIXING", "Cutmix", "Mixing", "Mixup"]

_ALPHA = "the share of the example itself is from Beta(alpha, alpha), drawn for each"


class Mixing(Augmentation):
    """The common base of both."""

    for_signals: ClassVar[bool] = True


@final
class Mixup(Mixing):
    """A weighted mean of both; Zhang et al. 2017, arXiv:1710.09412."""

    name: ClassVar[str] = "mixup"

    alpha: float = argument(positive, _ALPHA, default=0.2)


@final
class Cutmix(Mixing):
    """A box of one replaces that of the other; Yun et al. 2019, arXiv:1905.04899.

    The box has its centre anywhere and the image's proportions (for a signal, it is an interval).
    It is clipped at the borders, and targets are mixed by the visible area.
    """

    name: ClassVar[str] = "cutmix"

    alpha: float = argument(positive, _ALPHA, default=1.0)


MIXING: tuple[type[Augmentation], ...] = (Mixup, Cutmix)
