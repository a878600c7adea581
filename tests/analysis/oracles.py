"""What the figures of the analysis are compared with: torchvision's models and torch's counter."""

from __future__ import annotations

from types import ModuleType

import torch
from torch.utils.flop_counter import FlopCounterMode

__all__ = ["counted_flops", "torchvision_models", "widest_read"]

_CUDA_ONLY = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align(Tensor input) -> Tensor",
    "roi_pool(Tensor input) -> Tensor",
    "_cuda_version() -> int",
)
_libraries: list[torch.library.Library] = []


def torchvision_models() -> ModuleType:
    """`torchvision.models`, on machines without CUDA too.

    There its operators don't load, and its import fails unless their schemas exist.
    """
    if not _libraries and not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "DEF")
        for schema in _CUDA_ONLY:
            library.define(schema)
        _libraries.append(library)
    import torchvision.models

    models: ModuleType = torchvision.models
    return models


def counted_flops(model: torch.nn.Module, shape: tuple[int, ...]) -> int:
    """FLOPs of one application as torch counts them, without computing anything."""
    model = model.to("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(shape, device="meta"))
    return int(counter.get_total_flops())


def widest_read(module: torch.nn.Module, shape: tuple[int, ...], dim: int) -> int:
    """The widest interval along an axis that an output element reads: where NaN goes from there."""
    reads: list[torch.Tensor] = []
    for place in range(shape[dim]):
        x = torch.ones(shape, dtype=torch.float64)
        x.select(dim, place).fill_(torch.nan)
        with torch.no_grad():
            reads.append(module(x).isnan().flatten())
    read = torch.stack(reads)
    places = torch.arange(len(read)).unsqueeze(1)
    first = torch.where(read, places, len(read)).amin(0)
    last = torch.where(read, places, -1).amax(0)
    return int((last - first + 1).max())
