"""The data of the campaign: small sets of each shape and kind of target, written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.train.eject.support import photos

__all__ = ["SETS", "SIDE", "Set", "Target", "places"]

COUNTS = {"train": 14, "val": 6, "test": 5}
SIDE, CLASSES = 10, 3


@dataclass(frozen=True)
class Target:
    """A target by what it means: `class`, `share`, `real`, `chances`; its sizes without the batch.

    Class numbers are among `classes`, and chances are of so many.
    """

    name: str
    means: str
    shape: tuple[int, ...] = ()
    classes: int = CLASSES


@dataclass(frozen=True)
class Set:
    """A data set: its name, the sizes of its first input, and its targets.

    `whole` inputs are of uint8. `text` is how a recipe names it, if not by `arrays`.
    """

    name: str
    shape: tuple[int, ...]
    targets: tuple[Target, ...]
    whole: bool = False
    more: bool = False
    text: str = ""
    inputs: tuple[str, ...] = field(default=("x",))

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 3


_LABEL = Target("label", "class")
SETS = (
    Set("signals", (40,), (Target("label", "class", classes=10),), text="mnist1d"),
    Set("photos", (3, SIDE, SIDE), (_LABEL,), whole=True, text='image_folder("photos")'),
    Set(
        "vectors",
        (6,),
        (
            _LABEL,
            Target("value", "real", (3,)),
            Target("portion", "share", (3,)),
            Target("hit", "share"),
            Target("chances", "chances", (CLASSES,)),
            Target("number", "real"),
        ),
    ),
    Set(
        "waves",
        (2, 12),
        (
            _LABEL,
            Target("wave", "real", (2, 12)),
            Target("marks", "class", (12,)),
            Target("shares", "share", (3, 12)),
        ),
    ),
    Set(
        "scans",
        (3, SIDE, SIDE),
        (
            _LABEL,
            Target("mask", "class", (SIDE, SIDE)),
            Target("masks", "share", (2, SIDE, SIDE)),
            Target("age", "real", (1,)),
        ),
        whole=True,
    ),
    Set("grey", (1, SIDE, SIDE), (_LABEL, Target("value", "real", (3,))), inputs=("x", "more")),
)


@cache
def places() -> dict[str, Path]:
    """Where the sets lie, by name; made when they are first asked for in a process."""
    root = Path(mkdtemp(prefix="recipes-"))
    found = {"photos": photos(root / "photos", 5, 12)}
    generator = np.random.default_rng(0)
    for each in SETS:
        if not each.text:
            found[each.name] = root / each.name
            found[each.name].mkdir()
            for part, count in COUNTS.items():
                np.savez(found[each.name] / f"{part}.npz", **_arrays(each, count, generator))
    return found


def _arrays(each: Set, count: int, generator: np.random.Generator) -> dict[str, Any]:
    shape = (count, *each.shape)
    first = generator.integers(0, 256, shape).astype(np.uint8) if each.whole else None
    found: dict[str, Any] = {
        "x": generator.normal(size=shape).astype(np.float32) if first is None else first
    }
    if "more" in each.inputs:
        found["more"] = generator.normal(size=(count, 1)).astype(np.float32)
    for target in each.targets:
        found[target.name] = _VALUES[target.means](generator, count, target)
    return found


def _chances(generator: np.random.Generator, count: int, target: Target) -> NDArray[np.generic]:
    return generator.dirichlet(np.ones(target.classes), count).astype(np.float32)


def _classes(generator: np.random.Generator, count: int, target: Target) -> NDArray[np.generic]:
    found = generator.integers(0, target.classes, (count, *target.shape))
    if not target.shape:
        # Each class is there.
        found[: target.classes] = np.arange(target.classes)
    return found


Values = Callable[[np.random.Generator, int, Target], NDArray[np.generic]]
_VALUES: dict[str, Values] = {
    "class": _classes,
    "share": lambda g, count, t: g.random((count, *t.shape)).astype(np.float32),
    "real": lambda g, count, t: g.normal(size=(count, *t.shape)).astype(np.float32),
    "chances": _chances,
}
