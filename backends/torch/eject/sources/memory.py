"""Small sets that a script holds in memory."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.eject.sources.base import (
    DataSection,
    data_section,
    wanted_parts,
)
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import Invocation, Setting, literal
from netlang.backends.torch.runtime.cifar import read_cifar
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Arrays, Cifar10, Cifar100, Digits, Idx, Mnist1d
from netlang.recipes.words.data_kinds import FOUND, NONE

__all__: list[str] = []

_CIFAR = "folder of CIFAR, unpacked or not"


def _made(imports: set[str], *lines: str) -> DataSection:
    parts = Section(imports=imports)
    parts.add(*lines)
    return DataSection(parts=parts)


@data_section.register
def _(data: Mnist1d, recipe: Recipe) -> DataSection:
    return _made(
        {"from mnist1d.data import get_dataset_args", "from mnist1d.data import make_dataset"},
        "    data = make_dataset(get_dataset_args())",
        '    train = [torch.from_numpy(data["x"]).float(), torch.from_numpy(data["y"])]',
        '    test = [torch.from_numpy(data["x_test"]).float(), torch.from_numpy(data["y_test"])]',
    )


@data_section.register
def _(data: Digits, recipe: Recipe) -> DataSection:
    size = f"({data.size}, {data.size})"
    resized = f'F.interpolate(x, {size}, mode="bilinear", antialias=True).clamp(0.0, 1.0)'
    return _made(
        {"from sklearn.datasets import load_digits"},
        "    x, label = map(torch.from_numpy, load_digits(return_X_y=True))",
        "    x = x.float().reshape(-1, 1, 8, 8) / 16.0",
        *((f"    x = {resized}",) if data.size != 8 else ()),
        "    is_test = torch.arange(len(x)) % 5 == 4",
        "    train, test = [x[~is_test], label[~is_test]], [x[is_test], label[is_test]]",
    )


@data_section.register
def _(data: Arrays, recipe: Recipe) -> DataSection:
    section = Section()
    section.add(
        "def arrays(folder, *parts):",
        '    """Inputs and targets of the first of these parts that is there; None without one."""',
        '    paths = [os.path.join(folder, f"{part}.npz") for part in parts]',
        "    path = next(filter(os.path.isfile, paths), None)",
        "    if path is None:",
        "        return None",
        "    with np.load(path) as file:",
        f"        inputs = [file[name] for name in {_listed(data.inputs)}]",
        f"        targets = [file[name] for name in {_listed(data.targets)}]",
        "    kinds = [np.uint8 if each.dtype == np.uint8 else None for each in inputs]",
        "    kinds += [None] * len(targets)",
        "    found = []",
        "    for each, kind in zip([*inputs, *targets], kinds, strict=True):",
        '        kind = kind or (np.int64 if each.dtype.kind in "iu" else np.float32)',
        '        found.append(torch.from_numpy(np.array(each, kind, order="C")))',
        "    return found",
    )
    parts = Section()
    parts.add(*_parts(data, recipe))
    own = recipe.validation is None and data.validation != NONE
    return DataSection(
        section,
        parts,
        folder="folder of the .npz files",
        test=None if data.test == FOUND else data.test != NONE,
        held=None if own and data.validation == FOUND else own,
        bytes=None,
    )


def _listed(names: tuple[str, ...]) -> str:
    return f"[{', '.join(map(literal, names))}]"


def _parts(data: Arrays, recipe: Recipe) -> Iterator[str]:
    """The lines that read each part; a part that the recipe names is required."""
    parts = list(wanted_parts(data, recipe))
    for wanted in parts:
        yield from wanted.taken('os.path.isfile(f"{args.data}/{name}.npz")')
        yield f"    {wanted.variable} = arrays(args.data, {wanted.spread})"
    needed = [wanted for wanted in parts if wanted.needed]
    files = [f"{wanted.names[0]}.npz" for wanted in needed]
    yield f"    if {' or '.join(f'{wanted.variable} is None' for wanted in needed)}:"
    text = f"{{args.data}} is to have {', '.join(files)}: give --data another folder"
    yield f'        raise SystemExit(f"{text}")'


@data_section.register
def _(data: Idx, recipe: Recipe) -> DataSection:
    section, parts = Section(), Section()
    section.add(
        "def read_idx(folder, *names):",
        '    """The array in the first of these files that is there, gzipped or not."""',
        '    places = [os.path.join(escape(folder), inner) for inner in ("", "raw", "*/raw")]',
        "    found = [",
        "        path",
        "        for place in places",
        "        for name in names",
        '        for end in ("", ".gz")',
        "        for path in sorted(glob(os.path.join(place, name + end)))",
        "    ]",
        "    if not found:",
        '        raise SystemExit(f"no {names[0]} in {folder}: give --data another folder")',
        '    with (gzip.open if found[0].endswith(".gz") else open)(found[0], "rb") as file:',
        "        content = file.read()",
        '    shape = np.frombuffer(content, ">u4", content[3], 4).tolist()',
        "    values = np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])",
        "    return torch.from_numpy(values.reshape(shape).copy())",
    )
    section.imports |= {"import gzip", "from glob import escape", "from glob import glob"}
    prefix = "" if data.prefix == NONE else f"{data.prefix}-"
    for part, stems in (("train", ("train",)), ("test", ("t10k", "test"))):
        names = {
            kind: ", ".join(
                literal(f"{prefix}{stem}-{kind}{dot}idx{axes}-ubyte")
                for stem in stems
                for dot in "-."
            )
            for kind, axes in (("images", 3), ("labels", 1))
        }
        parts.add(
            f"    x = read_idx(args.data, {names['images']})",
            f"    label = read_idx(args.data, {names['labels']})",
            f"    {part} = [x[:, None], label.long()]",
        )
    return DataSection(section, parts, folder="folder of the files", bytes=True)


@data_section.register(Cifar10)
@data_section.register(Cifar100)
def _(data: Cifar10 | Cifar100, recipe: Recipe) -> DataSection:
    """The binary or the pickled version, unpacked or in its archive."""
    batches, title = "", "cifar-100"
    names: tuple[str, ...] = ("train", "test")
    labels: dict[str, Setting] = {"key": "labels", "column": 0, "columns": 1}
    if isinstance(data, Cifar10):
        batches, title = "-batches", "cifar-10"
        names = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
    else:
        column = ("coarse", "fine").index(data.labels)
        labels = {"key": f"{data.labels}_labels", "column": column, "columns": 2}
    folders = ("bin", "py") if batches else ("binary", "python")
    versions = tuple(
        (f"{title}{batches}-{folder}", f"{title}-{kind}.tar.gz")
        for folder, kind in zip(folders, ("binary", "python"), strict=True)
    )
    parts = Section()
    call = Invocation(read_cifar, labels).source("args.data", literal(versions), literal(names))
    parts.add(f"    train, test = {call}", calls=(read_cifar,))
    return DataSection(Section(), parts, folder=_CIFAR, bytes=True)
