"""Warns about steps that mistake the axes of an image: W0201, W0203, W0204 and W0206."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Fix
from netlang.ir.types import TensorType
from netlang.lint.layouts import AxisLayout, declared
from netlang.lint.site import Site
from netlang.records import replace

__all__ = ["channels_last", "concat_axis", "linear_of_image", "softmax_axis"]

_APART = "write `flatten` in place of `flatten(1)`: the batch isn't an axis here"


def linear_of_image(site: Site) -> Iterator[Caution]:
    """A linear map of an image's last axis, which is its width."""
    x, y = site.inputs[0], site.node.types[0]
    apart = site.layouts[0] is AxisLayout.CHANNELS_APART
    if site.layouts[0] is not AxisLayout.CHANNELS_FIRST and not apart:
        return
    # A map of places to as many places mixes them on purpose.
    if x.rank < 2 or site.node.reuses or (apart and y.shape == x.shape):
        return
    warning = diagnostics.LinearOfImage(
        span=site.node.span,
        what="image" if x.rank > 2 or apart else "signal",
        received=str(x),
        result=str(y),
        size=str(x.shape[-1]),
        fix=None if apart else _flattened(site, x),
        chain=site.chain,
    )
    yield replace(warning, advice=_APART) if apart else warning


def _flattened(site: Site, x: TensorType) -> Fix | None:
    """Adds `flatten` before the step, after pooling if the input's size isn't fixed."""
    text = "flatten" if all(isinstance(size, int) for size in x.shape) else "gap -> flatten"
    return site.about.steps.before(
        site.node.span, text, f"write `{text} -> {site.op.name}(...)` to map the whole of it"
    )


def softmax_axis(site: Site) -> Iterator[Caution]:
    """`softmax(1)` of an image: the channels if the batch counted as an axis, which it doesn't."""
    from netlang.ops.softmax import LogSoftmax, Softmax

    assert isinstance(site.op, (Softmax, LogSoftmax))
    x = site.inputs[0]
    if site.layouts[0] is not AxisLayout.CHANNELS_FIRST or x.rank < 3 or site.op.axis != 1:
        return
    name = site.op.name
    axis = site.written("axis")
    yield diagnostics.SoftmaxAxis(
        span=site.node.span,
        operator=name,
        axis="height" if x.rank == 3 else "depth",
        received=str(x),
        size=str(x.shape[1]),
        fix=fixes.replaced(axis, "0", f"write `{name}(0)`: the batch isn't an axis here")
        if axis
        else None,
        chain=site.chain,
    )


def concat_axis(site: Site) -> Iterator[Caution]:
    """`concat(axis=1)` of images: the channels if the batch were an axis, which it isn't."""
    from netlang.ops.merge import Concat

    assert isinstance(site.op, Concat)
    x = site.inputs[0]
    if any(layout is not AxisLayout.CHANNELS_FIRST for layout in site.layouts):
        return
    if x.rank < 3 or site.op.axis != 1:
        return
    axis = site.written("axis")
    yield diagnostics.ConcatAxis(
        span=site.node.span,
        axis="height" if x.rank == 3 else "depth",
        received=str(x),
        instead=str(1 - x.rank),
        fix=fixes.replaced(
            axis, "0", "write `axis=0` for the channels: the batch isn't an axis here"
        )
        if axis
        else None,
        chain=site.chain,
    )


def channels_last(site: Site) -> Iterator[Caution]:
    """An input that is declared as `[height, width, channels]` but read with channels first."""
    if AxisLayout.CHANNELS_LAST not in site.layouts:
        return
    about = site.about
    for port in about.net.inputs:
        declaration = about.steps.input_of(about.net.span.start, port.name)
        if declaration is None or declaration.type is None:
            continue
        if about.net.span.source is not about.module.source:
            continue
        if declared(port, about.defaults) is not AxisLayout.CHANNELS_LAST:
            continue
        sizes = declaration.type.sizes
        height, width, channels = (size.span.text for size in sizes)
        yield diagnostics.ChannelsLast(
            span=declaration.type.span,
            name=port.name,
            channels=str(port.type.shape[0]),
            height=str(port.type.shape[1]),
            width=str(port.type.shape[2]),
            instead=f"[{channels}, {height}, {width}]",
            fix=fixes.channels_first(sizes),
        )
