"""Small sets that a script holds in memory."""

from __future__ import annotations

from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.eject.sources.base import DataSection, data_section
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Digits, Mnist1d

__all__: list[str] = []


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
