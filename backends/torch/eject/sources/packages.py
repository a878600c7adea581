"""Data sets of the packages `datasets` and torchvision, and shards as WebDataset has them."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.data.choice import TEST, TRAIN, VALIDATION
from netlang.backends.torch.data.sources.vision import CALLS
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.eject.sources.base import (
    DataSection,
    data_section,
    quoted,
    usual_names,
)
from netlang.backends.torch.eject.sources.images import images_class
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import HuggingFace, ImageSource, Shards, Torchvision
from netlang.recipes.words.data_kinds import FOUND, NONE

__all__: list[str] = []

# Labels as text become class numbers: they are numbers, or names of classes.
_NUMBERED = (
    "def number(self, names):",
    '    """Labels that are texts become numbers: their own, or their places among the names."""',
    "    numbered = all(label.isdigit() for _, label in self.files)",
    "    places = {name: place for place, name in enumerate(names)}",
    "    self.files = [(f, int(label) if numbered else places[label]) for f, label in self.files]",
)


def _wanted(data: ImageSource, recipe: Recipe) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """The parts that a script makes: variable, names to look for, whether one must be there."""
    yield "train", _names(data.train, TRAIN), True
    if data.test != NONE:
        yield "test", _names(data.test, TEST), data.test != FOUND
    if data.validation != NONE and recipe.validation is None:
        yield "held", _names(data.validation, usual_names(data)), data.validation != FOUND


def _names(wanted: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    if wanted == FOUND:
        return usual
    alike = (name for group in (TRAIN, VALIDATION, TEST) if wanted in group for name in group)
    return tuple(dict.fromkeys((wanted, *alike)))


def _section(
    section: Section, parts: Section, data: ImageSource, recipe: Recipe, folder: str
) -> DataSection:
    """With what is known of the parts for validation and the test."""
    own = recipe.validation is None and data.validation != NONE
    return DataSection(
        section,
        parts,
        images=True,
        folder=folder,
        test=None if data.test == FOUND else data.test != NONE,
        held=None if own and data.validation == FOUND else own,
    )


@data_section.register
def _(data: Torchvision, recipe: Recipe) -> DataSection:
    call, section, parts = CALLS[data.set], Section(), Section()
    start = (
        "def __init__(self, pictures, labels, prepare):",
        "    self.pictures, self.prepare = pictures, prepare",
        "    self.files = list(enumerate(labels))",
    )
    opened = ("image = self.pictures[file][0]",)
    images_class(section, recipe, f"those of torchvision's {data.set}", start, opened)
    parts.imports.add("from torchvision import datasets")
    there = {}
    for variable, names, _ in _wanted(data, recipe):
        part = next((name for name in names if name in call.parts), None)
        there[variable] = part is not None
        if part is None:
            continue
        given = "".join(f", {key}={value!r}" for key, value in call.parts[part].items())
        given = given.replace("'", '"')
        each = "int(each[1])" if call.labels == "_samples" else "int(each)"
        prepare = "prepare" if variable == "train" else "prepare_test"
        parts.add(
            f"    found = datasets.{data.set}(args.data{given})",
            f"    labels = [{each} for each in found.{call.labels}]",
            f"    {variable} = Images(found, labels, {prepare})",
        )
    return DataSection(
        section, parts, True, "folder of the data set",
        test=there.get("test", False), held=there.get("held", False),
    )  # fmt: skip


@data_section.register
def _(data: HuggingFace, recipe: Recipe) -> DataSection:
    section, parts = Section(), Section()
    start = (
        "def __init__(self, table, prepare):",
        f'    labels = [str(each) for each in table["{data.label}"]]',
        f'    images = table.cast_column("{data.image}", datasets.Image(decode=False))',
        f'    self.rows, self.prepare = images.select_columns(["{data.image}"]), prepare',
        "    self.files = list(enumerate(labels))",
        "",
        *_NUMBERED,
    )
    opened = (
        f'cell = self.rows[file]["{data.image}"]',
        'image = Image.open(BytesIO(cell["bytes"]) if cell["bytes"] else cell["path"])',
    )
    images_class(section, recipe, "those in a column of a table", start, opened)
    section.imports |= {"import datasets", "from io import BytesIO"}
    section.add(
        "",
        "",
        "def tables(folder):",
        '    """The parts of a data set: one that was saved, or a folder."""',
        '    saved = [os.path.join(folder, name) for name in ("dataset_dict.json", "state.json")]',
        "    read = datasets.load_dataset",
        "    if any(map(os.path.isfile, saved)):",
        "        read = datasets.load_from_disk",
        "    found = read(os.path.abspath(folder))",
        '    return found if isinstance(found, datasets.DatasetDict) else {"train": found}',
    )
    parts.add("    parts = tables(args.data)")
    known = f'getattr(parts[names[0]].features["{data.label}"], "names", None)'
    for variable, names, needed in _wanted(data, recipe):
        parts.add(f"    names = [name for name in {_listed(names)} if name in parts]")
        if variable == "train":
            parts.add(
                f"    classes = {known}",
                "    train = Images(parts[names[0]], prepare)",
                "    classes = classes or sorted({label for _, label in train.files})",
                "    train.number(classes)",
            )
            continue
        if needed:
            parts.add(f"    {variable} = Images(parts[names[0]], prepare_test)")
            parts.add(f"    {variable}.number(classes)")
        else:
            parts.add(
                f"    {variable} = Images(parts[names[0]], prepare_test) if names else None",
                f"    if {variable}:",
                f"        {variable}.number(classes)",
            )
    return _section(section, parts, data, recipe, "data set in a folder")


def _listed(names: tuple[str, ...]) -> str:
    return f"({', '.join(map(quoted, names))}{',' if len(names) == 1 else ''})"


@data_section.register
def _(data: Shards, recipe: Recipe) -> DataSection:
    section, parts = Section(), Section()
    start = (
        "def __init__(self, paths, prepare):",
        "    self.files, self.prepare = [], prepare",
        "    for path in paths:",
        "        with tarfile.open(path) as shard:",
        "            for sample in samples(shard).values():",
        "                image = next((sample[end] for end in ENDINGS if end in sample), None)",
        "                if image is not None:",
        "                    place = path, image.offset_data, image.size",
        "                    self.files.append((place, label_of(shard, sample)))",
        "",
        *_NUMBERED,
    )
    opened = (
        "path, offset, size = file",
        'with open(path, "rb") as shard:',
        "    shard.seek(offset)",
        "    image = Image.open(BytesIO(shard.read(size)))",
    )
    section.add(*_SHARDS.strip("\n").split("\n"), "", "")
    images_class(section, recipe, "those in tar files, with their labels", start, opened)
    section.imports |= {"import json", "import re", "import tarfile", "from io import BytesIO"}
    section.imports |= {"from glob import escape", "from glob import glob"}
    for variable, names, needed in _wanted(data, recipe):
        parts.add(f"    paths = shards(args.data, {', '.join(map(quoted, names))})")
        if needed:
            parts.add(f'    assert paths, f"no shards of {variable} in {{args.data}}"')
        if variable == "train":
            parts.add(
                "    train = Images(paths, prepare)",
                '    listed = os.path.join(args.data, "classes.txt")',
                "    classes = sorted({label for _, label in train.files})",
                "    if os.path.isfile(listed):",
                '        with open(listed, encoding="utf-8") as file:',
                "            classes = [line.strip() for line in file if line.strip()]",
                "    train.number(classes)",
            )
            continue
        parts.add(
            f"    {variable} = Images(paths, prepare_test)", f"    {variable}.number(classes)"
        )
    return _section(section, parts, data, recipe, "folder of the shards")


_SHARDS = '''
ENDINGS = ("jpg", "jpeg", "png", "webp", "ppm", "pgm", "bmp", "tif", "tiff")


def shards(folder, *names):
    """The shards of a part: in a folder of its name, or with names that begin with it."""
    for name in names:
        found = sorted(glob(os.path.join(escape(folder), name, "*.tar")))
        for path in sorted(glob(os.path.join(escape(folder), "*.tar"))):
            stem = re.sub(r"[-_.]?\\d+$", "", os.path.basename(path).removesuffix(".tar"))
            found += [path] if name in (stem, re.split("[-_.]", stem)[-1]) else []
        if found:
            return found
    return []


def samples(shard):
    """The files of each sample by their endings: those that have one name up to a point."""
    found = {}
    for member in shard:
        folder, name = os.path.split(member.name)
        stem, _, ending = name.partition(".")
        if member.isreg() and stem and not re.match(r"__[^/]*__($|/)", member.name):
            found.setdefault((folder, stem), {})[ending.lower()] = member
    return found


def label_of(shard, sample):
    """The label of a sample, as text."""
    if "cls" in sample:
        return shard.extractfile(sample["cls"]).read().decode().strip()
    facts = json.load(shard.extractfile(sample["json"]))
    return str(facts.get("label", facts.get("cls")))
'''
