"""The formulas of schedules: factors on the learning rate, from a count of steps or epochs.

Each is a plain function: training calls it, and a training script contains its text. The order of
operations is that of `torch.optim.lr_scheduler` in closed form, so that even the last bit agrees.
"""

from __future__ import annotations

import math

__all__ = [
    "constant", "cosine", "cosine_restarts", "cycle", "ends_wave", "exponential", "linear",
    "multistep", "plateau", "poly", "step_decay",
]  # fmt: skip


def constant(step: int, factor: float = 1.0) -> float:
    """The same factor at every step."""
    return factor


def step_decay(passed: int, every: int, gamma: float = 0.1) -> float:
    """Times `gamma` after each `every`."""
    return float(gamma ** (passed // every))


def multistep(passed: int, milestones: tuple[int, ...], gamma: float = 0.1) -> float:
    """Times `gamma` at each milestone."""
    return float(gamma ** sum(passed >= milestone for milestone in milestones))


def exponential(passed: int, gamma: float) -> float:
    """Times `gamma` each time."""
    return float(gamma**passed)


def poly(step: int, length: int, power: float = 1.0, floor: float = 0.0) -> float:
    """From 1 to `floor` along a power of the remaining time."""
    return float(floor + (1.0 - floor) * (1.0 - min(step, length) / length) ** power)


def linear(step: int, length: int, start: float = 1.0, end: float = 0.0) -> float:
    """A straight line from `start` to `end`."""
    return start + (end - start) * min(step, length) / length


def cosine(step: int, length: int, floor: float = 0.0) -> float:
    """Half a cosine wave from 1 to `floor`."""
    return floor + (1.0 - floor) * (1.0 + math.cos(math.pi * min(step, length) / length)) / 2


def cosine_restarts(step: int, first: int, growth: int = 1, floor: float = 0.0) -> float:
    """Half cosine waves from 1 to `floor`, each `growth` times as long as the one before."""
    length = first
    while step >= length:
        step, length = step - length, length * growth
    return cosine(step, length, floor)


def ends_wave(step: int, first: int, growth: int = 1) -> bool:
    """Whether a wave of `cosine_restarts` is over after `step` steps."""
    length = first
    while step > length:
        step, length = step - length, length * growth
    return step == length


def cycle(
    step: int, length: int, rise: float, points: tuple[float, ...], straight: bool = False
) -> float:
    """Through the points: two phases, or three if the second is as long as the first."""
    ends = [rise * length - 1, *([2 * rise * length - 2] if len(points) == 4 else []), length - 1]
    step, begin, phase = min(step, length - 1), 0.0, 0
    while step > ends[phase]:
        begin, phase = ends[phase], phase + 1
    share = (step - begin) / ((ends[phase] - begin) or 1.0)
    start, end = points[phase : phase + 2]
    if straight:
        return (end - start) * share + start
    return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)


def plateau(reductions: int, factor: float = 0.1, floor: float = 0.0) -> float:
    """Times `factor` for each reduction."""
    return max(float(factor**reductions), floor)
