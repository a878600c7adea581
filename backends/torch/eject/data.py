"""The data of a script: a class of examples for each kind of source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import final

from netlang.backends.torch.data.choice import TEST, VALIDATION
from netlang.backends.torch.diagnostics import NoScript
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.runtime.folders import ENDINGS
from netlang.diagnostics.core import NetlangError
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Data, Digits, ImageFolder, Mnist1d
from netlang.recipes.words.data_kinds import FOUND, NONE

__all__ = ["DataSection", "data_section"]


@final
@dataclass(frozen=True)
class DataSection:
    """How a script gets its examples.

    `section` defines a class of examples. `parts` are the lines of `main` that make `train` and
    `test` (and `held`, where the data may keep a part for validation) of them. `images` says that
    examples are files, which workers prepare.
    """

    section: Section
    parts: Section
    images: bool
    keeps_validation: bool = False


@singledispatch
def data_section(data: Data, recipe: Recipe) -> DataSection:
    """The section of a data source; raises `NetlangError` where a script can't have it."""
    raise NetlangError(
        NoScript(
            span=recipe.places["data"],
            what=f"the data source `{data.name}`",
            advice="scripts read `image_folder`, `mnist1d` and `digits`",
        )
    )


@data_section.register
def _(data: ImageFolder, recipe: Recipe) -> DataSection:
    mode = "L" if data.channels == 1 else "RGB"
    section = Section()
    section.add(
        "class Images(Dataset):",
        '    """Images in one folder for each class; a worker does `prepare` with each."""',
        "",
        "    def __init__(self, folder, parts, classes, prepare):",
        f"        ends = {_endings()}",
        "        self.files, self.labels, self.prepare = [], [], prepare",
        "        for part, (label, name) in product(parts, enumerate(classes)):",
        '            where = os.path.join(escape(folder), part, escape(name), "**")',
        "            files = [p for p in glob(where, recursive=True) if p.lower().endswith(ends)]",
        "            self.files += sorted(files, key=os.path.split)",
        "            self.labels += [label] * len(files)",
        "",
        "    def __len__(self):",
        "        return len(self.files)",
        "",
        "    def __getitem__(self, key):",
        "        number, epoch = key",
        "        image = Image.open(self.files[number])",
        "        ImageOps.exif_transpose(image, in_place=True)",
        '        if image.mode.startswith("I"):  # 16 bits: the upper 8 of them',
        "            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))",
        "        if image.has_transparency_data:",
        '            image = image.convert("RGBA")',
        '            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)',
        f'        image = image if image.mode == "{mode}" else image.convert("{mode}")',
        "        return self.prepare(image, number, epoch), self.labels[number], number",
        *_only(recipe, "files"),
    )
    section.imports |= {"from glob import escape", "from glob import glob"}
    section.imports |= {"from itertools import product", "from PIL import Image"}
    section.imports |= {"from PIL import ImageOps"}
    train = "train" if data.train == FOUND else data.train
    usual = tuple(name for name in VALIDATION if name not in (data.train, data.test))
    parts = Section()
    parts.add(
        f'    folders = filter(os.DirEntry.is_dir, os.scandir(os.path.join(args.data, "{train}")))',
        '    classes = sorted(each.name for each in folders if each.name[0] != ".")',
        f'    train = Images(args.data, ["{train}"], classes, prepare)',
        *_part("test", data.test, TEST),
        *(_part("held", data.validation, usual) if recipe.validation is None else ()),
    )
    return DataSection(section, parts, images=True, keeps_validation=data.validation != NONE)


def _endings() -> str:
    return "({})".format(", ".join(f'"{each}"' for each in ENDINGS))


def _only(recipe: Recipe, what: str) -> tuple[str, ...]:
    """A method for some of the examples, where a share is held out of training."""
    if recipe.validation is None:
        return ()
    prepared = what == "files"
    return (
        "",
        f"    def only(self, chosen{', prepare' if prepared else ''}):",
        "        some = copy.copy(self)",
        *(("        some.prepare = prepare",) if prepared else ()),
        f"        some.{what} = np.array(self.{what})[chosen]" if prepared
        else f"        some.{what} = self.{what}[chosen]",
        "        some.labels = np.array(self.labels)[chosen]",
        "        return some",
    )  # fmt: skip


def _part(variable: str, wanted: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """The line that makes a part of the data, which may have no examples."""
    if wanted == NONE:
        return (f"    {variable} = None",)
    names = ", ".join(f'"{name}"' for name in (usual if wanted == FOUND else (wanted,)))
    return (f"    {variable} = Images(args.data, [{names}], classes, prepare_test)",)


def _in_memory(recipe: Recipe, *parts: str) -> DataSection:
    section, lines = Section(), Section()
    section.add(
        "class Examples(Dataset):",
        '    """Examples in memory."""',
        "",
        "    def __init__(self, x, labels):",
        "        self.x, self.labels = torch.as_tensor(x), np.asarray(labels)",
        "",
        "    def __len__(self):",
        "        return len(self.x)",
        "",
        "    def __getitem__(self, key):",
        "        return self.x[key[0]], self.labels[key[0]], key[0]",
        *_only(recipe, "x"),
    )
    lines.add(*parts)
    return DataSection(section, lines, images=False)


@data_section.register
def _(data: Mnist1d, recipe: Recipe) -> DataSection:
    found = _in_memory(
        recipe,
        "    data = make_dataset(get_dataset_args())",
        '    train = Examples(data["x"].astype(np.float32), data["y"])',
        '    test = Examples(data["x_test"].astype(np.float32), data["y_test"])',
    )
    found.parts.imports.add("from mnist1d.data import get_dataset_args, make_dataset")
    return found


@data_section.register
def _(data: Digits, recipe: Recipe) -> DataSection:
    found = _in_memory(
        recipe,
        "    pixels, labels = load_digits(return_X_y=True)",
        "    x = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8) / 16.0",
        *(_resized(data.size) if data.size != 8 else ()),
        "    is_test = np.arange(len(labels)) % 5 == 4",
        "    train = Examples(x[~is_test], labels[~is_test])",
        "    test = Examples(x[is_test], labels[is_test])",
    )
    found.parts.imports.add("from sklearn.datasets import load_digits")
    return found


def _resized(size: int) -> tuple[str, ...]:
    call = f'F.interpolate(x, size=({size}, {size}), mode="bilinear", antialias=True)'
    return (f"    x = {call}.clamp(0.0, 1.0)",)
