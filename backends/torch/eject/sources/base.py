"""What every kind of source gives to a script."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from typing import final

from netlang.backends.torch.data.choice import VALIDATION
from netlang.backends.torch.diagnostics import NoScript
from netlang.backends.torch.eject.sections import Section
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Data
from netlang.recipes.words.data_arrays import Arrays
from netlang.recipes.words.data_images import ImageSource

__all__ = ["DataSection", "data_section", "quoted", "usual_names"]


@final
@dataclass(frozen=True)
class DataSection:
    """How a script gets its examples.

    `section` defines what it needs for that. `parts` are the lines of `main` that make `train`,
    `test` and, where the data may keep a part for validation, `held`. Of `images`, which workers
    prepare, each is a data set of PyTorch, else a list of tensors: the inputs, then the targets.
    `folder` is the help on `--data`. `test` and `held` say whether there is such a part, None where
    that is seen when the script runs. `bytes` are inputs of 0 to 255, None where that is seen then.
    """

    section: Section = field(default_factory=Section)
    parts: Section = field(default_factory=Section)
    images: bool = False
    folder: str = ""
    test: bool | None = True
    held: bool | None = False
    bytes: bool | None = False


def usual_names(data: ImageSource | Arrays) -> tuple[str, ...]:
    """The names of a part for validation that nothing else has."""
    return tuple(name for name in VALIDATION if name not in (data.train, data.test))


@singledispatch
def data_section(data: Data, recipe: Recipe) -> DataSection:
    """The section of a data source; raises `NetlangError` where a script can't have it."""
    raise NetlangError(
        NoScript(
            span=recipe.places["data"],
            what=f"the data source `{data.name}`",
            advice="use another source, or `netlang train`",
        )
    )


def quoted(text: str) -> str:
    """A text as Python source, in double quotes."""
    return '"' + repr(f"'{text}")[2:-1].replace('"', '\\"').replace("\\'", "'") + '"'
