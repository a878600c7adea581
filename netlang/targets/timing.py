"""The core's view of a backend that measures how fast its files run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import final

from netlang.build import BuildOptions
from netlang.ir.program import Program
from netlang.records import Record, field
from netlang.targets.backends import Backend, backend

__all__ = [
    "DEVICES",
    "BenchOptions",
    "Contestant",
    "LayerTime",
    "LayerTimes",
    "Setting",
    "Timing",
    "TimingBackend",
    "timing_backend",
]

DEVICES: Mapping[str, str] = {"cpu": "cpu", "cuda": "cuda", "tensorrt": "cuda"}
"""The device of a provider, for those with memory that inputs and outputs can be bound to."""


@final
class Contestant(Record):
    """What is timed: a net, as `compile` would write it, or a file. Exactly one of both is set.

    `sizes` are those of its inputs, by name. `usual` has more of them, for a file that doesn't say
    how large its inputs are: names that it doesn't have are ignored.
    """

    name: str
    program: Program | None = None
    file: Path | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    usual: Mapping[str, int] = field(default_factory=dict)


@final
class Setting(Record):
    """How to run it: the execution provider by its short name, threads, and examples at once.

    With 0 `threads`, the runtime chooses. With `bind`, inputs and outputs stay on the provider's
    device, one of `DEVICES`. With `cuda_graph` they do too, and all kernels of a run are launched
    at once.
    """

    provider: str = "cpu"
    threads: int = 0
    batch: int = 1
    bind: bool = False
    cuda_graph: bool = False


@final
class BenchOptions(Record):
    """For how many `seconds` each is timed, and how nets are written.

    Whatever that takes, each runs at least ten times. `progress` is called with a line about what
    is measured next. `large` files are trusted: their weights may have more than 2 GiB.
    """

    build: BuildOptions
    seconds: float
    progress: Callable[[str], None]
    large: bool = False


@final
class Timing(Record):
    """What was measured of one contestant.

    `latencies` are the seconds of each run in ascending order, `load` those until the file could
    run. `memory` is how many bytes the process grew by at most, from before it loaded the file, or
    None where the system doesn't tell. `inputs` are their shapes in words. The outputs that are
    `not_finite` have NaN or infinite values.
    """

    name: str
    setting: Setting
    inputs: str
    load: float
    latencies: tuple[float, ...]
    memory: int | None
    not_finite: tuple[str, ...] = ()

    def percentile(self, share: float) -> float:
        """The least latency that `share` of the runs don't exceed (nearest rank)."""
        return self.latencies[max(0, ceil(share * len(self.latencies)) - 1)]

    @property
    def throughput(self) -> float:
        """Examples a second, one run after the other."""
        return self.setting.batch * len(self.latencies) / sum(self.latencies)


@final
class LayerTime(Record):
    """A step's time in a run, with that of all steps that the runtime fused into it.

    `fused` is how many others these are, and `kernels` are the runtime's operators. `macs` and
    `traffic` are the multiply-accumulates, and the bytes of inputs, weights and results, of all of
    them. A step without a name of the spec's has the runtime's own, and no figures but its time.
    """

    step: str
    kernels: tuple[str, ...]
    seconds: float
    fused: int = 0
    macs: int = 0
    traffic: int = 0


@final
class LayerTimes(Record):
    """The steps of a net in the order in which they run, and what the machine does at most.

    `peak` is in multiply-accumulates a second, of a product of large matrices; `bandwidth` in bytes
    a second, of a copy that is too large for caches. Both are measured with the same threads.
    """

    name: str
    setting: Setting
    inputs: str
    steps: tuple[LayerTime, ...]
    peak: float
    bandwidth: float


class TimingBackend(Backend):
    """A backend that can time its files."""

    @abstractmethod
    def time(
        self, contestants: Sequence[Contestant], setting: Setting, options: BenchOptions
    ) -> tuple[Timing, ...]:
        """Time all of them in turn, so that what else the machine does slows each of them alike.

        Raises `NetlangError` if one can't be read or run so.
        """

    @abstractmethod
    def time_layers(
        self, program: Program, contestant: Contestant, setting: Setting, options: BenchOptions
    ) -> LayerTimes:
        """Time each step of a net. Raises `NetlangError` as `time` does."""

    @abstractmethod
    def draw_roofline(self, path: Path, times: LayerTimes) -> None:
        """Write a picture, as .svg, of the steps' speed beside what the machine allows."""


def timing_backend() -> TimingBackend:
    """The backend for ONNX."""
    found = backend("onnx")
    assert isinstance(found, TimingBackend)
    return found
