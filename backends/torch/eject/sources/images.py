"""Images in one folder for each class."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.data.choice import TEST
from netlang.backends.torch.eject.sources.base import (
    DataSection,
    data_section,
    usual_names,
)
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.runtime.folders import ENDINGS
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageFolder, ImageSource
from netlang.recipes.words.data_kinds import FOUND, NONE

__all__ = ["images_class", "skipping"]


def images_class(
    section: Section, recipe: Recipe, about: str, start: tuple[str, ...], opened: tuple[str, ...]
) -> None:
    """`Images`: `start` sets `self.files`, pairs of a file and a label; `opened` opens `file`."""
    data = recipe.data
    assert isinstance(data, ImageSource)
    section.imports |= {"import warnings", "from PIL import Image", "from PIL import ImageOps"}
    section.add(f"class Images(Dataset):  # {about}")
    section.add(*(f"    {line}" if line else "" for line in start), "")
    numbered = (
        "    def __getitem__(self, key):  # the number of an example, plus as many each epoch",
        "        epoch, number = divmod(key, len(self.files))",
        "        file, label = self.files[number]",
    )
    opened_lines = [f"        {line}" for line in (*opened, *_flattened(data.channels))]
    if data.corrupt == "skip":
        section.add("    def opened(self, file):  # an image, as it was taken")
        *lines, last = opened_lines
        section.add(
            *lines, f"        return {last.strip().removeprefix('image = ')}", "", *numbered
        )
        section.add("        return self.prepare(self.opened(file), number, epoch), label, number")
        section.add("", *_SKIPPING.strip("\n").split("\n"))
        section.imports |= {
            "from concurrent.futures import ThreadPoolExecutor",
            "from itertools import compress",
        }  # fmt: skip
    else:
        section.add(*numbered)
        section.add(*opened_lines)
        section.add("        return self.prepare(image, number, epoch), label, number")
    if recipe.validation is not None:
        section.add(
            "",
            "    def only(self, chosen, prepare):",
            "        some = copy.copy(self)",
            "        some.files, some.prepare = list(compress(self.files, chosen)), prepare",
            "        return some",
        )
        section.imports.add("from itertools import compress")


def skipping(data: ImageSource) -> str:
    """The call that leaves damaged images out of a part, where that is wanted."""
    return ".undamaged()" if data.corrupt == "skip" else ""


def _flattened(channels: int) -> Iterator[str]:
    """The lines that make of an image what a person would see, of 1 or 3 channels."""
    mode = "L" if channels == 1 else "RGB"
    yield "ImageOps.exif_transpose(image, in_place=True)"
    yield 'assert image.mode != "F", f"{file} has floats, of which nothing says what white is"'
    yield 'if image.mode.startswith("I"):  # of 16 bits a channel the upper 8'
    yield "    values = np.asarray(image)"
    yield '    assert values.min() >= 0 and values.max() < 65536, f"{file} has more than 16 bits"'
    yield "    image = Image.fromarray((values >> 8).astype(np.uint8))"
    yield "if image.has_transparency_data:"
    yield '    white = Image.new("RGBA", image.size, "white")'
    yield '    image = Image.alpha_composite(white, image.convert("RGBA"))'
    yield f'image = image if image.mode == "{mode}" else image.convert("{mode}")'


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
def _(data: ImageFolder, recipe: Recipe) -> DataSection:
    test = TEST if data.test == FOUND else (data.test,)
    own = recipe.validation is None and data.validation != NONE
    held = (usual_names(data) if data.validation == FOUND else (data.validation,)) if own else ()
    single = len(test) == 1 and len(held) <= 1
    section = Section()
    images_class(
        section,
        recipe,
        "those below one folder for each class",
        tuple(_init(single)),
        ("image = Image.open(file, formats=FORMATS)",),
    )
    section.imports |= {"from glob import escape", "from glob import glob"}
    if not single:
        section.imports.add("from itertools import product")
    train = "train" if data.train == FOUND else data.train
    folder = _folder(train)
    parts = Section()
    parts.add(f'    classes = sorted(each[:-1] for each in glob("*/", root_dir={folder}))')
    made: list[tuple[str, tuple[str, ...], str]] = [("train", (train,), "prepare")]
    made += [("test", test, "prepare_test")] if data.test != NONE else []
    made += [("held", held, "prepare_test")] if held else []
    for variable, names, prepare in made:
        parts.add(_part(variable, names, prepare, single))
        parts.add(*([f"    {variable}{skipping(data)}"] if skipping(data) else []))
    return DataSection(
        section,
        parts,
        images=True,
        folder="folder of the images",
        test=None if data.test == FOUND else data.test != NONE,
        held=None if len(held) > 1 else bool(held),
    )


def _init(single: bool) -> Iterator[str]:
    """The files of one folder, or of each that there is of several."""
    yield f"def __init__(self, {'folder' if single else 'folders'}, classes, prepare):"
    yield f"    endings = ({', '.join(map(literal, ENDINGS))})"
    yield "    self.files, self.prepare = [], prepare"
    if single:
        yield "    for label, name in enumerate(classes):"
    else:
        yield "    for folder, (label, name) in product(folders, enumerate(classes)):"
    yield '        found = glob(os.path.join(escape(folder), escape(name), "**"), recursive=True)'
    chosen = "(p for p in found if p.lower().endswith(endings))"
    yield f"        found = sorted({chosen}, key=os.path.split)"
    yield "        self.files += [(path, label) for path in found]"
    if single:
        yield "    if not self.files:"
        yield f"        raise SystemExit({_NOTHING})"
    else:
        yield "    if not self.files and len(folders) == 1:"
        yield f"        raise SystemExit({_NOTHING.replace('{folder}', '{folders[0]}')})"


_NOTHING = 'f"no folders of images in {folder}: give --data the folder around it"'


def _part(variable: str, names: tuple[str, ...], prepare: str, single: bool) -> str:
    folders = _folder(names[0]) if single else f"[{_folder(names[0])}]"
    if len(names) > 1:
        several = ", ".join(map(literal, names))
        folders = f'[f"{{args.data}}/{{name}}" for name in ({several})]'
    return f"    {variable} = Images({folders}, classes, {prepare})"


def _folder(name: str) -> str:
    return f'f"{{args.data}}/{name}"'  # of letters, digits, _ and -
