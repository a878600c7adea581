"""WebDataset shards, read without the package."""

from __future__ import annotations

from collections.abc import Iterator

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
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageSource, Shards

__all__: list[str] = []

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

_START = (
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
    *NUMBERED,
)
_OPENED = (
    "path, offset, size = file",
    'with open(path, "rb") as shard:',
    "    shard.seek(offset)",
    "    image = Image.open(BytesIO(shard.read(size)), formats=FORMATS)",
)


@data_section.register
def _(data: Shards, recipe: Recipe, *, numbered: bool = True) -> DataSection:
    section, parts = Section(), Section()
    section.add(*_SHARDS.strip("\n").split("\n"), "", "")
    about = "those in tar files, with their labels"
    images_class(section, recipe, ImageReading(about, _START, _OPENED), numbered=numbered)
    section.imports |= {"import json", "import re", "import tarfile", "from io import BytesIO"}
    section.imports |= {"from glob import escape", "from glob import glob"}
    for wanted in wanted_parts(data, recipe):
        parts.add(*_part(wanted, data))
    return images_section(section, parts, recipe, "folder of the shards", NAMED)


def _part(wanted: Wanted, data: ImageSource) -> Iterator[str]:
    """The lines that make a part, with labels numbered as in the training part."""
    yield from wanted.taken("shards(args.data, name)")
    yield f"    paths = shards(args.data, {wanted.spread})"
    if wanted.needed:
        yield "    if not paths:"
        text = f"no shards of {wanted.names[0]} in {{args.data}}, which --data names"
        yield f'        raise SystemExit(f"{text}")'
    yield f"    {wanted.variable} = Images(paths, {wanted.prepare})"
    if wanted.variable == "train":
        yield '    listed = os.path.join(args.data, "classes.txt")'
        yield "    classes = sorted({label for _, label in train.files})"
        yield "    if os.path.isfile(listed):"
        yield '        with open(listed, encoding="utf-8") as file:'
        yield "            classes = [line.strip() for line in file if line.strip()]"
    yield f"    {wanted.variable}.number(classes){skipping(data)}"
