"""The weights that a run starts from, by name; the machine knows their location."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument
from netlang.recipes.description import Description
from netlang.recipes.kinds import label_pairs, labels, plain_name

__all__ = ["ALL", "Pretrained"]


@final
class Pretrained(Description):
    """Start from trained weights, for transfer learning.

    Labels are prefixes of keys: `"layer4"` stands for all weights below it. `rename` maps labels of
    the file to labels of the net, `skip` names labels of the net that keep their fresh weights.
    Every other weight of the net must be in the file, with its shape; anything else in the file is
    ignored.
    """

    name: ClassVar[str] = "pretrained"

    file: str = argument(plain_name, "name of the weights, placed as data are")
    rename: tuple[tuple[str, str], ...] = argument(
        label_pairs, "labels of the file and those of the net", default=()
    )
    skip: tuple[str, ...] = argument(labels, "labels of the net that start fresh", default=())


ALL: tuple[type[Description], ...] = (Pretrained,)
