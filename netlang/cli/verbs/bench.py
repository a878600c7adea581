"""`netlang bench`: how fast nets and ONNX files run, beside each other and step by step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.arguments.sizes import named_sizes, size_option, sizes
from netlang.cli.options import WeightsAsked, build_options, weight_options

if TYPE_CHECKING:
    from netlang.targets.timing import Contestant, LayerTimes, Setting

__all__ = ["command"]

_PROVIDERS = ("cpu", "cuda", "tensorrt", "openvino", "coreml", "directml")
_DIGITS = 6  # of a batch size or a number of threads


def command() -> click.Command:
    return click.Command(
        "bench",
        callback=_bench,
        params=[
            click.Argument(["contestants"], metavar="SPEC|FILE...", nargs=-1, required=True),
            *weight_options("Weights of SPEC, from .safetensors or a state dict (.pth)."),
            size_option(),
            _several("--batch", "batches", "1", "Examples in a run; 1,8,64 times each."),
            _several("--threads", "threads", "0", "Threads of a step; 1,2 times each. 0: as many "
                     "as ONNX Runtime takes."),
            click.Option(
                ["--provider", "providers"],
                type=click.Choice(_PROVIDERS),
                multiple=True,
                help="Where ONNX Runtime runs it; may be given several times. Default: cpu.",
            ),
            click.Option(
                ["--seconds"],
                type=click.FloatRange(0.0, 3600.0),
                default=1.0,
                show_default=True,
                help="How long each is timed at least; it runs ten times at least.",
            ),
            click.Option(["--bind"], is_flag=True, help="Keep inputs and outputs on the device (IO "
                         "binding), so that copying them isn't timed."),
            click.Option(["--cuda-graph"], is_flag=True, help="Launch all kernels of a run at "
                         "once, as a CUDA graph; inputs and outputs are bound too."),
            click.Option(["--large"], is_flag=True, help="You trust the files: their weights may "
                         "have 16 GiB, where 2 GiB is the limit."),
            click.Option(["--layers"], is_flag=True, help="Time the steps of a SPEC too."),
            click.Option(["--roofline"], metavar="FILE", help="Draw the speed of its steps beside "
                         "what the machine allows, as .svg."),
        ],
        help="Time nets, as `compile` writes them to ONNX, and ONNX files: latency, examples a "
        "second, time to load and memory. Each runs in a process of its own; several run in turn.",
        short_help="Time nets and ONNX files.",
    )  # fmt: skip


def _several(option: str, name: str, default: str, text: str) -> click.Option:
    return click.Option(
        [option, name], metavar="N[,N...]", default=default, show_default=True, help=text
    )


class _Asked(WeightsAsked):
    """The values of the options."""

    batches: str
    threads: str
    providers: tuple[str, ...]
    seconds: float
    bind: bool
    cuda_graph: bool
    large: bool
    layers: bool
    roofline: str | None


def _bench(contestants: tuple[str, ...], size: str | None, **asked: Unpack[_Asked]) -> int:
    from netlang.cli.timings import odd_outputs, steps_table, timings_table
    from netlang.targets import needs
    from netlang.targets.timing import BenchOptions, Setting, timing_backend

    counts = _numbers("--threads", asked["threads"], 0), _numbers("--batch", asked["batches"], 1)
    providers = tuple(dict.fromkeys(asked["providers"] or ("cpu",)))
    _require_memory(providers, asked)
    settings = [
        Setting(*each, asked["bind"], asked["cuda_graph"]) for each in product(providers, *counts)
    ]
    picture = _picture(asked["roofline"])
    by_step = asked["layers"] or picture is not None
    found = _contestants(contestants, size)
    if by_step:
        _require_steps(found, settings, picture)
    options = BenchOptions(build_options(asked), asked["seconds"], _progress, asked["large"])
    backend = timing_backend()
    with needs(backend.extra):
        for setting in settings:
            timings = backend.time(found, setting, options)
            click.echo(timings_table(timings))
            for warning in odd_outputs(timings):
                click.echo(warning, err=True)
            for each in found:
                if by_step and each.program is not None:
                    times = backend.time_layers(each.program, each, setting, options)
                    click.echo(steps_table(times))
                    _draw(picture, times)
    return 0


def _require_memory(providers: Sequence[str], asked: _Asked) -> None:
    """Refuse what a provider doesn't do."""
    from netlang.targets.timing import DEVICES

    on_cuda = [name for name, device in DEVICES.items() if device == "cuda"]
    for option, given, able in (
        ("--cuda-graph", asked["cuda_graph"], on_cuda),
        ("--bind", asked["bind"], list(DEVICES)),
    ):
        others = [name for name in providers if name not in able]
        if given and others:
            raise click.BadParameter(
                f"it is for --provider {', '.join(able)}, not for {', '.join(others)}",
                param_hint=option,
            )


def _numbers(option: str, text: str, least: int) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    plain = all(word.isascii() and word.isdigit() and len(word) <= _DIGITS for word in words)
    if not plain or min(map(int, words)) < least:
        raise click.BadParameter(
            f"`{text}` isn't a number from {least}, or several with commas", param_hint=option
        )
    return list(dict.fromkeys(map(int, words)))


def _picture(roofline: str | None) -> Path | None:
    if roofline is not None and Path(roofline).suffix.lower() != ".svg":
        raise click.BadParameter(f"`{roofline}` doesn't end in .svg", param_hint="--roofline")
    return None if roofline is None else Path(roofline)


def _require_steps(
    found: Sequence[Contestant], settings: Sequence[Setting], picture: Path | None
) -> None:
    """Refuse files, which have no steps of a spec, and several pictures in one file."""
    nets = sum(each.program is not None for each in found)
    if not nets:
        raise click.UsageError("--layers and --roofline are for the steps of a SPEC, not of a file")
    if picture and (nets > 1 or len(settings) > 1):
        raise click.UsageError("--roofline is for one SPEC, batch, provider and number of threads")


def _contestants(texts: Sequence[str], size: str | None) -> list[Contestant]:
    """Nets, and files, whose names end as those do. Beside a net, a file's sizes are the net's."""
    from netlang.analysis.constraints import checked_sizes
    from netlang.cli.arguments.nets import program_of
    from netlang.targets.timing import Contestant

    programs = {text: program_of(text) for text in texts if not _is_file(text)}
    of_nets = {}
    for text, program in programs.items():
        known = checked_sizes(program, sizes(size, program))
        of_nets[text] = {each.name: known[each.name] for each in program.sizes}
    usual = next(iter(of_nets.values()), {})
    given = {} if programs else named_sizes(size)
    return [
        Contestant(name=text, file=Path(text), sizes=given, usual=usual)
        if _is_file(text)
        else Contestant(name=text, program=programs[text], sizes=of_nets[text])
        for text in texts
    ]


def _is_file(text: str) -> bool:
    return text.lower().endswith(".onnx")


def _progress(line: str) -> None:
    from netlang.diagnostics.texts import visible

    click.echo(f"{visible(line)} ...", err=True)


def _draw(picture: Path | None, times: LayerTimes) -> None:
    if picture is None:
        return
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import WriteFailed
    from netlang.diagnostics.texts import visible
    from netlang.targets.timing import timing_backend

    try:
        timing_backend().draw_roofline(picture, times)
    except OSError as error:
        raise NetlangError(WriteFailed.of(picture, error)) from error
    click.echo(f"wrote {visible(str(picture))}")
