"""Programs of torch.export for tests: as PyTorch writes them, and changed record by record."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import nn

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported
from netlang.backends.torch.importing.programs.imported import import_program
from netlang.targets.importing import ImportOptions

__all__ = ["Records", "changed", "exported", "imported", "program", "records", "written"]

Records: TypeAlias = dict[str, bytes]


def exported(module: nn.Module, shape: Sequence[int], path: Path, *, any_size: bool) -> Path:
    """A module as `torch.export.save` writes it, for one example, or for any number of any size."""
    sizes = None
    if any_size:
        axes = range(2, len(shape) + 1) if len(shape) > 1 else ()
        sizes = (dict.fromkeys((0, *axes), torch.export.Dim.DYNAMIC),)
    example = (torch.zeros(3 if any_size else 1, *shape),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.export.export(module.eval(), example, dynamic_shapes=sizes)
        torch.export.save(made, path)
    return path


def imported(path: Path, *inputs: str, stub: bool = False, large: bool = False) -> Imported | Stub:
    """The net of a file, which the import has compared with the program."""
    return import_program(ImportOptions(str(path), inputs, stub=stub, large=large))


@cache
def records() -> Records:
    """The records of a small program: a convolution, an activation, a mean."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    held = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.export.export(net.eval(), (torch.zeros(2, 3, 8, 8),))
        torch.export.save(made, held)
    with zipfile.ZipFile(held) as archive:
        return {each.filename.partition("/")[2]: archive.read(each) for each in archive.infolist()}


def changed(record: str, change: Callable[[Any], object]) -> Records:
    """The small program with a record of JSON changed in place."""
    whole = json.loads(records()[record])
    change(whole)
    return {**records(), record: json.dumps(whole).encode()}


def program(change: Callable[[Any], object]) -> Records:
    """The small program with its graph changed in place."""
    return changed("models/model.json", lambda whole: change(whole["graph_module"]["graph"]))


def written(held: Records, path: Path, compression: int = zipfile.ZIP_STORED) -> Path:
    """An archive of records, whose names are in a folder unless they begin with `!`."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in held.items():
            archive.writestr(name[1:] if name[:1] == "!" else f"net/{name}", content)
    return path
