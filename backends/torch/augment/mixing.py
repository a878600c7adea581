"""Lowerings of the steps that mix examples."""

from __future__ import annotations

from netlang.backends.torch.augment.lower import Acts, LoweredStep, lower
from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.mixing import cutmix, mixup
from netlang.recipes.words.mixing import Cutmix, Mixup

__all__: list[str] = []


@lower.register
def _(step: Mixup, classes: int | None) -> LoweredStep:
    settings = {"alpha": step.alpha, "classes": classes or 0}
    return LoweredStep(Invocation(mixup, settings), 1, Acts.MIX)


@lower.register
def _(step: Cutmix, classes: int | None) -> LoweredStep:
    settings = {"alpha": step.alpha, "classes": classes or 0}
    return LoweredStep(Invocation(cutmix, settings), 3, Acts.MIX)
