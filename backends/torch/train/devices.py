"""Chooses the device and makes its arithmetic reproducible."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from netlang import processes
from netlang.analysis.facts import Facts
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.processes import OneDeviceEach, SeveralDevices
from netlang.diagnostics.training.running import DeviceMissing
from netlang.ir.program import Program

__all__ = [
    "choose_device", "derived_seed", "random_state", "reproducible", "restore_random_state",
    "threads_for", "worth_sharing",
]  # fmt: skip

# Multiply-accumulates of a forward pass: some 20 ms of one core.
_WORTH_SHARING = 300_000_000


def choose_device(name: str | None = None, world: World | None = None) -> torch.device:
    """The device of that name, or the fastest available kind: CUDA, then MPS, then CPU.

    Of several processes on a host, each gets the GPU of its number.
    """
    several = world is not None and world.size > 1
    if name is not None and "," in name:
        raise NetlangError(_one_each(name))
    available = ["cpu"]
    if torch.backends.mps.is_available() and not several:
        available.insert(0, "mps")
    if torch.cuda.is_available():
        available.insert(0, "cuda")
    name = name or available[0]
    if name.split(":")[0] not in available:
        shown = ", ".join(available)
        raise NetlangError(DeviceMissing(span=None, device=name, available=shown))
    return _of_this_process(name) if several else torch.device(name)


def _of_this_process(name: str) -> torch.device:
    if not name.startswith("cuda"):
        return torch.device(name)
    index, here = processes.local_rank(), torch.cuda.device_count()
    if name != "cuda":
        count = processes.count_on_this_host()
        raise NetlangError(OneDeviceEach(span=None, processes=count, device=name, kind="cuda"))
    if index >= here:
        shown = ", ".join(f"cuda:{each}" for each in range(here))
        raise NetlangError(DeviceMissing(span=None, device=f"cuda:{index}", available=shown))
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def _one_each(names: str) -> SeveralDevices:
    each = [name.strip() for name in names.split(",")]
    advice = processes.how_to_start(each)
    return SeveralDevices(span=None, devices=names, count=len(each), advice=advice)


def threads_for(program: Program, batch: int) -> int:
    """The number of CPU threads for a step: one, unless there is enough work to share.

    Distributing a layer that takes microseconds over several threads costs more than it saves, and
    many times more if other processes want the cores.
    """
    return torch.get_num_threads() if worth_sharing(program, batch) else 1


def worth_sharing(program: Program, batch: int) -> bool:
    """Whether a step is enough work for several CPU threads."""
    return Facts(program).macs * batch >= _WORTH_SHARING


@contextmanager
def reproducible(device: torch.device, threads: int) -> Iterator[None]:
    """Inside, algorithms are deterministic. Random streams and settings are restored on exit.

    An operation without a deterministic algorithm on a GPU runs with a warning of PyTorch's. On a
    CPU, only the number of threads affects the order of sums.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            if device.type == "cpu":
                yield
            else:
                with _deterministic_kernels():
                    yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _deterministic_kernels() -> Iterator[None]:
    # cuBLAS reads this when it makes its first handle: docs.nvidia.com/cuda/cublas, section 2.1.4.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    lenient = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=lenient)
        torch.backends.cudnn.benchmark = benchmark


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """The state of the random streams that a model draws from (dropout, sampling)."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random_state(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Continue from `random_state`; on another kind of device, its own stream is unchanged."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])
