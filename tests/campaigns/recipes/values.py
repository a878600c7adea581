"""Values of the arguments of a recipe's words, as texts, by the kind of the argument.

A kind without a rule raises, so that no word is left out of the campaign.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from netlang.ir import arguments
from netlang.ir.arguments import Argument, signature
from netlang.recipes import kinds
from netlang.recipes.description import Description
from netlang.recipes.words.loss_kinds import class_weights, per_class

__all__ = ["Around", "described"]

GIVEN = 0.3
"""How often an argument is given that has a default."""
FIT = 0.95
"""How often a list has as many numbers as there are classes or channels."""


_ABSENT = ("recurrent", "attention", "embedding")
_TOGETHER = {"mean", "std"}


@dataclass(frozen=True)
class Around:
    """What values depend on: channels and sides of an input, classes of a target, labels."""

    channels: int = 3
    side: int = 12
    classes: int = 3
    labels: tuple[str, ...] = ("stem",)


def described(
    draw: Random, cls: type[Description], around: Around, needed: tuple[str, ...] = ()
) -> str:
    """A word with its arguments; the needed ones always, each other one now and then."""
    chosen = {
        item.name
        for item in signature(cls)
        if item.required or item.name in needed or draw.random() < GIVEN
    }
    if chosen & _TOGETHER and cls.name == "standardize" and draw.random() < FIT:
        chosen |= _TOGETHER
    given = [
        f"{item.name}={_value(draw, item, around)}"
        for item in signature(cls)
        if item.name in chosen
    ]
    return f"{cls.name}({', '.join(given)})" if given else cls.name


def _value(draw: Random, item: Argument, around: Around) -> str:
    if item.name in ("lr", "adamw_lr"):
        return f"{10 ** draw.uniform(-4, -0.5):.2g}"
    if item.name == "eps":
        return draw.choice(("1e-8", "1e-5", "0.1"))
    kind = item.kind
    if rule := _RULES.get(kind.description):
        return rule(draw, around)
    if between := re.fullmatch(r"a whole number from (\d+) to (\d+)", kind.description):
        return str(draw.randint(int(between[1]), min(int(between[2]), 9)))
    if kind.description.startswith("a list of `"):
        known = [word for word in kind.keywords if word != "none"]
        words = draw.sample(known, draw.randint(1, min(3, len(known))))
        if item.name == "of" and draw.random() < FIT:
            # One of both is in each net.
            words = list({*words, "conv", "linear"} - {*_ABSENT})
        return f"[{', '.join(sorted(words))}]"
    if kind.keywords:
        return draw.choice(kind.keywords)
    raise LookupError(f"no values of {kind.description!r}, the kind of `{item.name}`")


def _numbers(draw: Random, count: int, low: float, high: float) -> str:
    count = count if draw.random() < FIT else count + 1
    return f"[{', '.join(f'{draw.uniform(low, high):.3f}' for _ in range(count))}]"


def _number(*bounds: float) -> Callable[[Random, Around], str]:
    """One of the bounds now and then, else a number between them."""

    def written(draw: Random, around: Around) -> str:
        low, high = min(bounds), max(bounds)
        return f"{draw.choice(bounds) if draw.random() < 0.3 else draw.uniform(low, high):.4g}"

    return written


def _whole(low: int, high: int) -> Callable[[Random, Around], str]:
    return lambda draw, around: str(draw.randint(low, high))


def _range(low: float, high: float) -> Callable[[Random, Around], str]:
    def written(draw: Random, around: Around) -> str:
        ends = sorted((draw.uniform(low, high), draw.uniform(low, high)))
        return f"{ends[0]:.2f}..{ends[1]:.2f}"

    return written


def _side(draw: Random, around: Around) -> int:
    """Mostly that which the net takes."""
    return around.side if draw.random() < 0.85 else draw.randint(1, 2 * around.side)


def _sides(draw: Random, around: Around) -> str:
    height = _side(draw, around)
    return str(height) if draw.random() < 0.8 else f"{height}x{_side(draw, around)}"


def _longer(draw: Random, around: Around) -> str:
    side = _side(draw, around)
    return str(side) if draw.random() < 0.6 else f"{side}..{side + draw.randint(0, 8)}"


def _degrees(draw: Random, around: Around) -> str:
    return draw.choice(("0", "10", "45", "-10..30", "5..80"))


def _fill(draw: Random, around: Around) -> str:
    one = draw.choice(("0.5", "random", ""))
    return one or _numbers(draw, around.channels, 0.0, 1.0)


def _labels(draw: Random, around: Around) -> str:
    label = draw.choice(around.labels) if draw.random() < FIT else "nowhere"
    return f'["{label}"]'


def _triple(draw: Random, around: Around) -> str:
    return _numbers(draw, 3, -0.6, 0.8)


_RULES: dict[str, Callable[[Random, Around], str]] = {
    kinds.positive.description: _number(0.001, 0.1, 1.0, 2.0),
    arguments.non_negative.description: _number(0.0, 0.01, 1.0),
    arguments.number.description: _number(-1.0, 0.0, 1.0),
    arguments.count.description: _whole(1, 4),
    arguments.natural.description: _whole(0, 3),
    arguments.flag.description: lambda draw, _: draw.choice(("true", "false")),
    kinds.decay.description: _number(0.0, 0.9, 0.99),
    kinds.share.description: _number(0.0, 0.5, 1.0),
    kinds.open_share.description: _number(0.05, 0.5),
    kinds.half.description: _number(0.0, 0.5),
    kinds.decays.description: lambda draw, _: draw.choice(("[0.9, 0.999]", "[0, 0.5]")),
    kinds.counts.description: lambda draw, _: draw.choice(("[1]", "[2, 3]", "[8, 12]", "[3, 1]")),
    kinds.odd.description: lambda draw, _: draw.choice(("1", "3", "5", "9")),
    kinds.side_or_sides.description: _sides,
    kinds.size_or_sizes.description: _longer,
    kinds.angles.description: _degrees,
    kinds.angles_below_90.description: _degrees,
    kinds.scales.description: _range(0.05, 2.0),
    "a range that isn't empty (`-1..1`)": _range(-2.0, 2.0),
    kinds.triple.description: _triple,
    kinds.triples.description: lambda draw, around: (
        f"[{', '.join(_triple(draw, around) for _ in range(3))}]"
    ),
    kinds.fill.description: _fill,
    kinds.labels.description: _labels,
    kinds.per_channel.description: lambda draw, around: _numbers(draw, around.channels, -1, 1),
    kinds.deviations.description: lambda draw, around: _numbers(draw, around.channels, 0.1, 2),
    class_weights.description: lambda draw, around: _numbers(draw, around.classes, 0.0, 2.0),
    per_class.description: lambda draw, around: (
        "2" if draw.random() < 0.5 else _numbers(draw, around.classes, 0.1, 3.0)
    ),
}
