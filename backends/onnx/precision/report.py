"""What a file in fewer bits costs, in words and numbers for the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path

from netlang.backends.onnx.precision.cost import Compared, Likeness, Loss
from netlang.build import ExampleInputs, Written
from netlang.diagnostics.texts import listed, shown_bytes
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.passes.narrow import FOLLOWING, Narrowing

__all__ = ["kept_in_float32", "unmeasured", "what_it_costs"]

_STEPS = 10


def what_it_costs(
    files: tuple[Path, Written],
    examples: ExampleInputs,
    found: Compared,
    steps: Sequence[Loss],
) -> Iterator[str]:
    """Notes on a file beside the one in float32, which comes first in `files`."""
    wide, narrow = files[0].stat().st_size, _size(files[1])
    yield f"size: {narrow / wide:.1%} of {shown_bytes(wide)} in float32"
    counted = f"{len(examples):,} {examples.about}"
    yield f"on {counted}: {'; '.join(map(_likeness, found.outputs))}"
    if found.accuracy is not None:
        before, after = found.accuracy
        yield f"accuracy there: {after:.2%}, in float32 {before:.2%}"
    if table := _table([step for step in steps if step.own > 0][:_STEPS]):
        yield table


def unmeasured(reason: str) -> str:
    """The note on a file that can't be compared."""
    return f"what it costs isn't known: {reason}"


def kept_in_float32(net: Function, narrowing: Narrowing) -> Iterator[str]:
    """The note that names the steps of a flat net that stay in float32, by reason."""
    reasons: dict[str, list[str]] = {}
    for number, reason in sorted(narrowing.wide.items()):
        node = net.nodes[number]
        if reason not in FOLLOWING and any(type_.dtype.is_float for type_ in node.types):
            assert isinstance(node.callee, Op)
            reasons.setdefault(f"{node.callee.name}, since {reason}", []).append(node.path)
    for reason, paths in reasons.items():
        yield f"in float32: {len(paths)} {reason}: {listed(paths, 3)}"


def _likeness(found: Likeness) -> str:
    return (
        f"`{found.output}` has cosine {_cosine(found.cosine)}, the least {_cosine(found.least)};"
        f" the largest difference is {found.largest:.2g} of its largest value"
    )


def _cosine(value: float) -> str:
    """As many digits as tell it from 1."""
    return f"{value:.6f}" if value < 1 - 5e-7 else "1.000000"


def _table(steps: Sequence[Loss]) -> str:
    if not steps:
        return ""
    width = max(len(_named(step)) for step in steps)
    head = f"{'steps that lose most':<{max(width, 20)}}  by itself   in all"
    rows = [
        f"{_named(step):<{max(width, 20)}}  {_share(step.own):>9}  {_share(step.off):>7}"
        for step in steps
    ]
    return "\n".join([head, *rows])


def _named(step: Loss) -> str:
    return f"{step.step} ({step.operator})"


def _share(value: float) -> str:
    return f"{value:.2g}" if isfinite(value) else "all"


def _size(written: Written) -> int:
    return sum(path.stat().st_size for path in (written.path, *written.beside))
