"""What the survey exports: torchvision's models and the bundled nets, the small ones first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from math import prod
from pathlib import Path
from typing import Any, final

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import netlang
from netlang.backends.onnx.verify.inputs import feeds_at, sizes_to_try
from netlang.backends.weights import slots
from netlang.elaborate.check import check_definitions
from netlang.ir.program import Program
from netlang.modules.files import bundled_files
from netlang.modules.library import Library
from tests.analysis.oracles import torchvision_models
from tests.importing.torchvision import SEGMENTATION, classifiers, segmentation
from tests.onnx.importing.support import exported_with

__all__ = [
    "Exported",
    "bundled_module",
    "bundled_names",
    "from_bundled",
    "from_torchvision",
    "torchvision_names",
]

_COUNTER = "num_batches_tracked"


@final
@dataclass(frozen=True)
class Exported:
    """The keys that the source of a file has, and the inputs of one example as the command's.

    Keys of one tensor, as those of tied weights are, stand together: a file has it once. Buffers
    that are no part of the `state_dict` are in PyTorch's files as weights are.
    """

    keys: Sequence[Sequence[str]]
    inputs: Sequence[str] = ()
    buffers: Sequence[str] = ()

    def missing(self, found: Iterable[str]) -> list[str]:
        """The first key of each tensor that has none of its own among these."""
        there = set(found)
        return [names[0] for names in self.keys if there.isdisjoint(names)]

    def others(self, found: Iterable[str]) -> list[str]:
        """Those of these keys that the source lacks."""
        return sorted(set(found).difference(self.buffers, *self.keys))


class _Listed(nn.Module):
    """A model of several outputs, by name or in a class, as one that gives a plain tuple."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> Any:
        found = self.model(*inputs)
        if isinstance(found, Mapping):
            return tuple(found.values())
        return tuple(found) if isinstance(found, tuple) else found


def torchvision_names(most: float) -> list[str]:
    """The classifiers by their number of weights, at most `most`, and the nets for segmentation."""
    return [*classifiers(most), *SEGMENTATION]


def bundled_names(most: float) -> list[str]:
    """Bundled nets with at most `most` weights: the smallest of each file, then the others."""
    first, others = list[tuple[int, str]](), list[tuple[int, str]]()
    for path in bundled_files():
        sizes = [(_size(each), f"{path}:{each.name}") for each in _programs(path)]
        found = sorted(each for each in sizes if each[0] <= most)
        first += found[:1]
        others += found[1:]
    return [name for _, name in [*sorted(first), *sorted(others)]]


def _programs(path: str) -> Iterable[Program]:
    module = Library().open(bundled_files()[path], path)
    return [each for each in check_definitions(module).programs.values() if each.alone is None]


def _size(program: Program) -> int:
    return sum(prod(each.weight.shape) for each in slots(program))


def from_torchvision(name: str, by: str, path: Path) -> Exported:
    """Write the file of a model with random weights."""
    models = torchvision_models()
    torch.manual_seed(0)
    if name in SEGMENTATION:
        module, size = segmentation(name), 64
    else:
        module = models.get_model(name, weights=None).eval()
        crop = getattr(models.get_model_weights(name).DEFAULT.transforms(), "crop_size", [224])[0]
        rigid = name.startswith(("vit", "swin", "maxvit", "inception", "alexnet", "vgg"))
        size = getattr(module, "image_size", crop) if rigid else 64
    _export(module, (torch.zeros(1, 3, size, size),), path, by)
    return Exported(_keys(module))


def from_bundled(name: str, by: str, path: Path, size: int = 0) -> Exported:
    """Write the file of a bundled net with random weights, by netlang or by PyTorch.

    With a `size`, images whose height and width are symbols have it, and texts whose length is.
    """
    net = netlang.load(name)
    if by not in ("netlang", "folded"):
        module, example = bundled_module(net, 1, size)
        _export(module, example, path, by)
        buffers = [name for name, _ in module.named_buffers()]
        return Exported(_keys(module), buffers=buffers)
    made = net.torch(seed=0).eval()
    net.onnx(path, made, fold=by == "folded", spec=False)
    inputs = [_type(each.dtype.name, each.shape[1:]) for each in _feeds(net, 1, size).values()]
    return Exported(_keys(made), inputs)


def bundled_module(
    net: netlang.Net, batch: int, size: int = 0
) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """A bundled net as a module with random weights, and inputs of so many examples."""
    example = tuple(torch.from_numpy(each) for each in _feeds(net, batch, size).values())
    return _Listed(net.torch(seed=0).eval()), example


def _feeds(net: netlang.Net, batch: int, size: int) -> dict[str, NDArray[Any]]:
    given = {each.name: size for each in net.program.sizes if size and each.name in ("H", "W", "T")}
    sizes = next(iter(sizes_to_try(net.program, given)))
    return feeds_at(net.program, {**sizes, "N": batch}, 0)


def _type(dtype: str, shape: Sequence[int]) -> str:
    return ("" if dtype == "float32" else dtype) + str(list(shape))


def _keys(module: nn.Module) -> list[list[str]]:
    """The keys of each tensor but counters, and those of heads that exist in training only."""
    found = defaultdict[tuple[int, torch.Size, tuple[int, ...]], list[str]](list)
    for key, tensor in module.state_dict().items():
        is_head = key.lower().removeprefix("model.").startswith("aux")
        if not is_head and not key.endswith(_COUNTER):
            found[tensor.data_ptr(), tensor.shape, tensor.stride()].append(key)
    return [*found.values()]


def _export(module: nn.Module, example: tuple[Tensor, ...], path: Path, by: str) -> None:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        exported_with(module, example, path, newer=by == "newer")
