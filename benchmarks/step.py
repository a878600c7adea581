"""One step of training: forward and backward of the emitted model beside torchvision's.

Both have the same weights, images and random numbers. On the CPU in float32; on a GPU in bfloat16
with channels last, first as it is, then under `torch.compile`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable
from typing import cast

import torch
from torch import nn

import netlang
from benchmarks.ten import CLOCKS, arguments, image_size, report, show, write
from benchmarks.timing import Pairs, pairs
from tests.analysis.oracles import torchvision_models

__all__ = ["compared", "main"]

AT_MOST = 1.02
_RANDOMLY_INITIALISED = {"googlenet", "inception_v3"}


def models(net: str, device: str) -> tuple[nn.Module, nn.Module]:
    """Ours and torchvision's with the same weights, in training mode."""
    # Drawn in the usual way: what torchvision does for these two takes long.
    options = {"init_weights": False} if net in _RANDOMLY_INITIALISED else {}
    peer: nn.Module = getattr(torchvision_models(), net)(**options)
    ours = netlang.load(net).torch()
    ours.load_state_dict(peer.state_dict())
    if device == "cpu":
        return ours, peer
    return tuple(
        model.to(device, torch.bfloat16).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        for model in (ours, peer)
    )


def step(model: nn.Module, images: torch.Tensor, times: int) -> Callable[[], None]:
    """Forward and backward, `times` in a row; waits until the device is done."""

    def run() -> None:
        for _ in range(times):
            torch.manual_seed(0)
            found = model(images)
            outputs = cast(Iterable[torch.Tensor], found if isinstance(found, tuple) else (found,))
            loss = sum((each.float().square().mean() for each in outputs), torch.zeros(()))
            loss.backward()
            model.zero_grad()
        if images.is_cuda:
            torch.cuda.synchronize()

    return run


def compared(
    net: str,
    device: str,
    batch: int,
    rounds: int,
    clock: Callable[[], float],
    *,
    compiled: bool = False,
) -> Pairs:
    """The times of one model."""
    size = image_size(net)
    images = torch.randn(batch, 3, size, size)
    times = 1
    if device != "cpu":
        images = images.to(device, torch.bfloat16).to(memory_format=torch.channels_last)
        times = 10
    both = models(net, device)
    if compiled:
        torch.compiler.reset()
        both = cast(tuple[nn.Module, nn.Module], tuple(map(torch.compile, both)))
    ours, peer = (step(model, images, times) for model in both)
    return pairs(ours, peer, rounds, clock)


def main() -> int:
    """Print one table, on a GPU two; 1 if a median misses its bound."""
    parser = arguments(__doc__, rounds=11)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, help="images; 2, on a GPU 64")
    told = parser.parse_args()
    warnings.simplefilter("ignore")
    on_cpu = told.device == "cpu"
    batch = told.batch or (2 if on_cpu else 64)
    print(f"{torch.get_num_threads()} threads; {told.clock} time; ours / torchvision's, quartiles")
    tables: dict[str, dict[str, Pairs]] = {}
    holds = True
    for compiled in (False,) if on_cpu else (False, True):
        what = f"{told.device}, {'compiled' if compiled else 'eager'}"
        table = tables.setdefault(what, {})
        for net in told.nets:
            table[net] = compared(
                net, told.device, batch, told.rounds, CLOCKS[told.clock], compiled=compiled
            )
            show(net, table[net])
        holds = report(what, table, AT_MOST) and holds
    write(told.json, tables)
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
