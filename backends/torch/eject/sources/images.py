"""Images in one folder for each class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import final

from netlang.backends.torch.data.images import FORMATS
from netlang.backends.torch.eject.sources.base import (
    DataSection,
    data_section,
    images_section,
    wanted_parts,
)
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.runtime.folders import ENDINGS
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageFolder, ImageSource
from netlang.recipes.words.data_kinds import FOUND
from netlang.records import Record

__all__ = ["ImageReading", "images_class", "skipping"]


@final
class ImageReading(Record):
    """How a script reads the images of a source, which are those that `about` says.

    The lines of `start` set `self.files`, pairs of file and label; those of `opened` open `file`.
    """

    about: str
    start: tuple[str, ...]
    opened: tuple[str, ...]


def images_class(
    section: Section, recipe: Recipe, reading: ImageReading, *, numbered: bool
) -> None:
    """`Images`, whose examples are pixels and label, and if `numbered` their number."""
    data = recipe.data
    assert isinstance(data, ImageSource)
    section.imports |= {"import warnings", "from PIL import Image", "from PIL import ImageOps"}
    section.add(f"class Images(Dataset):  # {reading.about}")
    section.add(*(f"    {line}" if line else "" for line in reading.start), "")
    found = (
        "    def __getitem__(self, key):  # the number of an example, plus as many each epoch",
        "        epoch, number = divmod(key, len(self.files))",
        "        file, label = self.files[number]",
    )
    given = ", label, number" if numbered else ", label"
    opened_lines = [f"        {line}" for line in (*reading.opened, *_flattened(data.channels))]
    if data.corrupt == "skip":
        section.add("    def opened(self, file):  # an image, as it was taken")
        section.add(*opened_lines, "        return image", "", *found)
        section.add(f"        return self.prepare(self.opened(file), number, epoch){given}")
        section.add("", *_SKIPPING.strip("\n").split("\n"))
        section.imports |= {
            "from concurrent.futures import ThreadPoolExecutor",
            "from itertools import compress",
        }  # fmt: skip
    else:
        section.add(*found)
        section.add(*opened_lines)
        section.add(f"        return self.prepare(image, number, epoch){given}")
    if recipe.validation is not None:
        section.add(*_ONLY)
        section.imports.add("from itertools import compress")


_ONLY = (
    "",
    "    def only(self, chosen, prepare):  # some of the images, prepared in their way",
    "        some = copy.copy(self)",
    "        some.files, some.prepare = list(compress(self.files, chosen)), prepare",
    "        return some",
)


def skipping(data: ImageSource) -> str:
    """The call that drops damaged images from a part, if the recipe skips them."""
    return ".undamaged()" if data.corrupt == "skip" else ""


def _flattened(channels: int) -> Iterator[str]:
    """The lines that convert an image to what a person would see, with 1 or 3 channels."""
    yield "ImageOps.exif_transpose(image, in_place=True)"
    # Nothing says what white is in images of floats, or of whole numbers beyond 16 bits.
    deep = '"I" in image.mode and not (np.asarray(image) >> 16).any()'
    yield 'if image.mode[0] in "FI":  # of 16 bits a channel the upper 8'
    yield f'    assert {deep}, f"{{file}}: > 16 bits"'
    yield "    image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))"
    if channels == 1:
        yield "if image.has_transparency_data:"
        yield '    white = Image.new("RGBA", image.size, "white")'
        yield '    image = Image.alpha_composite(white, image.convert("RGBA"))'
        yield 'image = image if image.mode == "L" else image.convert("L")'
    else:
        yield 'if image.mode != "RGB" or "transparency" in image.info:  # white shows through'
        yield '    white = Image.new("RGBA", image.size, "white")'
        yield '    image = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")'


# As `netlang train` finds damaged files: before the examples are numbered.
_SKIPPING = '''
    def flaw(self, file):
        """Why an image can't be read; nothing of one that can."""
        try:
            image = self.opened(file)
            image.draft(image.mode, (1, 1))  # of a JPEG all is read, but little computed
            image.load()
        except Exception as error:  # noqa: BLE001  # Pillow raises whatever it stumbles over
            return str(error) or type(error).__name__
        return ""

    def undamaged(self):
        """Without the images that can't be read, which are named."""
        with ThreadPoolExecutor() as pool:
            flaws = list(pool.map(self.flaw, [file for file, _ in self.files]))
        for (file, _), flaw in zip(self.files, flaws, strict=True):
            if flaw and RANK == 0:
                print(f"left out: {file}: {flaw}")
        self.files = list(compress(self.files, [not flaw for flaw in flaws]))
        return self
'''


@data_section.register
def _(data: ImageFolder, recipe: Recipe, *, numbered: bool = True) -> DataSection:
    section, parts = Section(), Section()
    wanted_all = list(wanted_parts(data, recipe))
    needed = all(each.needed for each in wanted_all)
    reading = ImageReading(
        "those below one folder for each class",
        (*_INIT, f"    if not self.files{'' if needed else ' and classes is None'}:", _NOTHING),
        (f"image = Image.open(file, formats={literal(FORMATS)})",),
    )
    images_class(section, recipe, reading, numbered=numbered)
    section.imports |= {"from glob import escape", "from glob import glob"}
    for wanted in wanted_all:
        names = wanted.names
        alone = not any(each.needed for each in wanted_all if each is not wanted)
        if data.train == FOUND and wanted.variable == "train" and alone:
            # Where there are no parts, the folder is that of training.
            names = (*names, "")
        classes = "" if wanted.variable == "train" else ", train.classes"
        listed = replace(wanted, names=names).listed
        parts.add(*wanted.taken('os.path.isdir(f"{args.data}/{name}")'))
        parts.add(f"    {wanted.variable} = Images(args.data, {listed}, {wanted.prepare}{classes})")
        parts.add(*([f"    {wanted.variable}{skipping(data)}"] if skipping(data) else []))
    return images_section(section, parts, recipe, "folder of the images", "train.classes")


# The files of the first folder that there is; classes are those of training.
_INIT = (
    "def __init__(self, data, parts, prepare, classes=None):",
    f"    endings = ({', '.join(map(literal, ENDINGS))})",
    """    folder = next(filter(os.path.isdir, (f"{data}/{p}" for p in parts)), """
    """f"{data}/{parts[0]}")""",
    '    names = sorted(each[:-1] for each in glob("*/", root_dir=folder))',
    "    self.files, self.prepare, self.classes = [], prepare, classes or names",
    "    if lacking := sorted(set(names) - set(self.classes)):",
    """        raise SystemExit(f"training lacks {', '.join(lacking)} of {folder}")""",
    '    for label, inner in enumerate(f"{folder}/{name}" for name in self.classes):',
    '        found = sorted(glob(f"{escape(inner)}/**", recursive=True), key=os.path.split)',
    "        self.files += [(path, label) for path in found if path.lower().endswith(endings)]",
)
_ADVICE = "give --data the folder around it"
_NOTHING = f'        raise SystemExit(f"no folders of images in {{folder}}: {_ADVICE}")'
