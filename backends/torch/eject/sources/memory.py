"""Small sets that a script holds in memory."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.augment.lower import Acts, lower
from netlang.backends.torch.data.choice import TEST, TRAIN, VALIDATION
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.eject.sources.base import (
    DataSection,
    data_section,
    quoted,
    usual_names,
)
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Arrays, Cifar10, Cifar100, Digits, Idx, Mnist1d
from netlang.recipes.words.data_kinds import FOUND, NONE

__all__: list[str] = []

_CIFAR = "folder of the binary version, unpacked"


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
    return f"[{', '.join(map(quoted, names))}]"


def _parts(data: Arrays, recipe: Recipe) -> Iterator[str]:
    """The lines that read each part; one that the recipe names must be there."""
    train = _names(data.train, TRAIN)
    yield f"    train = arrays(args.data, {train})"
    needed = ["train"]
    if data.test != NONE:
        yield f"    test = arrays(args.data, {_names(data.test, TEST)})"
        needed += ["test"] if data.test != FOUND else []
    if data.validation != NONE and recipe.validation is None:
        yield f"    held = arrays(args.data, {_names(data.validation, usual_names(data))})"
        needed += ["held"] if data.validation != FOUND else []
    yield f'    assert {" and ".join(needed)}, f"{{args.data}} lacks a part"'
    if _moves(recipe) and len(data.sizes) == 3:
        first = len(data.inputs)
        yield f"    masks = [each for each in train[{first}:] if each.dim() > 2]"
        yield '    assert not masks, "masks would have to be moved with their images"'


def _moves(recipe: Recipe) -> bool:
    """Whether a path moves pixels, and would have to move masks alike."""
    steps = (lower(step, 1) for step in (*recipe.augment, *recipe.test_path))
    return any(step.masks is not None or step.acts is Acts.REGION for step in steps)


def _names(wanted: str, usual: tuple[str, ...]) -> str:
    """Names to look for: those that are usual, or one and what means the same."""
    if wanted == FOUND:
        return ", ".join(map(quoted, usual))
    alike = (name for group in (TRAIN, VALIDATION, TEST) if wanted in group for name in group)
    return ", ".join(map(quoted, dict.fromkeys((wanted, *alike))))


@data_section.register
def _(data: Idx, recipe: Recipe) -> DataSection:
    section, parts = Section(), Section()
    section.add(
        "def read_idx(folder, *names):",
        '    """The array in the first of these files that is there, gzipped or not."""',
        "    folder = escape(folder)",
        '    places = (folder, os.path.join(folder, "raw"), os.path.join(folder, "*", "raw"))',
        "    found = [",
        "        path",
        "        for place in places",
        "        for name in names",
        '        for end in ("", ".gz")',
        "        for path in sorted(glob(os.path.join(place, name + end)))",
        "    ]",
        '    assert found, f"there is no {names[0]} in {folder}"',
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
                quoted(f"{prefix}{stem}-{kind}{dot}idx{axes}-ubyte")
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
    """The binary version: rows of one label or two, and of an image."""
    train, test = ["train.bin"], "test.bin"
    folder, labels, chosen = "cifar-100-binary", 2, 0
    if isinstance(data, Cifar10):
        train, test = [f"data_batch_{number}.bin" for number in range(1, 6)], "test_batch.bin"
        folder, labels = "cifar-10-batches-bin", 1
    else:
        chosen = ("coarse", "fine").index(data.labels)
    section, parts = Section(), Section()
    section.add(
        "def read_cifar(folder, names):",
        '    """Images and labels of some files of the binary version."""',
        f'    inner = os.path.join(folder, "{folder}")',
        "    folder = inner if os.path.isdir(inner) else folder",
        "    files = [np.fromfile(os.path.join(folder, name), np.uint8) for name in names]",
        f"    rows = torch.from_numpy(np.concatenate(files).reshape(-1, {labels + 3072}))",
        f"    return [rows[:, {labels}:].reshape(-1, 3, 32, 32), rows[:, {chosen}].long()]",
    )
    parts.add(
        f"    train = read_cifar(args.data, {_listed(tuple(train))})",
        f'    test = read_cifar(args.data, ["{test}"])',
    )
    return DataSection(section, parts, folder=_CIFAR, bytes=True)
