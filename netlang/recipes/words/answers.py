"""What an ONNX file does to the scores of a classifier after its net: `--postprocess`."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument, count
from netlang.recipes.description import Description

__all__ = ["ALL", "Answer", "AsPredicted", "Largest", "LargestOf", "Shares"]


class Answer(Description):
    """What becomes of the scores of classes."""


@final
class Shares(Answer):
    """The probability of each class: `probabilities`."""

    name: ClassVar[str] = "softmax"


@final
class LargestOf(Answer):
    """The most probable classes in their order, `classes`, with their `probabilities`."""

    name: ClassVar[str] = "topk"

    k: int = argument(count, "how many", default=5)


@final
class Largest(Answer):
    """The most probable class: `class`."""

    name: ClassVar[str] = "argmax"


@final
class AsPredicted(Answer):
    """What `netlang predict` says by the recipe: the probability of each class, `probabilities`."""

    name: ClassVar[str] = "recipe"


ALL: tuple[type[Description], ...] = (Shares, LargestOf, Largest, AsPredicted)
