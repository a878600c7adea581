"""Images in one folder for each class."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.data.choice import TEST, VALIDATION
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.eject.sources.base import (
    DataSection,
    data_section,
    quoted,
    usual_names,
)
from netlang.backends.torch.runtime.folders import ENDINGS
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import ImageFolder, ImageSource
from netlang.recipes.words.data_kinds import FOUND, NONE

__all__ = ["images_class"]


def images_class(
    section: Section, recipe: Recipe, about: str, start: tuple[str, ...], opened: tuple[str, ...]
) -> None:
    """`Images`: `start` sets `self.files`, pairs of a file and a label; `opened` opens `file`."""
    data = recipe.data
    assert isinstance(data, ImageSource)
    mode = "L" if data.channels == 1 else "RGB"
    section.add(
        f"class Images(Dataset):  # {about}",
        *(f"    {line}" if line else "" for line in start),
        "",
        "    def __getitem__(self, key):  # the number of an example, plus as many each epoch",
        "        epoch, number = divmod(key, len(self.files))",
        "        file, label = self.files[number]",
        *(f"        {line}" for line in opened),
        "        ImageOps.exif_transpose(image, in_place=True)",
        '        assert not image.mode.startswith("I"), f"{file} has 16 bits a channel"',
        "        if image.has_transparency_data:",
        '            white = Image.new("RGBA", image.size, "white")',
        '            image = Image.alpha_composite(white, image.convert("RGBA"))',
        f'        image = image if image.mode == "{mode}" else image.convert("{mode}")',
        "        return self.prepare(image, number, epoch), label, number",
    )
    section.imports |= {"from PIL import Image", "from PIL import ImageOps"}
    if recipe.validation is not None:
        section.add(
            "",
            "    def only(self, chosen, prepare):",
            "        some = copy.copy(self)",
            "        some.files, some.prepare = list(compress(self.files, chosen)), prepare",
            "        return some",
        )
        section.imports.add("from itertools import compress")


@data_section.register
def _(data: ImageFolder, recipe: Recipe) -> DataSection:
    test = TEST if data.test == FOUND else (data.test,)
    named = data.test not in (FOUND, NONE) or data.validation not in (FOUND, NONE)
    own = recipe.validation is None and data.validation != NONE
    held = (usual_names(data) if data.validation == FOUND else (data.validation,)) if own else ()
    unnamed = own and named and data.validation == FOUND
    single = len(test) == 1 and (unnamed or len(held) <= 1)
    section = Section()
    images_class(
        section,
        recipe,
        "those below one folder for each class",
        tuple(_init(single)),
        ("image = Image.open(file)",),
    )
    section.imports |= {"from glob import escape", "from glob import glob"}
    if not single:
        section.imports.add("from itertools import product")
    train = "train" if data.train == FOUND else data.train
    folder = _folder(train)
    parts = Section()
    parts.add(f'    classes = sorted(each[:-1] for each in glob("*/", root_dir={folder}))')
    parts.add(_part("train", (train,), "prepare", single))
    if data.test != NONE:
        parts.add(_part("test", test, "prepare_test", single))
    if unnamed:
        parts.add(*_refused(held))
    elif held:
        parts.add(_part("held", held, "prepare_test", single))
    return DataSection(
        section,
        parts,
        images=True,
        folder="folder of the images",
        test=None if data.test == FOUND else data.test != NONE,
        held=None if held and not unnamed and not single else bool(held) and not unnamed,
    )


def _init(single: bool) -> Iterator[str]:
    """The files of one folder, or of each that there is of several."""
    yield f"def __init__(self, {'folder' if single else 'folders'}, classes, prepare):"
    yield f"    endings = ({', '.join(map(quoted, ENDINGS))})"
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
        yield '    assert self.files, f"there are no images in {folder}"'


def _part(variable: str, names: tuple[str, ...], prepare: str, single: bool) -> str:
    folders = _folder(names[0]) if single else f"[{_folder(names[0])}]"
    if len(names) > 1:
        several = ", ".join(map(quoted, names))
        folders = f'[f"{{args.data}}/{{name}}" for name in ({several})]'
    return f"    {variable} = Images({folders}, classes, {prepare})"


def _folder(name: str) -> str:
    return f'f"{{args.data}}/{name}"'  # of letters, digits, _ and -


def _refused(names: tuple[str, ...]) -> Iterator[str]:
    """The recipe names its parts: one that it doesn't name can't be there unseen."""
    why = "the recipe doesn't say to validate with it"
    patterns = {VALIDATION: "val*/", VALIDATION[1:]: "valid*/"}
    if names in patterns:
        found = f'glob("{patterns[names]}", root_dir=args.data)'
        yield f'    assert not {found}, "{why}"'
        return
    found = " + ".join(f'glob("{name}/", root_dir=args.data)' for name in names)
    yield f'    assert not {found}, "{why}"'
