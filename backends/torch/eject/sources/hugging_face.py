"""Data sets of the package `datasets`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from string import Template

from netlang.backends.torch.eject.sources.base import (
    NAMED,
    NUMBERED,
    DataSection,
    Wanted,
    data_section,
    images_section,
    wanted_parts,
)
from netlang.backends.torch.eject.sources.images import ImageReading, images_class, skipping
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import HuggingFace

__all__: list[str] = []

_TABLES = '''
def tables(folder):
    """The parts of a data set: one that was saved, or a folder."""
$absent
    saved = [os.path.join(folder, name) for name in ("dataset_dict.json", "state.json")]
    read = datasets.load_from_disk if any(map(os.path.isfile, saved)) else datasets.load_dataset
    found = read(os.path.abspath(folder))
    return found if isinstance(found, datasets.DatasetDict) else {"train": found}
'''
# The class number for a name that isn't a folder's.
_ABSENT = """    if not os.path.isdir(folder):
        raise SystemExit(f"there is no folder {folder}, which --data names")"""
_ON_THE_HUB = """    if not os.path.isdir(folder):
        return datasets.load_dataset(folder)  # of the Hub"""


@data_section.register
def _(data: HuggingFace, recipe: Recipe, *, numbered: bool = True) -> DataSection:
    section, parts = Section(), Section()
    label, image = literal(data.label), literal(data.image)
    start = (
        "def __init__(self, table, prepare):",
        f"    labels = [str(each) for each in table[{label}]]",
        f"    images = table.cast_column({image}, datasets.Image(decode=False))",
        f"    self.rows, self.prepare = images.select_columns([{image}]), prepare",
        "    self.files = list(enumerate(labels))",
        "",
        *NUMBERED,
    )
    opened = (
        f"cell = self.rows[file][{image}]",
        'content = BytesIO(cell["bytes"]) if cell["bytes"] else cell["path"]',
        "image = Image.open(content, formats=FORMATS)",
    )
    reading = ImageReading("those in a column of a table", start, opened)
    images_class(section, recipe, reading, numbered=numbered)
    section.imports |= {"import datasets", "from io import BytesIO"}
    text = Template(_TABLES).substitute(absent=_ON_THE_HUB if data.repository else _ABSENT)
    section.add("", "", *text.strip("\n").split("\n"))
    parts.add("    parts = tables(args.data)")
    for wanted in wanted_parts(data, recipe):
        parts.add(*_part(wanted, data))
    made = images_section(section, parts, recipe, "data set in a folder", NAMED)
    if not data.repository:
        return made
    return replace(made, folder="folder of the data set, or its name", place=data.repository)


def _part(wanted: Wanted, data: HuggingFace) -> Iterator[str]:
    """The lines that make a part, with labels numbered as in the training part."""
    variable, there = wanted.variable, "name in parts"
    yield from wanted.taken(there)
    yield f"    names = {wanted.found(there)}"
    if wanted.needed:
        yield "    if not names:"
        text = f"no {wanted.names[0]} in {{args.data}}, which --data names"
        yield f'        raise SystemExit(f"{text}")'
    if variable == "train":
        known = f'getattr(parts[names[0]].features[{literal(data.label)}], "names", None)'
        yield f"    classes = {known}"
        yield "    train = Images(parts[names[0]], prepare)"
        yield "    classes = classes or sorted({label for _, label in train.files})"
        yield f"    train.number(classes){skipping(data)}"
    elif wanted.needed:
        yield f"    {variable} = Images(parts[names[0]], prepare_test)"
        yield f"    {variable}.number(classes){skipping(data)}"
    else:
        yield f"    {variable} = Images(parts[names[0]], prepare_test) if names else None"
        yield f"    if {variable}:"
        yield f"        {variable}.number(classes){skipping(data)}"
