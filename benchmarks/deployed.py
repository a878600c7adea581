"""How fast ONNX Runtime runs our files beside those of `torch.onnx.export`, slimmed and simplified.

For each net four files with the same weights: ours, the exporter's, and that through onnxslim and
through onnxsim. Each runs in a process of its own, in turns; what counts is the median latency over
that of the fastest peer, the time to load, and the number of nodes over the smallest. Our file
runs twice: what these two differ by is noise of the machine, which a ratio may be off by.

With ``--clock cpu`` all run in this process, in turns, and what counts is the time that it took of
a processor: other work on the machine doesn't count, but for what it takes of caches and memory.

With `--fused`, ours has the operators that ONNX Runtime alone has, as of `compile --for
onnxruntime`, and the nets are those of attention.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

import netlang
from netlang.backends.onnx import Form, export
from netlang.build import BuildOptions
from netlang.elaborate import load_program
from netlang.targets.timing import BenchOptions, Contestant, Setting, Timing, timing_backend
from tests.analysis.oracles import torchvision_models

__all__ = ["main"]

NETS = (
    "resnet50", "resnet152", "densenet121", "googlenet", "mobilenet_v3_large", "efficientnet_b0",
    "convnext_tiny", "unet", "vit_b_16", "yolo_v8n",
)  # fmt: skip
AT_MOST, EACH, LOADING = 1.0, 1.03, 1.0
FUSED_NETS, FUSED_AT_MOST = ("vit_b_16", "swin_t"), 0.9
SIDE = {"yolo_v8n": 640, "unet": 256}
"""Height and width of the images of nets that aren't for 224."""


class Row(NamedTuple):
    """Ours over the best of the others: latency, time to load, nodes; and ours over itself."""

    latency: float
    load: float
    nodes: float
    noise: float


def main() -> int:
    """Print a line for each net and file; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", nargs="+", metavar="NET", help="other nets")
    parser.add_argument("--fused", action="store_true", help="with operators of ONNX Runtime's own")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each file")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    setting = Setting(threads=arguments.threads)
    options = BenchOptions(BuildOptions(), arguments.seconds, _silent)
    rows = {}
    fused = arguments.fused
    for net in arguments.nets or (FUSED_NETS if fused else NETS):
        with TemporaryDirectory() as folder:
            files = dict(_files(net, Path(folder), Form(fused=fused)))
            entrants = [Contestant(name, file=path) for name, path in files.items()]
            if arguments.clock == "cpu":
                times = _cpu_times(files, setting, arguments.seconds)
            else:
                times = timing_backend().time(entrants, setting, options)
            rows[net] = _shown(net, times, [_nodes(path) for path in files.values()])
    return 0 if (_holds_fused if fused else _holds)(rows) else 1


def _cpu_times(files: Mapping[str, Path], setting: Setting, seconds: float) -> tuple[Timing, ...]:
    """Seconds of a processor of each file, in turns until each has had as many as are asked for."""
    sessions, loads = {}, {}
    for name, path in files.items():
        start = process_time()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = setting.threads
        options.log_severity_level = 3
        sessions[name] = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        loads[name] = process_time() - start
    (given,) = next(iter(sessions.values())).get_inputs()
    sizes = [size if isinstance(size, int) else 1 for size in given.shape]
    image = np.random.default_rng(0).standard_normal(sizes, np.float32)
    taken: dict[str, list[float]] = {name: [] for name in files}
    while min(map(sum, taken.values())) < seconds:
        for name, session in sessions.items():
            start = process_time()
            session.run(None, {session.get_inputs()[0].name: image})
            taken[name].append(process_time() - start)
    return tuple(
        Timing(name, setting, "", loads[name], tuple(sorted(each[1:] or each)), None)
        for name, each in taken.items()
    )


def _silent(line: str) -> None:
    """Shows nothing between the rows."""


def _model(net: str) -> nn.Module:
    """The model of torchvision's, or the emitted one where it has none; it gives scores alone."""
    made = getattr(torchvision_models(), net, None)
    if made is None:
        return netlang.load(net).torch(seed=0).eval()
    options = {"aux_logits": True, "init_weights": False} if net == "googlenet" else {}
    model: nn.Module = made(weights=None, **options)
    return model.eval()


