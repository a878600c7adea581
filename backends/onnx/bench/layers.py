"""The time of each step of a net, from ONNX Runtime's profile.

ONNX Runtime fuses operators, and names a fused one after one of its parts. The nodes that we write
are named by the steps that they belong to. So the time of an operator goes to the step that its
name begins with; a step without an operator of its own is counted with the first that reads it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, final

from netlang.analysis.cost import at_sizes
from netlang.backends.onnx.bench.inputs import inputs_of, shapes_in_words
from netlang.backends.onnx.bench.machine import bandwidth, peak
from netlang.backends.onnx.bench.process import refusal
from netlang.backends.onnx.bench.turns import file_of, started
from netlang.ir.dims import evaluate
from netlang.ir.program import Function, Node, Program
from netlang.ir.types import TensorType
from netlang.ir.weights import Weight
from netlang.passes.deploy import deploy
from netlang.passes.flat import flattened
from netlang.regular import read_bytes
from netlang.targets.timing import BenchOptions, Contestant, LayerTime, LayerTimes, Setting

__all__ = ["steps_of", "time_layers"]

_RUNS = 20
"""Runs that are profiled, after one that isn't counted."""
_MOST = 2**30
"""Bytes of a profile."""
_KERNEL = "_kernel_time"


def time_layers(
    program: Program, contestant: Contestant, setting: Setting, options: BenchOptions
) -> LayerTimes:
    """Time each step. Raises `NetlangError` if the file can't be read or run so."""
    options.progress(f"timing the steps of {contestant.name}")
    with TemporaryDirectory() as folder:
        file = file_of(contestant, Path(folder) / "net.onnx", options)
        inputs = inputs_of(file, setting.batch, contestant.sizes, contestant.usual)
        with started(file, inputs, setting, str(Path(folder) / "profile")) as worker:
            worker.run(_RUNS)
        profiles = list(Path(folder).glob("profile*.json"))
        if not profiles:
            raise refusal(file.path.name, "ONNX Runtime wrote no profile")
        events = json.loads(read_bytes(profiles[0], _MOST))
    flat = deploy(program) if options.build.onnx.fold else flattened(program)
    sizes = {"N": setting.batch, **contestant.sizes}
    return LayerTimes(
        name=contestant.name,
        setting=setting,
        inputs=shapes_in_words(inputs),
        steps=steps_of(flat.program, sizes, events),
        peak=peak(setting.threads),
        bandwidth=bandwidth(),
    )


def steps_of(
    program: Program, sizes: Mapping[str, int], events: Sequence[Mapping[str, Any]]
) -> tuple[LayerTime, ...]:
    """The steps of a flat program with the time of a run, from the events of a profile.

    The first run in the profile isn't counted.
    """
    kernels = _Kernels(events)
    figures = _Figures(program, sizes)
    owner = {path: _step(path, figures.places) for path in kernels.seconds}
    own = {place for place in owner.values() if place is not None}
    fused = figures.fused(own)
    found = []
    for place in sorted(own):
        names = [name for name, its in owner.items() if its == place]
        group = fused[place]
        found.append(
            LayerTime(
                step=program.net.nodes[place].path,
                kernels=tuple(dict.fromkeys(kernels.kinds[name] for name in names)),
                seconds=sum(kernels.seconds[name] for name in names),
                fused=len(group) - 1,
                macs=sum(figures.macs(each) for each in group),
                traffic=figures.traffic(group),
            )
        )
    others = [name for name, its in owner.items() if its is None]
    return (
        *found,
        *(LayerTime(name, (kernels.kinds[name],), kernels.seconds[name]) for name in others),
    )


def _step(name: str, places: Mapping[str, int]) -> int | None:
    """The step whose path a node's name begins with; of several, the longest."""
    for end in range(len(name), 0, -1):
        if (end == len(name) or not (name[end].isalnum())) and name[:end] in places:
            return places[name[:end]]
    return None


def _median(numbers: Sequence[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


@final
class _Kernels:
    """Seconds of a run, and operators, by the names of nodes, in the order in which they run."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        times: dict[str, list[float]] = defaultdict(list)
        self.kinds: dict[str, str] = {}
        for event in events:
            name = str(event.get("name", ""))
            if event.get("cat") == "Node" and name.endswith(_KERNEL):
                name = name.removesuffix(_KERNEL)
                times[name].append(float(event["dur"]) * 1e-6)
                self.kinds[name] = str(event.get("args", {}).get("op_name", ""))
        runs = min(map(len, times.values()), default=1)
        self.seconds = {
            name: _median(found[len(found) // runs :] or found) * (len(found) // runs)
            for name, found in times.items()
        }


@final
class _Figures:
    """The work of the steps of a flat net, and which of them are fused."""

    def __init__(self, program: Program, sizes: Mapping[str, int]) -> None:
        net = program.net
        self._nodes: Sequence[Node] = net.nodes
        self._net, self._sizes, self._measured = net, sizes, at_sizes(sizes)
        self._floats = program.floats
        self.places = {node.path: place for place, node in enumerate(self._nodes)}
        self._readers: dict[int, list[int]] = defaultdict(list)
        for place, node in enumerate(self._nodes):
            for ref in node.inputs:
                self._readers[ref.producer].append(place)
        self._shown = {output.ref.producer for output in net.outputs}

    def fused(self, own: Iterable[int]) -> dict[int, list[int]]:
        """The steps that the operators of each step in `own` compute, itself among them."""
        chosen = set(own)
        into: dict[int, int] = {}
        found: dict[int, list[int]] = defaultdict(list)
        for place in reversed(range(len(self._nodes))):
            readers = self._readers[place]
            if place in chosen:
                into[place] = place
            elif readers and readers[0] in into:
                into[place] = into[readers[0]]
            if place in into:
                found[into[place]].append(place)
        return found

    def macs(self, place: int) -> int:
        node = self._nodes[place]
        assert not isinstance(node.callee, Function)
        inputs = tuple(map(self._measured, self._net.input_types(node)))
        return int(evaluate(node.callee.cost(inputs).macs, self._sizes))

    def traffic(self, group: Sequence[int]) -> int:
        """Bytes that a group of steps reads and writes, but those that pass between them."""
        inside, read, total = set(group), set(), 0
        for place in group:
            node = self._nodes[place]
            assert not isinstance(node.callee, Function)
            inputs = tuple(map(self._measured, self._net.input_types(node)))
            total += sum(map(self._bytes_of, node.callee.weights(inputs)))
            read |= {ref for ref in node.inputs if ref.producer not in inside}
            if place in self._shown or set(self._readers[place]) - inside:
                total += sum(map(self._bytes, node.types))
        return total + sum(self._bytes(self._net.type_of(ref)) for ref in read)

    def _bytes_of(self, weight: Weight) -> int:
        return weight.elements * (weight.dtype or self._floats).size

    def _bytes(self, type: TensorType) -> int:
        return int(evaluate(self._measured(type).elements, self._sizes)) * type.dtype.size
