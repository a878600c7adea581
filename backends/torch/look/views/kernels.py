"""The kernels of a step, by default of the first one that has any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, prod, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from torch import Tensor

from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.choice import asked_for, named
from netlang.backends.torch.look.drawing import bare, titled
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.backends.torch.look.views.view import NetView
from netlang.backends.torch.train.records.drawing import DARK
from netlang.ir.program import INPUT, Node, Ref
from netlang.ops.conv import Conv
from netlang.ops.dropout import Dropout
from netlang.ops.identity import Identity
from netlang.ops.layout import Flatten, Reshape
from netlang.ops.linear import Linear
from netlang.ops.to_float import ToFloat
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Kernels", "kernels_of"]

_MOST, _OUTPUTS, _INPUTS, _LINES = 64, 12, 12, 4
_SAME_ORDER = Flatten | Reshape | Identity | Dropout | ToFloat


@final
class Kernels(NetView):
    name: ClassVar[str] = "kernels"
    title: ClassVar[str] = "Kernels"
    about: ClassVar[str] = (
        "The weights of a step as pictures: what it looks for. Those of three channels are drawn "
        "in colour, where grey is 0; others have a tile for each channel of the input, red above 0 "
        "and blue below; along a signal they are curves. All tiles share one scale. A linear step "
        "on the whole input has a template for each of its units. Without --step, it is the first "
        "step with kernels."
    )

    def look(self, subject: Subject) -> ViewSeen:
        found = list(kernels_of(subject))
        if not found:
            asked = ", ".join(f"`{path}`" for path in subject.options.steps)
            what = f"{asked} has no kernels" if asked else "no step has kernels over the input"
            raise LeftOut(what)
        rows: list[tuple[str, ...]] = []
        heads = ("step", "kernels", "each", "least", "greatest", "deviation")
        pictures: tuple[Path, ...] = ()
        for number, (node, weight) in enumerate(found):
            figures = (float(weight.min()), float(weight.max()), float(weight.std(correction=0)))
            shape = " x ".join(map(str, weight.shape[1:]))
            rows.append(
                (named(node), str(len(weight)), shape, *(f"{each:.3g}" for each in figures))
            )
            name = f"kernels_{number + 1}" if number else "kernels"
            pictures += _drawn(subject.options.folder, name, named(node), weight)
        return self.seen(", ".join(named(node) for node, _ in found), pictures, (heads, *rows))


def kernels_of(subject: Subject) -> Iterator[tuple[Node, Tensor]]:
    """Steps with their kernels, ``[kernels, channels, *taps]``: those asked for, or the first."""
    nodes = subject.flat.net.nodes
    asked = asked_for(subject)
    for number in asked or range(len(nodes)):
        weight = _kernels(subject, nodes, number)
        if weight is not None:
            yield nodes[number], weight.float().cpu()
            if not asked:
                return


def _kernels(subject: Subject, nodes: Sequence[Node], number: int) -> Tensor | None:
    node = nodes[number]
    weight = subject.weights.get(f"{node.module}.weight")
    if weight is None:
        return None
    if isinstance(node.callee, Conv) and weight.dim() in (3, 4):
        return weight
    if not isinstance(node.callee, Linear) or not _reads_input(nodes, node.inputs[0]):
        return None
    shape = subject.program.net.inputs[0].type.shape
    sizes = [size for size in shape if isinstance(size, int)]
    if len(sizes) < len(shape) or prod(sizes) != weight.shape[1] or len(sizes) > 3:
        return None
    return weight.reshape(len(weight), *((1,) if len(sizes) == 1 else ()), *sizes)


def _reads_input(nodes: Sequence[Node], ref: Ref) -> bool:
    """Whether a value is the first input, at most in another shape."""
    while ref.producer != INPUT:
        node = nodes[ref.producer]
        if not isinstance(node.callee, _SAME_ORDER):
            return False
        ref = node.inputs[0]
    return ref.output == 0


def _drawn(folder: Path, name: str, title: str, weight: Tensor) -> tuple[Path, ...]:
    most = max(float(weight.abs().max()), 1e-12)
    tiles, columns = _tiles(weight)
    rows = ceil(len(tiles) / columns)

    def fill(figure: Figure) -> None:
        figure.suptitle(title, fontsize=9.0)
        places = figure.subplots(rows, columns, squeeze=False)
        for axes in places.flat:
            bare(axes)
            axes.set_frame_on(False)
        for axes, (label, tile) in zip(places.flat, tiles, strict=False):
            _draw_tile(axes, tile, most)
            titled(axes, label, 6.0)
        if weight.dim() == 4 and weight.shape[1] != 3:
            _draw_scale(figure, places.ravel().tolist(), most)

    return draw_into(folder, name, (1.2 + 0.75 * columns, 0.6 + 0.85 * rows), fill)


def _tiles(weight: Tensor) -> tuple[list[tuple[str, Tensor]], int]:
    """The tiles with their labels, and how many stand in a row."""
    channels = weight.shape[1]
    if weight.dim() == 3 or channels in (1, 3):
        tiles = [(str(number), each) for number, each in enumerate(weight[:_MOST])]
        return tiles, min(8, max(1, ceil(sqrt(len(tiles)))))
    some = weight[:_OUTPUTS, :_INPUTS]
    named_tiles = [
        (f"{number}, {channel}", tile[None])
        for number, own in enumerate(some)
        for channel, tile in enumerate(own)
    ]
    return named_tiles, some.shape[1]


def _draw_tile(axes: Axes, tile: Tensor, most: float) -> None:
    if tile.dim() == 2:
        axes.axhline(0.0, color="0.8", linewidth=0.6)
        for taps in tile[:_LINES]:
            axes.plot(taps.numpy(), color=DARK, linewidth=1.0, marker="o", markersize=1.5)
        axes.set_ylim(-1.05 * most, 1.05 * most)
    elif len(tile) == 3:
        axes.imshow((0.5 + 0.5 * tile / most).permute(1, 2, 0).numpy())
    else:
        axes.imshow(tile[0].numpy(), cmap="RdBu_r", vmin=-most, vmax=most)


def _draw_scale(figure: Figure, axes: list[Axes], most: float) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(-most, most), "RdBu_r")
    figure.colorbar(scale, ax=axes, shrink=0.7, aspect=30)