def _files(net: str, folder: Path, form: Form) -> Iterator[tuple[str, Path]]:
    """The files by what they are called, ours first."""
    model, side = _model(net), SIDE.get(net, 224)
    program = load_program(net)
    channels = int(str(program.net.inputs[0].type.shape[0]))
    ours, exported = folder / "ours.onnx", folder / "exported.onnx"
    export(program, ours, weights=model.state_dict(), form=form)
    _fix_sizes(ours, side)
    yield "netlang", ours
    image, batch = torch.randn(2, channels, side, side), {0: torch.export.Dim("N")}
    torch.onnx.export(
        model, (image,), exported, dynamo=True, dynamic_shapes=(batch,), verbose=False,
        external_data=False,
    )  # fmt: skip
    yield "torch.onnx.export", exported
    slimmed, simplified = folder / "slimmed.onnx", folder / "simplified.onnx"
    onnx.save(import_module("onnxslim").slim(onnx.load(exported)), slimmed)
    yield "onnxslim", slimmed
    onnx.save(import_module("onnxsim").simplify(onnx.load(exported))[0], simplified)
    yield "onnxsim", simplified
    yield "netlang again", ours


def _fix_sizes(path: Path, side: int) -> None:
    """Give the input the height and width that the exporter's has: both have a free batch."""
    model = onnx.load(path)
    for dim in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        dim.dim_value = side
    onnx.save(model, path)


def _nodes(path: Path) -> int:
    return len(onnx.load(path, load_external_data=False).graph.node)


def _shown(net: str, times: Sequence[Timing], nodes: Sequence[int]) -> Row:
    for timing, count in zip(times, nodes, strict=True):
        latency, load = 1e3 * timing.percentile(0.5), 1e3 * timing.load
        figures = f"{latency:9.2f} ms  load {load:7.0f} ms  {count:5} nodes"
        print(f"{net:20} {timing.name:18} {figures}  {len(timing.latencies)} runs", flush=True)
    ours, *others, again = (timing.percentile(0.5) for timing in times)
    load, *loads, _ = (timing.load for timing in times)
    least = min(nodes[1:-1])
    row = Row(ours / min(others), load / min(loads), nodes[0] / least, again / ours)
    print(f"{net:20} {'ours over the best':18} {_told(row)}", flush=True)
    return row


def _told(row: Row) -> str:
    figures = f"latency {row.latency:.3f}, load {row.load:.2f}, nodes {row.nodes:.2f}"
    return f"{figures}; ours over itself {row.noise:.3f}"


def _holds(rows: dict[str, Row]) -> bool:
    whole = Row(*(median(figures) for figures in zip(*rows.values(), strict=True)))
    over = [net for net, row in rows.items() if row.latency > EACH or row.nodes > 1]
    holds = whole.latency <= AT_MOST and whole.load <= LOADING and not over
    named = f" ({', '.join(over)})" if over else ""
    wanted = f"latency at most {AT_MOST} and {EACH} for each, load {LOADING}, nodes 1 for each"
    verdict = "holds" if holds else f"MISSED{named}"
    print(f"median of {len(rows)}: {_told(whole)}; {wanted}: {verdict}")
    return holds


def _holds_fused(rows: dict[str, Row]) -> bool:
    over = [net for net, row in rows.items() if row.latency > FUSED_AT_MOST]
    verdict = f"MISSED ({', '.join(over)})" if over else "holds"
    print(f"latency at most {FUSED_AT_MOST} for each: {verdict}")
    return not over


if __name__ == "__main__":
    sys.exit(main())
