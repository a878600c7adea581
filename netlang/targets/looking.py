"""The core's view of a backend that can show what a net has learned."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, final

from netlang.build import WHOLE, Fit
from netlang.ir.program import Program
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.records import Record
from netlang.targets.backends import TrainingBackend, backend

__all__ = ["PAGE", "VIEWS", "LookOptions", "LookingBackend", "ViewSeen", "looking_backend"]

VIEWS: Final = (
    "kernels", "maps", "field", "gradcam", "saliency", "occlusion", "strongest", "features",
)  # fmt: skip
"""The views by name, in the order of the page."""

PAGE: Final = "index.html"


@final
class LookOptions(Record):
    """What to look at: a net with the `weights` of a file, and an image or an example.

    Pictures go into `folder`. Without an `image`, it is the example number `example` of the part
    `split` of the data, of which up to `count` are taken for views over a data set. `steps` are
    label paths, and `chosen` is the class that a map is drawn for: by default the predicted one.
    `only` are names of `VIEWS`, all if it is empty. `fit` says how the weights of the file map to
    the net's.
    """

    folder: Path
    weights: Path
    image: Path | None = None
    example: int = 0
    split: str = "test"
    count: int = 1000
    steps: tuple[str, ...] = ()
    chosen: str | None = None
    only: tuple[str, ...] = ()
    places: Places = Places()
    fit: Fit = WHOLE
    device: str | None = None
    workers: int | None = None
    quiet: bool = False


@final
class ViewSeen(Record):
    """One view: its name of `VIEWS`, what one sees and how it was computed, and what it shows.

    `rows` are a table under its heads, and `pictures` the files that were drawn, of each picture
    the .svg and then the .png. A view that was `skipped` says why in `measured`.
    """

    view: str
    title: str
    about: str
    measured: str
    rows: tuple[tuple[str, ...], ...] = ()
    pictures: tuple[Path, ...] = ()
    skipped: bool = False


class LookingBackend(TrainingBackend):
    """A backend that can draw what a net has learned."""

    @abstractmethod
    def look(
        self, recipe: Recipe | None, program: Program, options: LookOptions
    ) -> Iterator[ViewSeen]:
        """The views, one after the other, as soon as each is drawn.

        Without a recipe, there are only those of the weights. Raises `NetlangError` for weights
        that don't fit, steps, classes or examples that aren't there, and views that were asked for
        by name but that the net doesn't have.
        """

    @abstractmethod
    def write_page(self, seen: Sequence[ViewSeen], title: str, about: str, folder: Path) -> Path:
        """The views as one self-contained HTML page, the file `PAGE` of a folder.

        `about` says what they are views of. Raises `NetlangError` if it can't be written.
        """


def looking_backend() -> LookingBackend:
    """The backend that trains."""
    found = backend("torch")
    assert isinstance(found, LookingBackend)
    return found
