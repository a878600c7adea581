"""What every kind of source contributes to a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatch
from typing import final

from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.diagnostics.errors import InternalError
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Data
from netlang.recipes.words.data_arrays import Arrays
from netlang.recipes.words.data_images import ImageSource
from netlang.recipes.words.data_kinds import FOUND, NONE
from netlang.recipes.words.parts import TEST, TRAIN, VALIDATION

__all__ = [
    "NAMED", "NUMBERED", "DataSection", "Wanted", "data_section", "images_section", "part_names",
    "usual_names", "wanted_parts",
]  # fmt: skip


# Labels as text become class numbers: they are numbers, or names of classes.
NUMBERED = (
    "def number(self, names):",
    '    """Labels that are texts become numbers: their own, or their places among the names."""',
    "    numbered = all(label.isdigit() for _, label in self.files)",
    "    places = {name: place for place, name in enumerate(names)}",
    "    self.files = [(f, int(label) if numbered else places[label]) for f, label in self.files]",
    "    return self",
)

# Their names, for whoever uses the weights; numbers name nothing, and stand in another order.
NAMED = "None if all(map(str.isdigit, classes)) else classes"


@final
@dataclass(frozen=True)
class DataSection:
    """How a script gets its examples.

    `section` defines what it needs for that. `parts` are the lines of `main` that make `train`,
    `test` and, if the data may provide a validation part, `held`. If `images`, which workers
    prepare, each of these is a PyTorch data set; else a list of tensors: inputs, then targets.
    `folder` is the help text of `--data`, and `place` its default. `test` and `held` say whether
    there is such a part, `bytes` whether inputs range from 0 to 255; None means that the script
    finds out at run time. `classes` is the expression of their names, empty if the data have none.
    """

    section: Section = field(default_factory=Section)
    parts: Section = field(default_factory=Section)
    images: bool = False
    folder: str = ""
    test: bool | None = True
    held: bool | None = False
    bytes: bool | None = False
    place: str = ""
    classes: str = ""


def usual_names(data: ImageSource | Arrays) -> tuple[str, ...]:
    """The usual names of a validation part that belong to no other part."""
    return tuple(name for name in VALIDATION if name not in (data.train, data.test))


def part_names(wanted: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """The names to look for: the usual ones, or one name and its synonyms."""
    if wanted == FOUND:
        return usual
    alike = (name for group in (TRAIN, VALIDATION, TEST) if wanted in group for name in group)
    return tuple(dict.fromkeys((wanted, *alike)))


@singledispatch
def data_section(data: Data, recipe: Recipe, *, numbered: bool = True) -> DataSection:
    """The section of a data source; images come with their numbers if `numbered`."""
    raise InternalError(f"no script has the data source `{data.name}`")


@final
@dataclass(frozen=True)
class Wanted:
    """A part that a script makes: its variable, names to look for, and whether it is required.

    `others` are the names of the test part, where the same part might be found for both.
    """

    variable: str
    names: tuple[str, ...]
    needed: bool
    others: tuple[str, ...] = ()

    @property
    def listed(self) -> str:
        """The names as an expression, without the one that is `taken`."""
        return self._where() if self.others else literal(self.names)

    @property
    def spread(self) -> str:
        """The same names as arguments of a call."""
        return f"*{self.listed}" if self.others else ", ".join(map(literal, self.names))

    def found(self, there: str) -> str:
        """The list of those that are there; `there` asks for one of a `name`."""
        return self._where(there)

    def _where(self, *conditions: str) -> str:
        """The list of the names for which conditions hold, without the one that is `taken`."""
        whole = (*conditions, "name != taken") if self.others else conditions
        return f"[name for name in {literal(self.names)} if {' and '.join(whole)}]"

    def taken(self, there: str) -> Iterator[str]:
        """The lines of `main` that say which part is the test's; `there` asks for one of a name."""
        if self.others:
            yield f"    tests = {literal(self.others)}"
            yield f"    taken = next((name for name in tests if {there}), None)"

    @property
    def prepare(self) -> str:
        """The expression that prepares its images."""
        return "prepare" if self.variable == "train" else "prepare_test"


def wanted_parts(data: ImageSource | Arrays, recipe: Recipe) -> Iterator[Wanted]:
    """The parts that a script makes."""
    yield Wanted("train", part_names(data.train, TRAIN), True)
    tests = part_names(data.test, TEST) if data.test != NONE else ()
    if tests:
        yield Wanted("test", tests, data.test != FOUND)
    if data.validation != NONE and recipe.validation is None:
        names = part_names(data.validation, usual_names(data))
        # A recipe that names one part for both means it.
        several = set(names) & set(tests) and data.validation != data.test
        yield Wanted("held", names, data.validation != FOUND, tests if several else ())


def images_section(
    section: Section,
    parts: Section,
    recipe: Recipe,
    folder: str,
    classes: str = "",
) -> DataSection:
    """The section of a source of images, with what is known of its parts."""
    data = recipe.data
    assert isinstance(data, ImageSource)
    own = recipe.validation is None and data.validation != NONE
    return DataSection(
        section,
        parts,
        images=True,
        folder=folder,
        test=None if data.test == FOUND else data.test != NONE,
        held=None if own and data.validation == FOUND else own,
        classes=classes,
    )
