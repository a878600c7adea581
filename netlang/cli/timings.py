"""What `netlang bench` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netlang.diagnostics.texts import listed, visible
from netlang.targets.timing import LayerTime, LayerTimes, Setting, Timing

__all__ = ["odd_outputs", "steps_table", "timings_table"]

_MOST = 20
"""Steps of the table of steps."""
_HEADS = ("", "p50", "p90", "p99", "a second", "load", "memory", "")


def timings_table(timings: Sequence[Timing]) -> str:
    """A line for each, and how its median compares with the first one's."""
    first = timings[0]
    rows = [
        (
            each.name,
            *(_milliseconds(each.percentile(share)) for share in (0.5, 0.9, 0.99)),
            f"{each.throughput:.4g}",
            _milliseconds(each.load),
            "?" if each.memory is None else f"{each.memory / 1e6:.0f} MB",
            "" if each is first else f"{each.percentile(0.5) / first.percentile(0.5):.2f} x",
        )
        for each in timings
    ]
    how = ", ".join(_told(first.setting))
    heading = f"{how}, inputs {first.inputs}, {_runs(timings)}"
    return "\n".join((heading, *_aligned([_HEADS, *rows])))


def odd_outputs(timings: Iterable[Timing]) -> Iterator[str]:
    """A warning for each whose outputs aren't numbers: such values may take another time."""
    for each in timings:
        if each.not_finite:
            where = listed(each.not_finite)
            yield f"warning: {visible(each.name)}: NaN or infinite values in {where}"


def _told(setting: Setting) -> Iterator[str]:
    yield setting.provider
    yield _threads(setting.threads)
    if setting.cuda_graph:
        yield "as a CUDA graph"
    elif setting.bind:
        yield "bound"


def _threads(count: int) -> str:
    if count == 0:
        return "as many threads as ONNX Runtime takes"
    return "1 thread" if count == 1 else f"{count} threads"


def _runs(timings: Sequence[Timing]) -> str:
    counts = sorted(len(each.latencies) for each in timings)
    return f"{counts[0]} runs" if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]} runs"


def steps_table(times: LayerTimes) -> str:
    """The steps that take longest, and the others in one line."""
    whole = sum(step.seconds for step in times.steps) or 1.0
    ordered = sorted(times.steps, key=lambda step: -step.seconds)
    rows = [
        (
            f"{step.step} + {step.fused}" if step.fused else step.step,
            " ".join(step.kernels),
            _milliseconds(step.seconds),
            f"{100.0 * step.seconds / whole:.1f} %",
            f"{step.macs:,}" if step.macs else "",
            f"{step.traffic:,}" if step.traffic else "",
            f"{step.macs / step.seconds / 1e9:.3g}" if step.macs and step.seconds else "",
        )
        for step in ordered[:_MOST]
    ]
    heads = ("step", "kernels", "time", "share", "MACs", "bytes", "GMAC/s")
    rest = ordered[_MOST:]
    more = [_rest(rest, whole)] if rest else []
    limit = (
        f"the machine: {times.peak / 1e9:.3g} GMAC/s of a large product, "
        f"{times.bandwidth / 1e9:.3g} GB/s of a copy by one thread"
    )
    return "\n".join(("", *_aligned([heads, *rows], words=2), *more, limit))


def _rest(steps: Sequence[LayerTime], whole: float) -> str:
    seconds = sum(step.seconds for step in steps)
    return f"{len(steps)} other steps: {_milliseconds(seconds)}, {100.0 * seconds / whole:.1f} %"


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s"


def _aligned(rows: Sequence[Sequence[str]], words: int = 1) -> Iterator[str]:
    """Columns: the first ones to the left, the others, which are numbers, to the right."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(_cells(row, widths, words)).rstrip()


def _cells(row: Iterable[str], widths: Sequence[int], words: int) -> Iterator[str]:
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if place < words else cell.rjust(width)
