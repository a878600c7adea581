"""Warns about convolutions and recurrent layers with arguments in PyTorch's order: W0202.

`nn.Conv2d(3, 64, 3)` gives the input's channels first; here it would mean 3 output channels, a
kernel of 64 and a stride of 3. The rule matches three positional whole numbers, if the first equals
the input's channels and the others look like channels and a kernel rather than a kernel and a
stride. `nn.LSTM(32, 64)` gives the input's features first; here it would mean 64 layers.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Edit, Fix
from netlang.lint.site import Site
from netlang.source import Span

__all__ = ["pytorch_order", "recurrent_order"]

_NAMES = ("out", "kernel", "stride")

_LARGE_KERNEL = 32
"""From this size on, a kernel is assumed to be a number of channels, whatever the stride."""

_MANY_LAYERS = 10
"""From this number on, recurrent layers are assumed to be the size of a state."""


def pytorch_order(site: Site) -> Iterator[Caution]:
    """`conv(3, 64, 3)` of 3 channels."""
    op, node = site.op, site.node
    out, kernel, stride = (getattr(op, name) for name in _NAMES)
    if node.reuses or not _swapped(kernel, stride) or out != site.inputs[0].channels:
        return
    first, second, third = (site.by_position(name) for name in _NAMES)
    if first is None or second is None or third is None:
        return
    if second.start < first.end or third.start < second.end:  # of one list, `conv(*row)`
        return
    meaning = f"{out} output channels, a kernel of {kernel} and a stride of {stride}"
    yield _caution(site, meaning, "channels", first, second)


def recurrent_order(site: Site) -> Iterator[Caution]:
    """`lstm(32, 64)` of 32 features."""
    op, node = site.op, site.node
    hidden, layers = (getattr(op, name) for name in ("hidden", "layers"))
    first, second = site.by_position("hidden"), site.by_position("layers")
    if node.reuses or layers < _MANY_LAYERS or hidden != site.inputs[0].shape[-1]:
        return
    if first is None or second is None or second.start < first.end:
        return
    meaning = f"a state of {hidden} and {layers} layers"
    yield _caution(site, meaning, "features", first, second)


def _caution(site: Site, meaning: str, what: str, first: Span, second: Span) -> Caution:
    own = site.node.span
    call = own.text[: first.start - own.start] + own.text[second.start - own.start :]
    instead = " ".join(call.split())
    return diagnostics.ArgumentOrder(
        span=own,
        operator=site.op.name,
        meaning=meaning,
        what=what,
        instead=f"write `{instead}`",
        fix=_without_first(what, first, second, instead),
        chain=site.chain,
    )


def _swapped(kernel: object, stride: object) -> bool:
    """Whether the values for kernel and stride look like channels and a kernel."""
    if not isinstance(kernel, int) or not isinstance(stride, int) or kernel <= stride:
        return False
    # Strides are 1 or even, or the kernel itself; kernels are odd, or even with an even stride.
    odd_step = stride % 2 == 1 and kernel % 2 == 0
    return (odd_step and (stride > 1 or kernel >= 8)) or kernel >= _LARGE_KERNEL


def _without_first(what: str, first: Span, second: Span, instead: str) -> Fix:
    edit = Edit(Span(first.source, first.start, second.start), "")
    return Fix(f"the input's {what} aren't written: write `{instead}`", (edit,))
